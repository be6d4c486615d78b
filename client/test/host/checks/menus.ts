/** Every menu: which of our entries stand there, and which do not. */
import { assert, type Checks, equal, type Kit } from "../kit";

const rows = ".quick-input-list .monaco-list-row";

/** Our entries in the palette, as they are with the editor in front. */
async function palette(kit: Kit): Promise<string[]> {
  await kit.run("workbench.action.showCommands");
  await kit.screen.shown(".quick-input-widget");
  await kit.screen.type("Lockstep: ");
  await kit.screen.shown(rows, "Lockstep: Show the Output");
  await kit.pause(500);
  const entries = (await kit.screen.texts(`${rows} .label-name`)).filter((t) => t.startsWith("Lockstep:"));
  await kit.screen.press("Escape");
  await kit.screen.hidden(".quick-input-widget");
  return entries.map((t) => t.slice("Lockstep: ".length));
}

/** The list draws what is in view only: the rest is asked for by name. */
async function inPalette(kit: Kit, title: string): Promise<boolean> {
  await kit.run("workbench.action.showCommands");
  await kit.screen.shown(".quick-input-widget");
  await kit.screen.type(`Lockstep: ${title}`);
  await kit.pause(700);
  const entries = (await kit.screen.texts(`${rows} .label-name`)).filter((t) => t === `Lockstep: ${title}`);
  await kit.screen.press("Escape");
  await kit.screen.hidden(".quick-input-widget");
  return entries.length > 0;
}

const ofEditors = [
  "Replay the Race Here",
  "Race This Function Against…",
  "Why Is This Reported, or Silent?",
  "Show the Lock Contract of This Function",
];

export const menus: Checks = {
  async commandPalette(kit) {
    await kit.open("mm/range.c");
    for (const title of [...ofEditors, "Copy a Report of a False Positive"])
      assert(await inPalette(kit, title), `${title} is offered beside C`);
    // They need arguments that nobody types.
    for (const title of ["Check with Lockstep", "Leave a Finding Out, with a Reason"])
      assert(!(await inPalette(kit, title)), `${title} is not in the palette`);
    const readme = await kit.vscode.workspace.openTextDocument({ language: "markdown", content: "# no C" });
    await kit.vscode.window.showTextDocument(readme);
    assert((await palette(kit)).includes("Restart the Language Server"), "what needs no C is always there");
    for (const title of ofEditors) assert(!(await inPalette(kit, title)), `${title} is not offered beside Markdown`);
  },

  async "editor/context"(kit) {
    await kit.open("mm/range.c", "return vma->vm_end");
    const entries = await kit.screen.menuOf(".view-line", "return vma->vm_end");
    for (const title of ofEditors) assert(entries.includes(title), `${title} of ${entries.join("; ")}`);
    const text = await kit.vscode.workspace.openTextDocument({ language: "markdown", content: "# no C" });
    await kit.vscode.window.showTextDocument(text);
    const others = await kit.screen.menuOf(".view-line", "# no C");
    equal(
      others.filter((t) => ofEditors.includes(t)),
      [],
      "our entries in the menu of Markdown",
    );
  },

  async "explorer/context"(kit) {
    await kit.open("mm/range.c");
    await kit.run("workbench.files.action.showActiveFileInExplorer");
    const row = ".explorer-folders-view .monaco-list-row";
    assert((await kit.screen.menuOf(row, "range.c")).includes("Check with Lockstep"), "a C file can be checked");
    assert((await kit.screen.menuOf(row, "mm")).includes("Check with Lockstep"), "a folder can be checked");
    assert(!(await kit.screen.menuOf(row, "Kbuild")).includes("Check with Lockstep"), "other files cannot");
  },

  async "view/title"(kit) {
    await kit.run("lockstep.rules.focus");
    await kit.run("lockstep.groupByRule");
    const actions = ".pane-header .action-label, .composite.title .action-label, .title-actions .action-label";
    const there = (title: string) => kit.screen.attribute(`:is(${actions})[aria-label^="${title}"]`, "class");
    for (const title of ["Group Findings by File", "Check the Whole mm/ Folder", "Check a Patch…"])
      assert(await there(title), `${title} is in the view's title`);
    await kit.screen.hidden(`:is(${actions})[aria-label^="Group Findings by Rule"]`);
    await kit.run("lockstep.groupByFile");
    await kit.screen.shown(`:is(${actions})[aria-label^="Group Findings by Rule"]`);
    await kit.run("lockstep.groupByRule");
  },

  async "view/item/context"(kit) {
    await kit.run("lockstep.checkWorkspace");
    await kit.run("workbench.action.closePanel");
    await kit.run("lockstep.rules.focus");
    await kit.run("lockstep.groupByFile");
    const row = ".sidebar .pane-body .monaco-list-row";
    await kit.screen.shown(row, "is used after");
    const entries = await kit.screen.menuOf(row, "is used after");
    assert(entries.includes("Copy a Report of a False Positive"), entries.join("; "));
    // Those in the row itself, of a finding: it opens its race.
    await kit.screen.click(row, "is used after");
    await kit.screen.click(`${row}.selected .action-label[aria-label^="Replay the Race"]`);
    await kit.until("the panel is open", () => kit.tabs().some((t) => t.startsWith("Race in ")));
    await kit.run("lockstep.groupByRule");
    await kit.screen.click(row, "R07 ");
    await kit.screen.click(`${row}.selected .action-label[aria-label^="Explain a Rule"]`);
    await kit.until("the page is open", () => kit.tabs().some((t) => t.includes("R07 vma-use-after-unlock")));
  },
};
