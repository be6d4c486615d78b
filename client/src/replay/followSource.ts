/** The editor goes along with the race, without taking the focus; the lines of each CPU carry its colour and its letter. */
import {
  type Disposable,
  debug,
  OverviewRulerLane,
  Range,
  type TextDocument,
  type TextEditor,
  type TextEditorDecorationType,
  TextEditorRevealType,
  ThemeColor,
  Uri,
  ViewColumn,
  window,
  workspace,
} from "vscode";
import type { ReplayAnswer } from "../../../server/src/protocol/replay";
import { debugType } from "./launch";
import { shippedUri } from "./shippedFiles";
import { lastStep, letterOf, placeOf } from "./walk";

/** Beyond this many CPUs, colours are used again; letters are not. */
const colours = 4;

export class FollowSource implements Disposable {
  private readonly types: Record<"here" | "there", Marks>[];
  private readonly disposables: Disposable[];
  private shown: { answer: ReplayAnswer; at: number } | undefined;

  constructor() {
    this.types = Array.from({ length: colours * 2 }, (_, cpu) => decorationsOf(cpu));
    this.disposables = [
      ...this.types.flatMap(({ here, there }) => [here.line, here.letter, there.line, there.letter]),
      window.onDidChangeVisibleTextEditors(() => this.decorate()),
      debug.onDidChangeActiveDebugSession(() => this.decorate()),
    ];
  }

  /** Marks where every CPU stands, and shows (if wanted) the line of the last step if it is in a file of the reader's. */
  async follow(answer: ReplayAnswer, at: number, shows = true): Promise<void> {
    this.shown = { answer, at };
    // While a thread of Lockstep's own runs, the reader sees where the other one stands.
    const step = answer.trace.steps.slice(0, at).findLast((s) => answer.files[s.file]);
    const address = step && answer.files[step.file];
    if (shows && step && address) await reveal(Uri.parse(address, true), step.line - 1, true);
    this.decorate();
  }

  /** Goes to the line of a step, also if it belongs to a scenario that comes with Lockstep. */
  async open(answer: ReplayAnswer, at: number): Promise<void> {
    const step = lastStep(answer.trace, at);
    if (step === undefined) return;
    const address = answer.files[step.file];
    await reveal(address ? Uri.parse(address, true) : shippedUri(step.file), step.line - 1, false);
    this.decorate();
  }

  clear(): void {
    this.shown = undefined;
    this.decorate();
  }

  dispose(): void {
    for (const disposable of this.disposables) disposable.dispose();
  }

  private decorate(): void {
    // A debugger highlights the line that runs next; what ran last is marked as quietly as the others then.
    const stepping = debug.activeDebugSession?.type === debugType;
    for (const editor of window.visibleTextEditors) {
      for (const [cpu, { here, there }] of this.types.entries()) {
        const range = this.rangeIn(editor, cpu);
        const now = !stepping && this.shown && lastStep(this.shown.answer.trace, this.shown.at)?.cpu === cpu;
        mark(editor, here, now ? range : undefined);
        mark(editor, there, now ? undefined : range);
      }
    }
  }

  /** The line on which a CPU stands, if this editor shows its file. */
  private rangeIn({ document }: TextEditor, cpu: number): Range | undefined {
    if (this.shown === undefined) return undefined;
    const { answer, at } = this.shown;
    const step = placeOf(answer.trace, at, cpu);
    if (step === undefined || step.line > document.lineCount) return undefined;
    const address = answer.files[step.file];
    const uri = address ? Uri.parse(address, true) : shippedUri(step.file);
    if (uri.toString() !== document.uri.toString()) return undefined;
    const { range } = document.lineAt(step.line - 1);
    return new Range(step.line - 1, range.start.character, step.line - 1, range.end.character);
  }
}

/** The letter stands in front of the code, over its indentation: behind it, long hints would push it out of sight. */
interface Marks {
  line: TextEditorDecorationType;
  letter: TextEditorDecorationType;
}

function mark(editor: TextEditor, { line, letter }: Marks, range: Range | undefined): void {
  editor.setDecorations(line, range ? [range] : []);
  if (range === undefined) editor.setDecorations(letter, []);
  else {
    const { text, firstNonWhitespaceCharacterIndex: indentation } = editor.document.lineAt(range.start.line);
    const room = /\t|\s{3}/.test(text.slice(0, indentation));
    const place = room ? range.start.with({ character: indentation }) : range.end;
    const behind = room ? {} : { renderOptions: { before: { margin: "0 0 0 1.5em" } } };
    editor.setDecorations(letter, [{ range: new Range(place, place), ...behind }]);
  }
}

function decorationsOf(cpu: number): Record<"here" | "there", Marks> {
  const colour = new ThemeColor(`lockstep.cpu${letterOf(cpu % colours)}`);
  const make = (now: boolean): Marks => ({
    line: window.createTextEditorDecorationType({
      isWholeLine: true,
      overviewRulerLane: OverviewRulerLane.Full,
      overviewRulerColor: colour,
      borderWidth: now ? "1px 0" : "0 0 1px",
      borderStyle: now ? "solid" : "dashed",
      borderColor: colour,
      ...(now ? { backgroundColor: new ThemeColor("editor.stackFrameHighlightBackground") } : {}),
    }),
    letter: window.createTextEditorDecorationType({
      before: {
        contentText: now ? `${letterOf(cpu)}▶` : letterOf(cpu),
        color: colour,
        fontWeight: "bold",
        // Nothing moves: what it takes is taken back.
        width: "2.4ch",
        margin: "0 0 0 -2.4ch",
      },
    }),
  });
  return { here: make(true), there: make(false) };
}

/** The document in the column where it is, else where text is being edited, else in the first one. */
async function reveal(uri: Uri, line: number, preserveFocus: boolean): Promise<void> {
  const document = await openQuietly(uri);
  if (document === undefined) return;
  const at = new Range(Math.min(line, document.lineCount - 1), 0, Math.min(line, document.lineCount - 1), 0);
  const there = window.visibleTextEditors.find((e) => e.document.uri.toString() === uri.toString());
  if (there !== undefined && preserveFocus) {
    there.revealRange(at, TextEditorRevealType.InCenterIfOutsideViewport);
    return;
  }
  const column = there?.viewColumn ?? window.visibleTextEditors.find((e) => e.viewColumn)?.viewColumn ?? ViewColumn.One;
  const editor = await window.showTextDocument(document, {
    viewColumn: column,
    preserveFocus,
    preview: true,
    ...(preserveFocus ? {} : { selection: at }),
  });
  editor.revealRange(at, TextEditorRevealType.InCenterIfOutsideViewport);
}

async function openQuietly(uri: Uri): Promise<TextDocument | undefined> {
  try {
    return await workspace.openTextDocument(uri);
  } catch {
    return undefined;
  }
}
