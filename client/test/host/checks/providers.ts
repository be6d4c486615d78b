/** What the language server provides through the editor, by the names of its capabilities, and what the client provides itself. */
import { assert, type Checks, equal, type Kit, matches } from "../kit";

const range = "mm/range.c";

/** The finding of `range_end_wrong`, when it is there. */
async function rangeFinding(kit: Kit) {
  const editor = await kit.open(range);
  await kit.until("range.c is reported", () => kit.reported(range).includes("vma-use-after-unlock@14"));
  const at = kit.cursor(editor, "return vma->vm_end", 12);
  return { editor, at, uri: editor.document.uri };
}

export const providers: Checks = {
  async diagnosticProvider(kit) {
    const { editor } = await rangeFinding(kit);
    equal(kit.reported(range), ["mmap-lock-balance@38", "vma-use-after-unlock@14"], "reported in range.c");
    const [finding] = kit.diagnostics(range).filter((d) => d.range.start.line === 13);
    const related = finding?.relatedInformation ?? [];
    assert(
      related.some(({ location }) => location.range.start.line === 10),
      "it says where the lock was released",
    );
    // As you type: the repair takes the finding away, another mistake brings another one.
    await kit.edit(editor, "mmap_read_unlock(mm);\n\tif (!vma)", "if (!vma)");
    await kit.until("what is typed counts", () => kit.reported(range).includes("mmap-lock-balance@13"));
    assert(!kit.reported(range).some((f) => f.startsWith("vma-use-after-unlock")), "the first finding is gone");
  },

  async hoverProvider(kit) {
    const { editor, at, uri } = await rangeFinding(kit);
    const race = await kit.hovers(uri, at);
    matches(race, /CPU0 +CPU1/, "the hover of a finding draws its race");
    matches(race, /command:lockstep\.replayRace\?/, "and leads to the replay");
    const api = await kit.hovers(uri, kit.placeOf(editor.document, "mmap_read_lock(mm)", 3));
    matches(api, /takes .*mmap.lock/, "the hover of a call says what it does");
    const contract = await kit.hovers(uri, kit.placeOf(editor.document, "range_check_wrong", 3));
    matches(contract, /inferred contract/, "the hover of a function");
  },

  async documentHighlightProvider(kit) {
    const editor = await kit.open(range);
    const at = kit.placeOf(editor.document, "mmap_read_lock(mm)", 3);
    const found = await kit.until("something is highlighted", () =>
      kit.run<{ range: { start: { line: number } } }[]>("vscode.executeDocumentHighlights", editor.document.uri, at),
    );
    // The lock of the first function and its unlock, and none of the others.
    equal(
      found.map((h) => h.range.start.line + 1).sort((a, b) => a - b),
      [9, 11],
      "lines of a lock and its release",
    );
  },

  async definitionProvider(kit) {
    const editor = await kit.open("mm/layout.c");
    const at = kit.placeOf(editor.document, "\t\tlayout_mark(vma)", 4);
    const found = await kit.until("a definition is found", () =>
      kit.run<{ uri: { path: string }; range: { start: { line: number } } }[]>(
        "vscode.executeDefinitionProvider",
        editor.document.uri,
        at,
      ),
    );
    const [first] = found;
    assert(first?.uri.path.endsWith("mm/layout.c"), "in its file");
    equal(first.range.start.line, kit.placeOf(editor.document, "static void layout_mark").line, "its line");
  },

  async inlayHintProvider(kit) {
    const editor = await kit.open(range);
    const hints = await kit.until("hints are there", async () => {
      const all = await kit.hints(editor.document);
      return all.length > 0 ? all : undefined;
    });
    assert(
      hints.some((h) => /^9: .*mmap_lock of mm \(read\)/.test(h)),
      `what is held after line 9: ${hints.join("; ")}`,
    );
  },

  async codeLensProvider(kit) {
    const { uri } = await rangeFinding(kit);
    const lenses = await kit.until("lenses are there", async () => {
      const all = await kit.lenses(uri);
      return all.some((l) => l.title === "▶ Replay race") ? all : undefined;
    });
    assert(
      lenses.some((l) => l.command === "lockstep.showContract" && /may sleep/.test(l.title)),
      "contracts",
    );
    const layout = await kit.open("mm/layout.c");
    await kit.until("a contract is above its function", async () =>
      (await kit.lenses(layout.document.uri)).some((l) => /^requires mmap_lock of .*\(write\)/.test(l.title)),
    );
  },

  async codeActionProvider(kit) {
    const { editor, at, uri } = await rangeFinding(kit);
    const actions = await kit.actions(uri, at);
    const titles = actions.map((a) => a.title);
    for (const title of [
      "Replay the race of vma-use-after-unlock",
      "Leave vma-use-after-unlock out here, with a reason",
    ])
      assert(titles.includes(title), `${title} of ${titles.join("; ")}`);
    const fix = actions.find((a) => a.title === "Release the lock only after the use");
    assert(fix, `the repair, of ${titles.join("; ")}`);
    assert(fix.isPreferred, "it is the preferred one");
    await kit.apply(fix);
    const text = editor.document.getText();
    matches(text, /ret = vma->vm_end;\n\tmmap_read_unlock\(mm\);/, "the text is repaired");
    await kit.until("the finding goes", () => sameRules(kit.reported(range), ["mmap-lock-balance"]));
    // A comment that leaves nothing out can be removed.
    await kit.edit(
      editor,
      "unsigned long range_end_right",
      "/* lockstep-ignore(mmap-lock-balance): no */\nunsigned long range_end_right",
    );
    const stale = kit.placeOf(editor.document, "lockstep-ignore");
    const removal = await kit.until("the stale comment can go", async () =>
      (await kit.actions(uri, stale)).find((a) => a.title.startsWith("Remove the comment")),
    );
    await kit.apply(removal);
    assert(!editor.document.getText().includes("lockstep-ignore"), "the comment is gone");
  },

  /** An inferred contract, written into the code. */
  async "codeActionProvider refactor.rewrite"(kit) {
    const editor = await kit.open("mm/layout.c");
    await kit.edit(editor, "\tmmap_assert_write_locked(vma->vm_mm);\n", "");
    const at = kit.placeOf(editor.document, "layout_mark(struct", 3);
    const way = await kit.until("the contract can be written down", async () =>
      (await kit.actions(editor.document.uri, at, "refactor.rewrite")).find((a) => a.title.startsWith("Assert")),
    );
    await kit.apply(way);
    matches(editor.document.getText(), /\{\n\tmmap_assert_write_locked\(vma->vm_mm\);/, "it stands in the code");
  },

  /** Pages that the extension renders. */
  async "pages lockstep:"(kit) {
    await kit.run("lockstep.explainRule", "R07");
    matches(await kit.page("R07 vma-use-after-unlock"), /^## R07 /m, "the page of a rule");
    equal(await kit.page("Nothing of this name"), "This page is not there any more.", "a page that is not there");
  },

  /** Scenarios that come with the extension, and nothing else of it. */
  async "files lockstep-rules:"(kit) {
    const { Uri, workspace } = kit.vscode;
    const read = async (path: string) =>
      (await workspace.openTextDocument(Uri.from({ scheme: "lockstep-rules", path }))).getText();
    matches(await read("/rules/scenarios/use-after-unlock.yaml"), /^id: use-after-unlock/m, "a scenario");
    for (const path of ["/package.json", "/rules/../../package.json", "/rules/scenarios/../../server.js"])
      equal(await read(path), "", `nothing is read at ${path}`);
  },
};

/** Rules of what is reported, without their lines. */
function sameRules(reported: string[], rules: string[]): boolean {
  return JSON.stringify(reported.map((r) => r.replace(/@.*/, ""))) === JSON.stringify(rules);
}
