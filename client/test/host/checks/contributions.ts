/** The other points of the manifest: colours, grammar, views, debugger, walkthrough. */
import type { DebugSession } from "vscode";
import { assert, type Checks, equal, matches } from "../kit";

export const contributions: Checks = {
  async grammars(kit) {
    const editor = await kit.open("mm/range.c");
    kit.cursor(editor, "mmap_read_lock(mm)", 3);
    await kit.run("editor.action.inspectTMScopes");
    await kit.screen.shown(".token-inspect-widget", "support.function.lock.lockstep");
    await kit.run("editor.action.inspectTMScopes");
    kit.cursor(editor, "vma_lookup(mm", 3);
    await kit.run("editor.action.inspectTMScopes");
    await kit.screen.shown(".token-inspect-widget", "vma_lookup");
    const text = (await kit.screen.texts(".token-inspect-widget")).join(" ");
    assert(!text.includes("lockstep"), "a plain call is none of our words");
    await kit.run("editor.action.inspectTMScopes");
  },

  async viewsContainers(kit) {
    await kit.run("workbench.view.explorer");
    await kit.screen.hidden(".pane-body .monaco-list-row", "R58 ");
    await kit.screen.click('.activitybar .action-item:has(> [aria-label^="Lockstep"])');
    await kit.screen.shown(".sidebar .title-label, .sidebar .composite.title", "Lockstep");
  },

  async views(kit) {
    await kit.open("mm/forget.c");
    await kit.run("lockstep.checkWorkspace");
    await kit.run("workbench.action.closePanel");
    await kit.run("lockstep.rules.focus");
    await kit.screen.shown(".pane-body .monaco-list-row", "R58 ");
    await kit.until("the badge counts findings", async () => {
      const { workspace, languages } = kit.vscode;
      const all = languages.getDiagnostics().flatMap(([uri]) => kit.reported(workspace.asRelativePath(uri)));
      return (await kit.screen.texts(".activitybar .badge-content")).includes(String(all.length));
    });
    // Races change levels for a while, and the view is filled anew each time: a click then may be half in the old rows.
    let [last, since] = ["", Date.now()];
    await kit.until("the findings are settled", () => {
      const now = JSON.stringify(kit.vscode.languages.getDiagnostics());
      if (now !== last) [last, since] = [now, Date.now()];
      return Date.now() - since > 1500;
    });
    // A rule opens to its findings, a finding opens its line.
    await kit.screen.click(".pane-body .monaco-list-row", "R58 ");
    await kit.screen.shown(".pane-body .monaco-list-row", "notifier range");
    await kit.screen.click(".pane-body .monaco-list-row", "still held when the function returns here");
    await kit.until("a file of a finding is open", () => kit.vscode.window.activeTextEditor !== undefined);
    await kit.until("the cursor is at the finding", () => {
      const { document, selection } = kit.vscode.window.activeTextEditor!;
      const found = kit.diagnostics(kit.vscode.workspace.asRelativePath(document.uri));
      return found.some((d) => d.range.start.line === selection.active.line);
    });
  },

  async viewsWelcome(kit) {
    // Shown where the view is empty: by files, with nothing reported.
    await kit.run("lockstep.restart");
    await kit.run("lockstep.rules.focus");
    await kit.run("lockstep.groupByFile");
    await kit.screen.shown(".welcome-view-content", "Open a file of a kernel tree to see the rules.");
    await kit.screen.click(
      ".welcome-view-content a, .welcome-view-content .monaco-button",
      "Check the Whole mm/ Folder",
    );
    await kit.until("its button checks", () => kit.reported("mm/young.c").length >= 3);
    await kit.run("lockstep.groupByRule");
  },

  async colors(kit) {
    for (const name of ["heldLock", "cpuA", "cpuB", "cpuC", "cpuD"]) {
      const value = await kit.screen.attribute(`css:--vscode-lockstep-${name}`, "value");
      matches(String(value), /^#[0-9a-f]{6,8}$|^rgba?\(/i, `colour ${name}`);
    }
  },

  async breakpoints(kit) {
    const { debug } = kit.vscode;
    debug.removeBreakpoints(debug.breakpoints);
    await kit.open("mm/range.c", "mmap_read_unlock(mm)");
    await kit.run("editor.debug.action.toggleBreakpoint");
    await kit.until("C takes breakpoints", () => debug.breakpoints.length === 1);
    const [target] = [{ uri: kit.uri("mm/range.c").toString(), line: 13, function: "range_end_wrong" }];
    await debug.startDebugging(undefined, { type: "lockstep", request: "launch", name: "t", ...target });
    const session = await kit.until("a session runs", () => debug.activeDebugSession);
    await session.customRequest("continue", { threadId: 1 });
    const { stackFrames } = await session.customRequest("stackTrace", { threadId: 1 });
    equal(stackFrames[0].line, 11, "it stops at the breakpoint");
    debug.removeBreakpoints(debug.breakpoints);
    await debug.stopDebugging(session);
    const other = await kit.vscode.workspace.openTextDocument({ language: "cpp", content: "int x;\nint y;\n" });
    await kit.vscode.window.showTextDocument(other);
    await kit.run("editor.debug.action.toggleBreakpoint");
    await kit.until("so does what VS Code takes for C++", () => debug.breakpoints.length === 1);
    debug.removeBreakpoints(debug.breakpoints);
  },

  async debuggers(kit) {
    const { debug } = kit.vscode;
    // F5 without a configuration: the line of the cursor.
    await kit.open("mm/range.c", "return vma->vm_end");
    await kit.until("range.c is reported", () => kit.reported("mm/range.c").length === 2);
    const sessions: DebugSession[] = [];
    const listener = debug.onDidStartDebugSession((s) => sessions.push(s));
    await debug.startDebugging(undefined, { type: "lockstep", request: "launch", name: "" });
    const session = await kit.until("a session runs", () => sessions[0]);
    equal(session.configuration.line, 13, "the line of the cursor");
    await debug.stopDebugging(session);
    listener.dispose();
    // A line without a race: VS Code says why.
    const [uri, line] = [kit.uri("mm/range.c").toString(), 17];
    const wrong = { type: "lockstep", request: "launch", name: "none", uri, line, function: "range_end_right" };
    // Dialogs are refused while tests run, and their text is thrown instead.
    const problem = await Promise.resolve(debug.startDebugging(undefined, wrong)).then(String, String);
    matches(problem, /There is no race to step through: range_end_right\(\): nothing is reported there|^false$/, "why");
  },

  async walkthroughs(kit) {
    await kit.run("workbench.action.openWalkthrough", "lockstep.lockstep#start", false);
    const steps = ["Open a kernel tree", "Check mm/", "Read what is held", "Repair, or say why not"];
    for (const step of steps) await kit.screen.shown(".getting-started-step, .step-title", step);
    await kit.screen.click(".step-title, .getting-started-step .step-title", "Check mm/");
    await kit.screen.click(
      ".gettingStartedContainer .monaco-button, .gettingStartedContainer button",
      "Check the Whole mm/ Folder",
    );
    await kit.until("its button checks", () => kit.reported("mm/young.c").length >= 3);
  },
};
