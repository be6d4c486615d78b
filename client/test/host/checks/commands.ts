/** Every command of the palette but those about races: what it shows, writes or copies. */
import { assert, type Checks, equal, type Kit, matches } from "../kit";

const title = ".quick-input-widget";

/** A patch that takes a lock away; written against the tree of these tests. */
const patch = `--- a/mm/protect.c
+++ b/mm/protect.c
@@ -29,6 +29,5 @@ int protect_mark_right(struct mm_struct *mm, unsigned long addr)
 		vm_flags_set(vma, VM_DONTCOPY);
 		error = 0;
 	}
-	mmap_write_unlock(mm);
 	return error;
 }
`;

/** Forgets all findings: the server starts anew. */
async function fresh(kit: Kit): Promise<void> {
  await kit.run("lockstep.restart");
  await kit.until("nothing is reported", () => kit.reported("mm/forget.c").length === 0);
}

export const commands: Checks = {
  async "lockstep.checkFolder"(kit) {
    await fresh(kit);
    const result = await kit.run<{ files: number; findings: number }>("lockstep.checkFolder", kit.uri("mm/forget.c"));
    equal([result.files, result.findings], [1, 1], "files and findings of one file");
    await kit.until("it is in Problems", () => kit.reported("mm/forget.c").includes("notifier-range-balance@16"));
    equal(kit.reported("mm/young.c"), [], "other files are left alone");
    const folder = await kit.run<{ files: number }>("lockstep.checkFolder", kit.uri("drivers"));
    equal(folder.files, 1, "files of a folder");
    await kit.until("the folder's finding is there", () => kit.reported("drivers/mirror/mirror.c").length === 1);
  },

  async "lockstep.checkWorkspace"(kit) {
    await fresh(kit);
    const result = await kit.run<{ files: number; findings: number; cancelled: boolean }>("lockstep.checkWorkspace");
    assert(result.files >= 5 && result.findings >= 8 && !result.cancelled, JSON.stringify(result));
    await kit.until("files that nobody opened are reported", () => kit.reported("mm/young.c").length >= 3);
    await kit.screen.shown(".markers-panel .monaco-list-row", "forget.c");
    equal(kit.reported("drivers/mirror/mirror.c"), [], "drivers are no part of mm/");
  },

  async "lockstep.checkPatch"(kit) {
    const given = await kit.run<{ findings: { rule: string; line: number }[]; note: string | null }>(
      "lockstep.checkPatch",
      patch,
    );
    assert(given.findings.length >= 1, `the patch introduces something: ${JSON.stringify(given)}`);
    matches(
      await kit.page("Patch"),
      /The patch introduces:\n\n- \[mm\/protect\.c:\d+\].*protect_mark_right/,
      "its page",
    );
    // As the palette starts it: it asks where the patch is.
    await kit.vscode.env.clipboard.writeText(patch);
    const asked = kit.run<{ findings: { rule: string }[] }>("lockstep.checkPatch");
    await kit.screen.shown(title, "Check a patch");
    await kit.screen.click(`${title} .monaco-list-row`, "The clipboard");
    equal(
      (await asked).findings.map((f) => f.rule),
      given.findings.map((f) => f.rule),
      "a patch of the clipboard",
    );
    const front = await kit.vscode.workspace.openTextDocument({ language: "diff", content: patch });
    await kit.run("workbench.action.closeAllEditors");
    await kit.vscode.window.showTextDocument(front);
    const edited = kit.run<{ findings: { rule: string }[] }>("lockstep.checkPatch");
    await kit.screen.click(`${title} .monaco-list-row`, "The editor in front");
    equal(
      (await edited).findings.map((f) => f.rule),
      given.findings.map((f) => f.rule),
      "a patch of the editor",
    );
    const none = kit.run("lockstep.checkPatch");
    await kit.screen.shown(title, "Check a patch");
    await kit.screen.press("Escape");
    equal((await none) ?? null, null, "nobody is forced");
  },

  async "lockstep.explainRule"(kit) {
    await kit.run("lockstep.explainRule", "R21");
    await kit.until("the page is open", () => kit.tabs().some((t) => t.includes("R21 mmap-lock-balance")));
    matches(await kit.page("R21 mmap-lock-balance"), /Sources|Documentation/, "it names its sources");
    // The finding at the cursor.
    const editor = await kit.open("mm/range.c");
    await kit.until("range.c is reported", () => kit.reported("mm/range.c").length === 2);
    kit.cursor(editor, "return vma->vm_end");
    await kit.run("lockstep.explainRule");
    await kit.until("its page is open", () => kit.tabs().some((t) => t.includes("R07 vma-use-after-unlock")));
    // One that is picked.
    await kit.open("mm/range.c", "#include");
    const asked = kit.run("lockstep.explainRule");
    await kit.screen.shown(title, "Explain a rule");
    await kit.screen.type("notifier-range-balance");
    await kit.screen.shown(`${title} .monaco-list-row.focused`, "R58");
    await kit.screen.press("Enter");
    await asked;
    await kit.until("the picked page is open", () => kit.tabs().some((t) => t.includes("R58 notifier-range-balance")));
  },

  async "lockstep.showContract"(kit) {
    await kit.open("mm/layout.c", "mmap_assert_write_locked");
    await kit.run("lockstep.showContract");
    const text = await kit.page("Contract of layout_mark()");
    matches(text, /\*\*Requires\*\*\n\n- mmap\\_lock of vma-\\>vm\\_mm \(write\)/, "what it requires");
    matches(text, /held by every caller/, "why");
    await kit.open("mm/range.c");
    await kit.run("lockstep.showContract", kit.uri("mm/range.c").toString(), "range_check_wrong");
    matches(await kit.page("Contract of range_check_wrong()"), /\*\*Acquires\*\*/, "of a function that a lens names");
    kit.cursor(await kit.open("mm/layout.c"), "#include");
    const nothing = kit.run("lockstep.showContract");
    await kit.notified("no function here");
    await kit.run("notifications.clearAll");
    await nothing;
  },

  async "lockstep.why"(kit) {
    await kit.open("mm/range.c", "return vma->vm_end");
    const { DiagnosticSeverity } = kit.vscode;
    await kit.until("its race was found", () => {
      const found = kit.diagnostics("mm/range.c");
      return found.length === 2 && found.every((d) => d.severity === DiagnosticSeverity.Error);
    });
    await kit.run("lockstep.why");
    matches(await kit.page("Why"), /# mm\/range\.c:14, in `range_end_wrong\(\)`/, "where");
    matches(await kit.page("Why"), /## Reported here\n\n- `vma-use-after-unlock` \(error\)/, "what is reported");
    const { document } = await kit.open("mm/range.c", "end = vma->vm_end");
    await kit.run("lockstep.why");
    matches(
      await kit.page("Why"),
      /## Locks held\n\n- mmap\\_lock of mm \(read\), since line 22/,
      "locks held elsewhere",
    );
    matches(await kit.page("Why"), /## Reported here\n\nNothing\./, "nothing is reported there");
    assert(!document.isDirty, "nothing was changed");
    // The page that is shown is about the line that was asked about last, also when the one before was closed.
    await kit.screen.shown("h1", "mm/range.c:25");
    await kit.run("workbench.action.closeActiveEditor");
    await kit.open("mm/range.c", "return vma->vm_end");
    await kit.run("lockstep.why");
    await kit.screen.shown("h1", "mm/range.c:14");
  },

  async "lockstep.ignoreFinding"(kit) {
    const editor = await kit.open("mm/forget.c");
    await kit.until("forget.c is reported", () => kit.reported("mm/forget.c").length === 1);
    const at = kit.cursor(editor, "return error;");
    const action = (await kit.actions(editor.document.uri, at)).find((a) => a.title.startsWith("Leave notifier-range"));
    assert(action, "the light bulb offers it");
    const done = kit.apply(action);
    await kit.screen.shown(title, "Why is this no bug?");
    // Without a reason nothing happens, and a reason cannot end the comment.
    await kit.screen.press("Enter");
    await kit.screen.shown(title, "A reason is needed");
    await kit.screen.type("the devices */ are gone");
    await kit.screen.press("Enter");
    await done;
    const text = editor.document.getText();
    matches(
      text,
      /\n\t\t\/\* lockstep-ignore\(notifier-range-balance\): the devices are gone \*\/\n\t\treturn error;/,
      "comment",
    );
    await kit.until("it is not reported any more", () => kit.reported("mm/forget.c").length === 0);
  },

  async "lockstep.reportFalsePositive"(kit) {
    await kit.open("mm/range.c", "return vma->vm_end");
    await kit.until("range.c is reported", () => kit.reported("mm/range.c").length === 2);
    await kit.vscode.env.clipboard.writeText("");
    const text = await kit.run<string>("lockstep.reportFalsePositive");
    equal(await kit.vscode.env.clipboard.readText(), text, "the clipboard holds the report");
    matches(text, /^### False positive: vma-use-after-unlock \(R07\)/, "its title");
    matches(
      text,
      /```c\nunsigned long range_end_wrong[\s\S]*return vma->vm_end;\n\}\n```/,
      "the function and nothing else",
    );
    kit.cursor(await kit.open("mm/range.c"), "range_end_right");
    const nothing = kit.run("lockstep.reportFalsePositive");
    await kit.notified("nothing is reported on this line");
    await kit.run("notifications.clearAll");
    equal((await nothing) ?? null, null, "no report without a finding");
  },

  async "lockstep.groupByFile"(kit) {
    await kit.run("lockstep.checkWorkspace");
    await kit.run("workbench.action.closePanel");
    await kit.run("lockstep.rules.focus");
    await kit.run("lockstep.groupByFile");
    const rows = ".pane-body .monaco-list-row";
    await kit.screen.shown(rows, "young.c");
    await kit.screen.hidden(rows, "R31 ");
    await kit.screen.shown(rows, "pte-map-null-check");
    await kit.run("lockstep.groupByRule");
  },

  async "lockstep.groupByRule"(kit) {
    await kit.run("lockstep.checkWorkspace");
    await kit.run("workbench.action.closePanel");
    await kit.run("lockstep.rules.focus");
    await kit.run("lockstep.groupByFile");
    await kit.run("lockstep.groupByRule");
    const rows = ".pane-body .monaco-list-row";
    await kit.screen.shown(rows, "R58 ");
    await kit.screen.hidden(rows, "young.c");
  },

  async "lockstep.showOutput"(kit) {
    await kit.run("lockstep.checkFolder", kit.uri("mm/forget.c"));
    await kit.run("lockstep.showOutput");
    await kit.screen.shown(".output-view, [id='workbench.panel.output']", "checked 1 files in");
  },

  async "lockstep.restart"(kit) {
    await kit.open("mm/range.c");
    await kit.until("range.c is reported", () => kit.reported("mm/range.c").length === 2);
    await kit.run("lockstep.restart");
    await kit.until("the new server reports it again", () => kit.reported("mm/range.c").length === 2);
    const { uri } = kit.vscode.window.activeTextEditor!.document;
    await kit.until("and answers", async () => (await kit.lenses(uri)).length > 0);
  },
};
