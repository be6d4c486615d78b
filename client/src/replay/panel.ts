/** The replay panel: one for all races. It asks the server, follows edits, and comes back after a reload. */
import {
  CancellationTokenSource,
  type Disposable,
  env,
  Uri,
  ViewColumn,
  type WebviewPanel,
  type WebviewPanelSerializer,
  window,
  workspace,
} from "vscode";
import { type BaseLanguageClient, LSPErrorCodes, State } from "vscode-languageclient";
import type { RaceTarget, ReplayAnswer, ReplayResult } from "../../../server/src/protocol/replay";
import { inform } from "../notify";
import { isOurs } from "../places";
import { askRace, askRaceText } from "./ask";
import { FollowSource } from "./followSource";
import { stepInDebugger } from "./launch";
import { type CopyFormat, type PanelData, readMessage, type ToPanel } from "./messages";
import { newNonce, page } from "./page";
import { readTarget, sharePair, shareText } from "./target";

const viewType = "lockstep.replay";
/** Typing goes on; the search waits for a pause. */
const settleMs = 250;

export class ReplayPanel implements Disposable, WebviewPanelSerializer {
  private panel: WebviewPanel | undefined;
  private data: PanelData | undefined;
  private search: CancellationTokenSource | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private readonly source = new FollowSource();
  /** Where a debugger has just led the panel: it shows the line itself. */
  private led: number | undefined;
  private readonly disposables: Disposable[];

  constructor(
    private readonly client: BaseLanguageClient,
    private readonly extension: Uri,
  ) {
    this.disposables = [
      this.source,
      window.registerWebviewPanelSerializer(viewType, this),
      // A callee elsewhere may matter as much as the function itself.
      workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
        if (contentChanges.length === 0 || !isOurs(document) || this.data === undefined) return;
        // A schedule fits one text.
        const { schedule: _, ...target } = this.data.target;
        this.data = { ...this.data, target };
        this.later();
      }),
      client.onDidChangeState(({ newState }) => {
        if (newState === State.Running) this.later();
        else if (this.data !== undefined && newState === State.Stopped)
          this.show({ ...this.data, busy: false, answer: null, problem: "The language server does not run." });
      }),
    ];
  }

  /** Shows a race, beside the text. */
  async open(target: RaceTarget): Promise<void> {
    if (this.panel === undefined) {
      const options = { enableScripts: true, localResourceRoots: [this.dist()] };
      const column = { viewColumn: ViewColumn.Beside, preserveFocus: false };
      this.adopt(window.createWebviewPanel(viewType, "Race replay", column, options));
    } else this.panel.reveal(undefined, false);
    await this.turnTo(target);
  }

  async deserializeWebviewPanel(panel: WebviewPanel, kept: unknown): Promise<void> {
    const target = readTarget((kept as { target?: unknown } | undefined)?.target);
    if (target === undefined || this.panel !== undefined) {
      panel.dispose();
      return;
    }
    panel.webview.options = { enableScripts: true, localResourceRoots: [this.dist()] };
    this.adopt(panel);
    await this.turnTo(target);
  }

  /** A step by a command of the palette, for keys of one's own. */
  async move(action: string): Promise<void> {
    if (this.panel === undefined) inform("no race is open.");
    else await this.post({ kind: "move", action });
  }

  /** A debugger stands at a step of a race: if it is this one, the panel goes along. */
  lead({ trace }: ReplayAnswer, at: number): void {
    const shown = this.data?.answer?.trace;
    if (shown === undefined || shown.id !== trace.id || shown.schedule !== trace.schedule) return;
    this.led = at;
    void this.post({ kind: "go", at });
  }

  dispose(): void {
    this.stop();
    this.panel?.dispose();
    for (const disposable of this.disposables) disposable.dispose();
  }

  private dist(): Uri {
    return Uri.joinPath(this.extension, "dist", "webview");
  }

  private adopt(panel: WebviewPanel): void {
    this.panel = panel;
    const { webview } = panel;
    const address = (name: string) => webview.asWebviewUri(Uri.joinPath(this.dist(), name)).toString();
    const icon = (theme: string) => Uri.joinPath(this.extension, "media", `race-${theme}.svg`);
    panel.iconPath = { light: icon("light"), dark: icon("dark") };
    webview.onDidReceiveMessage((given) => this.receive(given));
    panel.onDidDispose(() => {
      this.stop();
      this.panel = undefined;
      this.data = undefined;
      this.source.clear();
    });
    webview.html = page({
      source: webview.cspSource,
      style: address("replay.css"),
      script: address("replay.js"),
      nonce: newNonce(),
    });
  }

  private async turnTo(target: RaceTarget): Promise<void> {
    const file = workspace.asRelativePath(Uri.parse(target.uri, true), false);
    const scenarios = target.against === undefined ? (this.data?.scenarios ?? []) : [];
    this.source.clear();
    this.show({ target, file, busy: true, answer: null, problem: null, scenarios });
    await this.run();
  }

  private stop(): void {
    clearTimeout(this.timer);
    this.search?.cancel();
  }

  private later(): void {
    if (this.data === undefined) return;
    this.stop();
    this.timer = setTimeout(() => void this.run(), settleMs);
  }

  /** Asks for the race as the text is now. An answer that comes too late is nobody's. */
  private async run(): Promise<void> {
    const { data } = this;
    if (data === undefined) return;
    this.stop();
    const search = new CancellationTokenSource();
    this.search = search;
    if (!data.busy) this.show({ ...data, busy: true });
    let result: ReplayResult;
    try {
      result = await askRace(this.client, data.target, search.token);
    } catch (error) {
      if (search.token.isCancellationRequested) return;
      if (codeOf(error) === LSPErrorCodes.ContentModified || codeOf(error) === LSPErrorCodes.RequestCancelled) {
        this.later();
        return;
      }
      const message = error instanceof Error ? error.message : String(error);
      result = { problem: `The replay could not be made: ${message}` };
    }
    if (this.search !== search || search.token.isCancellationRequested || this.data === undefined) return;
    const now = this.data;
    if ("problem" in result) {
      this.source.clear();
      const scenarios = result.scenarios ?? now.scenarios;
      this.show({ ...now, busy: false, answer: null, problem: result.problem, scenarios });
      return;
    }
    // From now on the function is followed, wherever edits move it.
    const line = result.finding === null ? now.target.line : result.finding.line - 1;
    const rule = now.target.rule ?? result.finding?.rule;
    const target = readTarget({ ...now.target, line, function: result.function, rule }) ?? now.target;
    if (result.trace.steps.length === 0) this.source.clear();
    this.show({ ...now, target, busy: false, answer: result, problem: null, scenarios: result.scenarios });
  }

  private show(data: PanelData): void {
    this.data = data;
    if (this.panel === undefined) return;
    const name = data.answer?.function ?? data.target.function;
    const { against } = data.target;
    this.panel.title = name
      ? against
        ? `${name}() against ${against.function}()`
        : `Race in ${name}()`
      : "Race replay";
    void this.post({ kind: "show", data });
  }

  private async post(message: ToPanel): Promise<void> {
    await this.panel?.webview.postMessage(message);
  }

  private async receive(given: unknown): Promise<void> {
    const message = readMessage(given);
    const { data } = this;
    if (message === undefined || data === undefined) return;
    switch (message.kind) {
      case "ready":
        await this.post({ kind: "show", data });
        break;
      case "at":
        if (data.answer) await this.source.follow(data.answer, message.at, message.at !== this.led);
        this.led = undefined;
        break;
      case "open":
        if (data.answer) await this.source.open(data.answer, message.at);
        break;
      case "copy":
        await this.copy(data, message.format);
        break;
      case "choose": {
        const { scenario: _, profile: __, schedule: ___, ...rest } = data.target;
        const { scenario, profile } = message;
        this.data = {
          ...data,
          target: { ...rest, ...(scenario ? { scenario } : {}), ...(profile ? { profile } : {}) },
        };
        await this.run();
        break;
      }
      case "debug":
        await stepInDebugger(data.target);
        break;
    }
  }

  private async copy(data: PanelData, format: CopyFormat): Promise<void> {
    const text = await this.textOf(data, format);
    if (text === undefined) return;
    await env.clipboard.writeText(text);
    const what = { diagram: "diagram", markdown: "Markdown", promela: "Promela model", share: "share text" }[format];
    await this.post({ kind: "say", text: `Copied: the ${what}.` });
  }

  private async textOf({ answer, target, file }: PanelData, format: CopyFormat): Promise<string | undefined> {
    if (answer === null) return undefined;
    if (format === "diagram") return answer.diagram.map((line) => `${line}\n`).join("");
    if (format === "share") {
      const { scenario, profile, schedule, id } = answer.trace;
      if (target.against !== undefined) {
        const other = workspace.asRelativePath(Uri.parse(target.against.uri, true), false);
        const first = { file, function: answer.function };
        return sharePair({ first, second: { file: other, function: target.against.function }, id });
      }
      return shareText({ ...target, file, scenario, profile: profile ?? undefined, schedule, id });
    }
    const result = await askRaceText(this.client, target, format);
    if ("text" in result) return result.text;
    await this.post({ kind: "say", text: result.problem });
    return undefined;
  }
}

function codeOf(error: unknown): unknown {
  return typeof error === "object" && error !== null ? (error as { code?: unknown }).code : undefined;
}
