/** The commands about races: the panel, its steps, the debugger, races that somebody shared. */
import type { DebugSession } from "vscode";
import { assert, type Checks, equal, type Kit, matches } from "../kit";

const current = 'tr[aria-current="step"]';

/** The race of `range_end_wrong`, in the panel. */
async function openRace(kit: Kit): Promise<void> {
  await kit.open("mm/range.c", "return vma->vm_end");
  await kit.until("range.c is reported", () => kit.reported("mm/range.c").length === 2);
  await kit.run("lockstep.replayRace");
  await kit.until("the panel is open", () => kit.tabs().includes("Race in range_end_wrong()"));
  await kit.screen.shown(".verdict", "Violation");
}

/** A command moves the panel to a step with this text. */
async function moves(kit: Kit, command: string, to: string): Promise<void> {
  await kit.run(command);
  await kit.screen.shown(current, to);
}

export const raceCommands: Checks = {
  async "lockstep.replayRace"(kit) {
    await openRace(kit);
    await kit.screen.shown("h1", "range_end_wrong()");
    await kit.screen.shown(".model", "2 CPUs, sequentially consistent");
    // An edit runs it again: without the use after the unlock nothing is left.
    const editor = await kit.open("mm/range.c");
    await kit.edit(editor, "return vma->vm_end;", "return 1;");
    await kit.screen.shown(".verdict", "No violating interleaving in this model.");
    // A function without a finding has no race by itself, and the panel says so.
    await kit.run("workbench.action.files.revert");
    await kit.open("mm/range.c", "end = vma->vm_end");
    await kit.run("lockstep.replayRace");
    await kit.screen.shown(".verdict", "nothing is reported there");
  },

  async "lockstep.raceAgainst"(kit) {
    await kit.open("mm/ring.c", "r->count++");
    const asked = kit.run("lockstep.raceAgainst");
    const rows = ".quick-input-list .monaco-list-row";
    await kit.screen.shown(".quick-input-widget", "Race ring_push() against…");
    await kit.screen.shown(rows, "ring_push(), on another CPU");
    const offered = await kit.screen.texts(rows);
    assert(
      offered.some((t) => t.includes("ring_pop_locked()") && t.includes("count")),
      offered.join("; "),
    );
    assert(!offered.some((t) => t.includes("pair_up()")), "functions that share nothing are not offered");
    await kit.screen.click(rows, "ring_pop_locked()");
    await asked;
    await kit.until("the panel is open", () => kit.tabs().includes("ring_push() against ring_pop_locked()"));
    await kit.screen.shown(".verdict", "Violation");
    await kit.screen.shown(".violated, .sentence", "ring.count: the update by");
    await kit.screen.hidden("#scenario");
    await moves(kit, "lockstep.raceStep", "spin_lock(&r->lock)");
    // It is live: with the lock, nothing is left.
    const editor = await kit.open("mm/ring.c");
    const locked = "spin_lock(&r->lock);\n\tr->count++;\n\tspin_unlock(&r->lock);\n}\n\nvoid ring_push_locked";
    await kit.edit(editor, "r->count++;\n}\n\nvoid ring_push_locked", locked);
    await kit.screen.shown(".verdict", "No violating interleaving in this model.");
    await kit.run("undo");
    await kit.screen.shown(".verdict", "Violation");
    // It is shared as a command line, and comes back from one.
    await kit.vscode.env.clipboard.writeText("");
    await kit.screen.click("button", "Copy share text");
    const shared = await kit.until("the share text is copied", () => kit.vscode.env.clipboard.readText());
    matches(shared, /^lockstep race mm\/ring\.c:ring_push mm\/ring\.c:ring_pop_locked # model \w+$/, "share text");
    await kit.vscode.env.clipboard.writeText("");
    await kit.screen.click("button", "Copy as Promela");
    const promela = await kit.until("the model is copied", () => kit.vscode.env.clipboard.readText());
    matches(promela, /\b(?:active )?proctype\b|\binit\b/, "the Promela model");
    await kit.run("workbench.action.closeAllEditors");
    await kit.run("lockstep.openSharedRace", shared);
    await kit.until("the panel is back", () => kit.tabs().includes("ring_push() against ring_pop_locked()"));
    await kit.screen.shown(".verdict", "Violation");
    // Any other function of the tree, by its name.
    await kit.open("mm/ring.c", "r->count++");
    const typed = kit.run("lockstep.raceAgainst");
    await kit.screen.shown(".quick-input-widget", "Race ring_push() against…");
    await kit.screen.type("Another function");
    await kit.screen.shown(`${rows}.focused`, "Another function…");
    await kit.screen.press("Enter");
    await kit.screen.shown(".quick-input-widget", "Name of a function of this tree");
    await kit.screen.type("protect_mark_wrong");
    await kit.screen.press("Enter");
    await typed;
    await kit.screen.shown(".verdict", "share nothing");
    // Outside functions there is nothing to race.
    await kit.open("mm/ring.c", "#include");
    const nothing = kit.run("lockstep.raceAgainst");
    await kit.notified("no function here");
    await kit.run("notifications.clearAll");
    await nothing;
  },

  async "lockstep.raceStep"(kit) {
    await openRace(kit);
    await moves(kit, "lockstep.raceStep", "mmap_read_lock(mm)");
    await moves(kit, "lockstep.raceStep", "vma_lookup(mm, addr)");
    // The editor goes along, and the focus stays where it is.
    await kit.screen.shown(".view-line", "vma = vma_lookup(mm, addr)");
  },

  async "lockstep.raceBack"(kit) {
    await openRace(kit);
    await kit.run("lockstep.raceStep");
    await moves(kit, "lockstep.raceStep", "vma_lookup(mm, addr)");
    await moves(kit, "lockstep.raceBack", "mmap_read_lock(mm)");
  },

  async "lockstep.raceNextSwitch"(kit) {
    await openRace(kit);
    await moves(kit, "lockstep.raceNextSwitch", "mmap_write_lock(mm)");
    await moves(kit, "lockstep.raceNextSwitch", "return vma->vm_end");
  },

  async "lockstep.racePreviousSwitch"(kit) {
    await openRace(kit);
    await moves(kit, "lockstep.raceViolation", "return vma->vm_end");
    await moves(kit, "lockstep.racePreviousSwitch", "mmap_write_lock(mm)");
  },

  async "lockstep.raceViolation"(kit) {
    await kit.run("workbench.action.closeAllEditors");
    const alone = kit.run("lockstep.raceViolation");
    await kit.notified("no race is open");
    await kit.run("notifications.clearAll");
    await alone;
    await openRace(kit);
    await moves(kit, "lockstep.raceViolation", "return vma->vm_end");
    await kit.screen.shown(".violated", "uses freed memory");
  },

  async "lockstep.openSharedRace"(kit) {
    await openRace(kit);
    await kit.vscode.env.clipboard.writeText("");
    await kit.screen.click("button", "Copy share text");
    const shared = await kit.until("the share text is copied", () => kit.vscode.env.clipboard.readText());
    matches(
      shared,
      /^lockstep replay mm\/range\.c:14:vma-use-after-unlock --scenario use-after-unlock .*--schedule [AB]+/,
      "text",
    );
    await kit.run("workbench.action.closeAllEditors");
    // As somebody pastes it.
    const opened = kit.run("lockstep.openSharedRace");
    await kit.screen.shown(".quick-input-widget", "Open a shared race");
    await kit.screen.type(shared);
    await kit.screen.press("Enter");
    await opened;
    await kit.until("the panel is open", () => kit.tabs().includes("Race in range_end_wrong()"));
    await kit.screen.shown(".verdict", "Violation");
    // Files elsewhere are nobody's business.
    const tabs = kit.tabs();
    await kit.run("lockstep.openSharedRace", "lockstep replay ../../etc/passwd:1");
    await kit.run("lockstep.openSharedRace", "lockstep replay file:///etc/passwd:1");
    equal(kit.tabs(), tabs, "tabs after addresses outside the tree");
  },

  async "lockstep.debugRace"(kit) {
    await kit.open("mm/range.c", "return vma->vm_end");
    await kit.until("range.c is reported", () => kit.reported("mm/range.c").length === 2);
    await kit.run("lockstep.debugRace");
    const session = await kit.until("a session runs", () => kit.vscode.debug.activeDebugSession);
    equal(session.type, "lockstep", "its type");
    await drive(kit, session);
  },
};

/** Threads, stacks, variables; forwards to the violation and back. */
async function drive(kit: Kit, session: DebugSession): Promise<void> {
  const { threads } = await session.customRequest("threads");
  equal(
    (threads as { name: string }[]).map((t) => t.name),
    ["A · CPU0: user of the VMA", "B · CPU1: munmap"],
    "CPUs are threads",
  );
  const top = async (threadId: number) => {
    const { stackFrames } = await session.customRequest("stackTrace", { threadId });
    return `${stackFrames[0].name}:${stackFrames[0].line}`;
  };
  const cell = async (name: string) => (await session.customRequest("evaluate", { expression: name })).result as string;
  equal(await top(1), "range_end_wrong():9", "where CPU A stands at first");
  equal(await cell("vma_live"), "1", "memory at first");
  await session.customRequest("continue", { threadId: 1 });
  await kit.until("the VMA is freed", async () => (await cell("vma_live")).startsWith("0"));
  const { description } = await session.customRequest("exceptionInfo", { threadId: 1 });
  matches(String(description), /freed memory/, "the violation");
  for (let n = 0; n < 3; n++) await session.customRequest("stepBack", { threadId: 1 });
  await session.customRequest("reverseContinue", { threadId: 1 });
  await session.customRequest("reverseContinue", { threadId: 1 });
  await session.customRequest("reverseContinue", { threadId: 1 });
  equal(await cell("vma_live"), "1", "memory after going back");
  equal(await top(1), "range_end_wrong():9", "where CPU A stands after going back");
  await kit.vscode.debug.stopDebugging(session);
  await kit.until("the session is over", () => kit.vscode.debug.activeDebugSession === undefined);
  assert(kit.vscode.window.visibleTextEditors.length > 0, "the text is still there");
}
