/**
 * A race as a debug session: the trace of the replay under the buttons that kernel people know. CPUs are threads; what a step
 * changes are variables. A thread stands before its next line, as in any debugger. Knows no editor.
 */
import {
  Breakpoint,
  DebugSession,
  InitializedEvent,
  OutputEvent,
  Scope,
  Source,
  StackFrame,
  StoppedEvent,
  TerminatedEvent,
  Thread,
} from "@vscode/debugadapter";
import type { DebugProtocol } from "@vscode/debugprotocol";
import { unlinked } from "../../../server/src/protocol/markdown";
import type { RaceTarget, ReplayAnswer, ReplayResult } from "../../../server/src/protocol/replay";
import { readTarget } from "../replay/target";
import { letterOf, locksAt, memoryAt } from "../replay/walk";
import { type Lines, type Stop, Timeline } from "./timeline";

export interface RaceSource {
  replay(target: RaceTarget): Promise<ReplayResult>;
  /** Path or address of a file of the steps, as the editor opens it. */
  pathOf(answer: ReplayAnswer, file: string): string;
  /** Hears how many steps have happened, whenever the race stops. */
  moved?(answer: ReplayAnswer, at: number): void;
}

/** The first one is unfolded by itself. */
const scopes = ["Shared memory", "Locks held"] as const;

export class RaceSession extends DebugSession {
  private answer: ReplayAnswer | undefined;
  private timeline: Timeline | undefined;
  /** By path as the editor names it. */
  private readonly breakpoints = new Map<string, DebugProtocol.SourceBreakpoint[]>();

  constructor(private readonly source: RaceSource) {
    super();
    this.setDebuggerLinesStartAt1(true);
    this.setDebuggerColumnsStartAt1(true);
    this.setDebuggerPathFormat("path");
  }

  protected override initializeRequest(response: DebugProtocol.InitializeResponse): void {
    response.body = {
      supportsConfigurationDoneRequest: true,
      supportsStepBack: true,
      supportsExceptionInfoRequest: true,
      supportsEvaluateForHovers: true,
      supportsSingleThreadExecutionRequests: false,
    };
    this.sendResponse(response);
  }

  protected override async launchRequest(
    response: DebugProtocol.LaunchResponse,
    args: DebugProtocol.LaunchRequestArguments,
  ): Promise<void> {
    const target = readTarget(args);
    const result: ReplayResult = target
      ? await this.source.replay(target).catch((error: unknown) => ({ problem: String(error) }))
      : { problem: "the launch configuration names no file and line" };
    if ("problem" in result) {
      this.fail(response, `There is no race to step through: ${result.problem}`);
      return;
    }
    if (result.trace.steps.length === 0) {
      this.fail(response, `There is no race to step through: ${result.verdict} (${result.model})`);
      return;
    }
    this.answer = result;
    this.timeline = new Timeline(result.trace);
    this.sendResponse(response);
    this.say(`${result.verdict}\n${result.model}\n`);
    // Breakpoints come now, and `configurationDone` after them.
    this.sendEvent(new InitializedEvent());
  }

  protected override configurationDoneRequest(response: DebugProtocol.ConfigurationDoneResponse): void {
    this.sendResponse(response);
    this.stopAt("entry");
  }

  protected override setBreakPointsRequest(
    response: DebugProtocol.SetBreakpointsResponse,
    { source, breakpoints = [] }: DebugProtocol.SetBreakpointsArguments,
  ): void {
    const path = source.path ?? "";
    this.breakpoints.set(path, breakpoints);
    const lines = new Set(
      (this.answer?.trace.steps ?? []).filter((s) => this.pathOf(s.file) === path).map((s) => s.line),
    );
    response.body = {
      breakpoints: breakpoints.map(({ line }) => {
        const verified: DebugProtocol.Breakpoint = new Breakpoint(lines.has(line), line);
        if (!verified.verified) verified.message = "No step of this race is on this line.";
        return verified;
      }),
    };
    this.sendResponse(response);
  }

  protected override threadsRequest(response: DebugProtocol.ThreadsResponse): void {
    const threads = this.answer?.trace.threads ?? [];
    response.body = {
      threads: threads.map((t) => new Thread(t.cpu + 1, `${letterOf(t.cpu)} · CPU${t.cpu}: ${t.name}`)),
    };
    this.sendResponse(response);
  }

  protected override stackTraceRequest(
    response: DebugProtocol.StackTraceResponse,
    { threadId }: DebugProtocol.StackTraceArguments,
  ): void {
    const step = this.timeline?.standsAt(threadId - 1);
    const frames = step
      ? [{ function: step.function, file: step.file, line: step.line }, ...(step.detail?.stack ?? [])]
      : [];
    response.body = {
      stackFrames: frames.map(({ function: name, file, line }, n) => {
        const source = new Source(file.slice(file.lastIndexOf("/") + 1), this.pathOf(file));
        return new StackFrame(threadId * 1_000 + n, `${name}()`, source, line, 1);
      }),
      totalFrames: frames.length,
    };
    this.sendResponse(response);
  }

  protected override scopesRequest(response: DebugProtocol.ScopesResponse): void {
    response.body = { scopes: scopes.map((name, n) => new Scope(name, n + 1, false)) };
    this.sendResponse(response);
  }

  protected override variablesRequest(
    response: DebugProtocol.VariablesResponse,
    { variablesReference }: DebugProtocol.VariablesArguments,
  ): void {
    response.body = { variables: this.variables(variablesReference) };
    this.sendResponse(response);
  }

  protected override evaluateRequest(
    response: DebugProtocol.EvaluateResponse,
    { expression }: DebugProtocol.EvaluateArguments,
  ): void {
    const found = this.variables(1).find(({ name }) => name === expression.trim());
    if (found) {
      response.body = { result: found.value, variablesReference: 0 };
      this.sendResponse(response);
    } else this.fail(response, `The model has no cell “${expression}”.`, false);
  }

  protected override nextRequest(response: DebugProtocol.NextResponse): void {
    this.move(response, "step", (t) => t.step());
  }

  protected override stepInRequest(response: DebugProtocol.StepInResponse): void {
    this.move(response, "step", (t) => t.step());
  }

  /** Until the function of this CPU is left. */
  protected override stepOutRequest(
    response: DebugProtocol.StepOutResponse,
    { threadId }: DebugProtocol.StepOutArguments,
  ): void {
    this.move(response, "step", (t) => t.leave(threadId - 1));
  }

  protected override stepBackRequest(response: DebugProtocol.StepBackResponse): void {
    this.move(response, "step", (t) => t.back());
  }

  /** To a breakpoint, else to the violation. */
  protected override continueRequest(response: DebugProtocol.ContinueResponse): void {
    response.body = { allThreadsContinued: true };
    this.move(response, "breakpoint", (t) => t.forward(this.lines()));
  }

  /** To a breakpoint, else to the last context switch. */
  protected override reverseContinueRequest(response: DebugProtocol.ReverseContinueResponse): void {
    this.move(response, "breakpoint", (t) => t.backward(this.lines()));
  }

  protected override pauseRequest(response: DebugProtocol.PauseResponse): void {
    this.sendResponse(response);
    this.stopAt("pause");
  }

  protected override exceptionInfoRequest(response: DebugProtocol.ExceptionInfoResponse): void {
    const { violated } = this.answer?.trace ?? {};
    response.body = {
      exceptionId: violated?.invariant ?? "end",
      description: violated?.text ?? "The race ends here.",
      breakMode: "always",
    };
    this.sendResponse(response);
  }

  protected override disconnectRequest(response: DebugProtocol.DisconnectResponse): void {
    this.sendResponse(response);
    this.sendEvent(new TerminatedEvent());
  }

  private variables(reference: number): DebugProtocol.Variable[] {
    const { answer, timeline } = this;
    if (answer === undefined || timeline === undefined) return [];
    const { trace } = answer;
    const plain = (name: string, value: string): DebugProtocol.Variable => ({ name, value, variablesReference: 0 });
    const { changed, rest } = memoryAt(trace, timeline.at);
    const number = (value: number) => (value === -128 ? "unknown" : String(value));
    switch (scopes[reference - 1]) {
      case "Locks held":
        return locksAt(trace, timeline.at).map((held, cpu) =>
          plain(`CPU ${letterOf(cpu)}`, held.map(({ lock, mode }) => `${lock} (${mode})`).join(", ") || "none"),
        );
      case "Shared memory":
        // What the last step changed comes first.
        return [
          ...changed.map((c) => plain(c.cell, `${number(c.to)} (was ${number(c.from)})`)),
          ...rest.map((c) => plain(c.cell, number(c.to))),
        ];
      default:
        return [];
    }
  }

  private pathOf(file: string): string {
    return this.answer ? this.source.pathOf(this.answer, file) : file;
  }

  /** Is there a breakpoint on a line of a file? */
  private lines(): Lines {
    return (file, line) => this.breakpoints.get(this.pathOf(file))?.some((b) => b.line === line) === true;
  }

  private move(response: DebugProtocol.Response, reason: string, go: (timeline: Timeline) => Stop): void {
    this.sendResponse(response);
    if (this.timeline === undefined) return;
    const stop = go(this.timeline);
    this.stopAt(
      stop === "breakpoint" ? "breakpoint" : stop === "start" ? "entry" : reason === "step" ? "step" : "pause",
    );
  }

  /** At the end it is the violation that stops the race. */
  private stopAt(reason: string): void {
    const { answer, timeline } = this;
    if (answer === undefined || timeline === undefined) return;
    const { violated } = answer.trace;
    const ended = timeline.ended;
    const event: DebugProtocol.StoppedEvent = new StoppedEvent(ended ? "exception" : reason, timeline.cpu + 1);
    event.body.allThreadsStopped = true;
    if (ended) {
      event.body.description = violated ? "Violation" : "End of the race";
      event.body.text = violated?.text ?? answer.verdict;
    }
    this.sendEvent(event);
    this.source.moved?.(answer, timeline.at);
  }

  private say(text: string): void {
    this.sendEvent(new OutputEvent(text, "console"));
  }

  private fail(response: DebugProtocol.Response, format: string, showUser = true): void {
    // Braces would be read as placeholders.
    this.sendErrorResponse(response, { id: 1, format: "{_text}", variables: { _text: unlinked(format) }, showUser });
  }
}
