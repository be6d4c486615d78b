/** Names of files and words of code that look like markup or like commands stay what they are. */
import { assert, type Checks, equal, type Kit, matches } from "../kit";

/** Made by the driver: markup, a link to a command, a directional override. */
const file = "mm/[x](command:workbench.action.quit) <img src=x onerror=alert(1)> `b`.c";
const wrong = "hostile_wrong";

async function reported(kit: Kit) {
  const editor = await kit.open(file);
  await kit.until("the hostile file is reported", () => kit.diagnostics(file).length > 0);
  return { editor, uri: editor.document.uri, at: kit.cursor(editor, "return vma->vm_end", 12) };
}

/** Links that lead to a command, in Markdown as VS Code would read it: code spans and fences are left out. */
function commandLinks(markdown: string): string[] {
  const text = markdown.replace(/^(`{3,})[\s\S]*?^\1`*$/gm, "").replace(/(`+)(?!`)[\s\S]*?(?<!`)\1(?!`)/g, "");
  return [...text.matchAll(/(?<!\\)\]\(<?(command:[^)\s?]*)/g)].map((m) => m[1]!);
}

export const hostile: Checks = {
  async hovers(kit) {
    const { editor, uri, at } = await reported(kit);
    const finding = await kit.hovers(uri, at);
    equal(commandLinks(finding), ["command:lockstep.replayRace"], "commands that the hover of a finding leads to");
    const places = ["hostile_wrong(", "mmap_read_lock(mm)", "hostile_macro"].map((t) =>
      kit.placeOf(editor.document, t, 3),
    );
    for (const place of places) equal(commandLinks(await kit.hovers(uri, place)), [], "commands of another hover");
    await kit.run("editor.action.showHover");
    await kit.screen.shown(".monaco-hover", "CPU0");
    equal(await kit.screen.texts(".monaco-hover img[src='x']"), [], "pictures in the hover");
    await kit.screen.hidden(".monaco-hover img");
    await kit.screen.hidden(".monaco-hover a[data-href^='command:workbench']");
  },

  async lenses(kit) {
    const { uri } = await reported(kit);
    const lenses = await kit.until("lenses are there", async () => {
      const all = await kit.lenses(uri);
      return all.length > 0 ? all : undefined;
    });
    for (const { command, title } of lenses) {
      assert(["lockstep.showContract", "lockstep.replayRace"].includes(command), `a lens runs ${command}`);
      assert(!/\$\(|<|\]\(/.test(title), `the title of a lens is plain: ${title}`);
    }
  },

  async "panel and diagram"(kit) {
    await reported(kit);
    await kit.run("lockstep.replayRace");
    await kit.screen.shown(".verdict", "Violation");
    await kit.screen.shown("h1 .file", "<img src=x onerror=alert(1)>");
    await kit.run("lockstep.raceViolation");
    await kit.screen.shown('tr[aria-current="step"] .code', "</script><img src=x>[x]");
    await kit.screen.shown('tr[aria-current="step"] .line', "<img src=x onerror=alert(1)>");
    for (const tag of ["main img", "main a", "main iframe", "main script"]) await kit.screen.hidden(tag);
    await kit.vscode.env.clipboard.writeText("");
    await kit.screen.click("button", "Copy for commit message");
    const diagram = await kit.until("the diagram is copied", () => kit.vscode.env.clipboard.readText());
    assert(/^[\x20-\x7e\n]*$/.test(diagram) && diagram.includes("</script>"), "the diagram is plain ASCII");
    await kit.vscode.env.clipboard.writeText("");
    await kit.screen.click("button", "Copy as Markdown");
    const markdown = await kit.until("the Markdown is copied", () => kit.vscode.env.clipboard.readText());
    equal(commandLinks(markdown), [], "commands in the Markdown");
    assert(!outsideCode(markdown).includes("<img"), "markup in the Markdown");
    await kit.vscode.env.clipboard.writeText("");
    await kit.screen.click("button", "Copy share text");
    const shared = await kit.until("the share text is copied", () => kit.vscode.env.clipboard.readText());
    matches(
      shared,
      /^lockstep replay 'mm\/\[x\]\(command:[^']*\.c:\d+:vma-use-after-unlock'/,
      "one quoted word for a shell",
    );
  },

  async pages(kit) {
    await reported(kit);
    await kit.run("lockstep.why");
    const why = await kit.page("Why");
    equal(commandLinks(why), [], "commands of the page");
    assert(!/(?<!\\)<img/.test(outsideCode(why)), "markup of the page");
    await kit.screen.shown("h1", "<img src=x onerror=alert(1)>");
    await reported(kit);
    await kit.run("lockstep.showContract");
    const contract = await kit.page(`Contract of ${wrong}()`);
    equal(commandLinks(contract), [], "commands of the contract");
    assert(!/(?<!\\)<img/.test(outsideCode(contract)), "markup of the contract");
    await kit.screen.hidden("img[src='x']");
  },

  async "status bar and the view"(kit) {
    await reported(kit);
    await kit.run("lockstep.rules.focus");
    await kit.run("lockstep.groupByFile");
    await kit.screen.shown(".pane-body .monaco-list-row", "<img src=x");
    await kit.screen.hidden(".pane-body img[src='x']");
    await kit.screen.hidden(".statusbar img");
    await kit.run("lockstep.groupByRule");
  },

  async notifications(kit) {
    const link = "[x](command:workbench.action.quit)";
    const asked = kit.run("lockstep.openSharedRace", `lockstep replay '${link}.c:1'`);
    const item = ".notification-list-item";
    await kit.notified("is not in this workspace");
    await kit.notified("command:workbench.action.quit");
    await kit.screen.hidden(`${item}-message a`);
    await kit.run("notifications.clearAll");
    await asked;
    // A rule file of the workspace with such a name is broken: the server says so when it starts.
    await kit.run("lockstep.restart");
    await kit.open("mm/range.c");
    await kit.notified(".lockstep/rules/");
    await kit.screen.hidden(`${item}-message a`);
  },

  async "a report of a false positive"(kit) {
    await reported(kit);
    const text = await kit.run<string>("lockstep.reportFalsePositive");
    equal(commandLinks(text), [], "commands of the report");
    assert(!/(?<!\\)<img/.test(outsideCode(text)), "markup of the report");
  },
};

function outsideCode(markdown: string): string {
  return markdown.replace(/^(`{3,})[\s\S]*?^\1`*$/gm, "").replace(/(`+)(?!`)[\s\S]*?(?<!`)\1(?!`)/g, "");
}
