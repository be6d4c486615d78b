/** The debugger of races, driven by messages of the Debug Adapter Protocol. */
import type { DebugProtocol } from "@vscode/debugprotocol";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { RaceTarget, ReplayResult } from "../../../server/src/protocol/replay";
import { type Demo, replayDemo } from "../../../server/test/demoRace";
import { RaceSession } from "./session";

let demo: Demo;
beforeAll(async () => {
  demo = await replayDemo();
});
afterAll(() => demo.stop());

/** Speaks with a session as an editor does. */
class Editor {
  readonly events: DebugProtocol.Event[] = [];
  private readonly answers = new Map<number, (r: DebugProtocol.Response) => void>();
  private readonly session: RaceSession;
  private seq = 1;
  private stops = 0;

  constructor(replay: (target: RaceTarget) => Promise<ReplayResult> = demo.replay) {
    this.session = new RaceSession({
      replay,
      pathOf: ({ files }, file) => (files[file] ? `/tree/${file}` : `lockstep-rules:/${file}`),
    });
    this.session.onDidSendMessage((given) => {
      const message = given as DebugProtocol.ProtocolMessage;
      if (message.type === "event") this.events.push(message as DebugProtocol.Event);
      else {
        const response = message as DebugProtocol.Response;
        this.answers.get(response.request_seq)?.(response);
      }
    });
  }

  async ask(command: string, args: object = {}): Promise<DebugProtocol.Response> {
    const seq = this.seq++;
    const answer = new Promise<DebugProtocol.Response>((resolve) => this.answers.set(seq, resolve));
    this.session.handleMessage({ seq, type: "request", command, arguments: args } as DebugProtocol.Request);
    return await answer;
  }

  /** The body of a successful answer. */
  async get<T>(command: string, args: object = {}): Promise<T> {
    const response = await this.ask(command, args);
    expect(response.message ?? "", command).toBe("");
    expect(response.success, command).toBe(true);
    return response.body as T;
  }

  /** Why and where the session stopped since the last question. */
  stopped(): DebugProtocol.StoppedEvent["body"] {
    const all = this.events.filter((e) => e.event === "stopped");
    expect(all.length, "one stop at a time").toBe(++this.stops);
    return all[all.length - 1]!.body;
  }

  async start(breakpoints: [path: string, line: number][] = []): Promise<void> {
    await this.get("initialize", {
      adapterID: "lockstep",
      linesStartAt1: true,
      columnsStartAt1: true,
      pathFormat: "path",
    });
    await this.get("launch", demo.target);
    expect(this.events.some((e) => e.event === "initialized")).toBe(true);
    for (const [path, line] of breakpoints)
      await this.get("setBreakpoints", { source: { path }, breakpoints: [{ line }] });
    await this.get("configurationDone");
    expect(this.stopped()).toMatchObject({ reason: "entry", threadId: 1, allThreadsStopped: true });
  }

  async top(threadId: number): Promise<{ name: string; line: number; path: string }> {
    const { stackFrames } = await this.get<DebugProtocol.StackTraceResponse["body"]>("stackTrace", { threadId });
    const { name, line, source } = stackFrames[0]!;
    return { name, line, path: source!.path! };
  }

  /** Contents of a scope of the first frame. */
  async scope(name: string): Promise<Record<string, string>> {
    const { scopes } = await this.get<DebugProtocol.ScopesResponse["body"]>("scopes", { frameId: 1_000 });
    const { variablesReference } = scopes.find((s) => s.name === name)!;
    const { variables } = await this.get<DebugProtocol.VariablesResponse["body"]>("variables", { variablesReference });
    return Object.fromEntries(variables.map((v) => [v.name, v.value]));
  }
}

describe("a race in the debugger", () => {
  let editor: Editor;
  const user = "/tree/mm/range.c";
  beforeEach(() => {
    editor = new Editor();
  });

  it("can step back, and says so", async () => {
    const capabilities = await editor.get<DebugProtocol.Capabilities>("initialize", {
      adapterID: "lockstep",
      pathFormat: "path",
    });
    expect(capabilities).toMatchObject({ supportsStepBack: true, supportsConfigurationDoneRequest: true });
  });

  it("shows CPUs as threads, each at its next line", async () => {
    await editor.start();
    const { threads } = await editor.get<DebugProtocol.ThreadsResponse["body"]>("threads");
    expect(threads.map((t) => t.name)).toEqual(["A · CPU0: user of the VMA", "B · CPU1: munmap"]);
    expect(await editor.top(1)).toEqual({ name: "range_end_wrong()", line: 9, path: user });
    expect(await editor.top(2)).toMatchObject({
      name: "munmap()",
      path: "lockstep-rules:/rules/scenarios/use-after-unlock.yaml",
    });
  });

  it("steps through the whole race to the violation, and back", async () => {
    await editor.start();
    const { steps, violated } = demo.answer.trace;
    for (const [n, step] of steps.entries()) {
      expect(await editor.top(step.cpu + 1), `step ${n + 1}`).toMatchObject({
        name: `${step.function}()`,
        line: step.line,
      });
      await editor.get("next", { threadId: 1 });
      const next = steps[n + 1];
      const stop = editor.stopped();
      if (next) expect(stop).toMatchObject({ reason: "step", threadId: next.cpu + 1 });
      else expect(stop).toMatchObject({ reason: "exception", description: "Violation", text: violated!.text });
    }
    expect(await editor.get("exceptionInfo", { threadId: 1 })).toMatchObject({ description: violated!.text });
    // Nothing is behind the end.
    await editor.get("next", { threadId: 1 });
    expect(editor.stopped().reason).toBe("exception");
    for (const step of [...steps].reverse()) {
      await editor.get("stepBack", { threadId: 1 });
      expect(editor.stopped().threadId).toBe(step.cpu + 1);
    }
    await editor.get("stepBack", { threadId: 1 });
    expect(editor.stopped().reason).toBe("entry");
    expect(await editor.top(1)).toMatchObject({ line: 9 });
  });

  it("shows the model's state: locks, what the last step changed, all cells", async () => {
    await editor.start();
    expect(await editor.scope("Locks held")).toEqual({ "CPU A": "none", "CPU B": "none" });
    expect(await editor.scope("Shared memory")).toMatchObject({ vma_live: "1", vma_in_tree: "1" });
    await editor.get("next", { threadId: 1 });
    expect(await editor.scope("Locks held")).toEqual({ "CPU A": "mmap_lock (read)", "CPU B": "none" });
    await editor.get("continue", { threadId: 1 });
    expect(await editor.scope("Shared memory")).toMatchObject({ vma_live: "0", vma_in_tree: "0" });
    await editor.get("stepBack", { threadId: 1 });
    const memory = await editor.scope("Shared memory");
    expect(Object.entries(memory)[0]).toEqual(["vma_live", "0 (was 1)"]);
    expect(await editor.get("evaluate", { expression: "vma_live" })).toMatchObject({ result: "0 (was 1)" });
    expect(await editor.ask("evaluate", { expression: "no_cell" })).toMatchObject({ success: false });
  });

  it("continues to breakpoints in the user's file and in the scenario's, else to the violation", async () => {
    const scenario = "lockstep-rules:/rules/scenarios/use-after-unlock.yaml";
    const freed = demo.answer.trace.steps.find((s) => s.text.startsWith("vm_area_free"))!;
    await editor.start([
      [user, 11],
      [scenario, freed.line],
    ]);
    await editor.get("continue", { threadId: 1 });
    expect(editor.stopped()).toMatchObject({ reason: "breakpoint", threadId: 1 });
    expect(await editor.top(1)).toMatchObject({ line: 11 });
    await editor.get("continue", { threadId: 1 });
    expect(editor.stopped()).toMatchObject({ reason: "breakpoint", threadId: 2 });
    expect(await editor.top(2)).toMatchObject({ line: freed.line });
    await editor.get("continue", { threadId: 1 });
    expect(editor.stopped().reason).toBe("exception");
  });

  it("goes back to the last context switch, and further to a breakpoint", async () => {
    await editor.start([[user, 10]]);
    await editor.get("setBreakpoints", { source: { path: user }, breakpoints: [] });
    await editor.get("continue", { threadId: 1 });
    editor.stopped();
    await editor.get("setBreakpoints", { source: { path: user }, breakpoints: [{ line: 10 }] });
    await editor.get("reverseContinue", { threadId: 1 });
    // The last switch is from munmap back to the user: the user's line comes next.
    expect(editor.stopped()).toMatchObject({ threadId: 1 });
    expect(await editor.top(1)).toMatchObject({ line: 14 });
    await editor.get("reverseContinue", { threadId: 1 });
    expect(editor.stopped()).toMatchObject({ threadId: 2 });
    await editor.get("reverseContinue", { threadId: 1 });
    expect(editor.stopped()).toMatchObject({ reason: "breakpoint", threadId: 1 });
    expect(await editor.top(1)).toMatchObject({ line: 10 });
    await editor.get("reverseContinue", { threadId: 1 });
    expect(editor.stopped().reason).toBe("entry");
  });

  it("steps out until the CPU's function is left", async () => {
    await editor.start();
    await editor.get("stepOut", { threadId: 1 });
    expect(editor.stopped().reason).toBe("exception");
  });

  it("marks breakpoints that no step reaches", async () => {
    await editor.start();
    const { breakpoints } = await editor.get<DebugProtocol.SetBreakpointsResponse["body"]>("setBreakpoints", {
      source: { path: user },
      breakpoints: [{ line: 14 }, { line: 2 }],
    });
    expect(breakpoints.map((b) => b.verified)).toEqual([true, false]);
    expect(breakpoints[1]!.message).toMatch(/No step/);
  });

  it("says why there is nothing to step through", async () => {
    const launch = async (wanted: object, replay = demo.replay) => {
      const other = new Editor(replay);
      await other.get("initialize", { adapterID: "lockstep", pathFormat: "path" });
      const { success, message } = await other.ask("launch", wanted);
      expect(success).toBe(false);
      return message;
    };
    const { rule: _, ...target } = demo.target;
    expect(await launch({ ...target, function: "range_end_right" })).toMatch(
      /^There is no race to step through: range_end_right\(\): nothing is reported there/,
    );
    expect(await launch({})).toMatch(/names no file and line/);
    const clean = { ...demo.answer, trace: { ...demo.answer.trace, steps: [] }, verdict: "clean: {x}" };
    expect(await launch(target, async () => clean)).toMatch(/clean: \{x\} \(in this model/);
    expect(await launch(target, () => Promise.reject(new Error("gone")))).toMatch(/gone/);
  });

  it("ends when it is asked to", async () => {
    await editor.start();
    await editor.get("disconnect");
    expect(editor.events.some((e) => e.event === "terminated")).toBe(true);
  });
});
