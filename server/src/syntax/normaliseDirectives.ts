/**
 * Preprocessor lines inside a function. A conditional whose branches are whole statements stays, its
 * conditions replaced by `1`; one that cuts a statement is marked `split` and the caller parses its
 * variants. Other directives are blanked.
 */
import type { Edits } from "./normaliseEdits";
import { Brace, type Frame } from "./normaliseFrames";
import { COMMA, LBRACE, LPAREN, RBRACE, type ScanState, SEMI } from "./normaliseState";
import { conditionText } from "./normaliseText";

export interface Conditional {
  /** From the `#` of `#if` to the end of the `#endif` line. */
  start: number;
  end: number;
  split: boolean;
  /** Whole elements of an argument or initialiser list. */
  inList: boolean;
  /** Index of the enclosing conditional, or -1. */
  parent: number;
  branches: { cond: string; line: number; from: number; to: number }[];
}

interface Open {
  index: number;
  frames: Frame[];
  prev: number;
  stmt: number;
  ternary: number;
  /** The `#if` stands between elements of a list. */
  list: boolean;
  lines: { edit: number; at: number }[];
}

export class DirectiveTracker {
  readonly all: Conditional[] = [];
  private readonly stack: Open[] = [];
  private lastEnd = -1;
  private last = -1;

  constructor(private readonly scan: ScanState) {}

  directive(from: number, to: number, edits: Edits): void {
    const line = this.scan.src.slice(from, to);
    const word = /^#\s*(\w+)/.exec(line)?.[1] ?? "";
    // The newline that ends a CRLF line stays CRLF.
    const stop = line.endsWith("\r") ? to - 1 : to;
    if (word === "if" || word === "ifdef" || word === "ifndef") {
      this.open(from, to, line, edits);
      edits.put(from, stop, "#if 1");
    } else if (this.stack.length > 0 && /^el(?:se|if|ifdef|ifndef)$/.test(word)) {
      this.alternative(from, to, line, edits);
      edits.put(from, stop, word === "else" ? "#else" : "#elif 1");
    } else if (this.stack.length > 0 && word === "endif") {
      const o = this.endif(from, to);
      edits.put(from, stop, "#endif");
      // Elements of a list: their directives vanish, the elements of all branches stay.
      const c = o && this.all[o.index];
      if (o?.list && c && !c.split) {
        c.inList = true;
        o.lines.push({ edit: edits.length - 1, at: from });
        for (const l of o.lines) edits.replace(l.edit, l.at, "");
      }
    } else {
      edits.fill(from, stop, " ");
      return;
    }
    this.lastEnd = to;
  }

  firstAfterDirective(prevEnd: number): boolean {
    return this.lastEnd >= 0 && prevEnd < this.lastEnd;
  }

  markSplit(): void {
    const c = this.all[this.last];
    if (c) c.split = true;
  }

  finish(end: number): void {
    for (const o of this.stack) {
      const c = this.all[o.index];
      if (!c) continue;
      c.end = end;
      const b = c.branches[c.branches.length - 1];
      if (b) b.to = end;
      c.split = true;
    }
  }

  private open(from: number, to: number, line: string, edits: Edits): void {
    const s = this.scan;
    const list = this.betweenElements();
    this.last = this.all.length;
    this.all.push({
      start: from,
      end: to,
      split: !this.atBoundary() && !list,
      inList: false,
      parent: this.stack[this.stack.length - 1]?.index ?? -1,
      branches: [{ cond: conditionText(line), line: from, from: to, to }],
    });
    this.stack.push({
      index: this.last,
      frames: s.frames.map((f) => ({ ...f })),
      prev: s.prev,
      stmt: s.stmt,
      ternary: s.ternary,
      list,
      lines: [{ edit: edits.length, at: from }],
    });
  }

  private alternative(from: number, to: number, line: string, edits: Edits): void {
    const o = this.check(from);
    if (!o) return;
    o.lines.push({ edit: edits.length, at: from });
    // Arguments have positions: alternatives cannot stand side by side. Initialisers can.
    if (o.list && this.scan.top?.char === LPAREN) this.markSplit();
    this.all[o.index]?.branches.push({ cond: conditionText(line), line: from, from: to, to });
    const s = this.scan;
    s.frames = o.frames.map((f) => ({ ...f }));
    s.prev = o.prev;
    s.stmt = o.stmt;
    s.ternary = o.ternary;
  }

  private endif(from: number, to: number): Open | undefined {
    const o = this.check(from);
    this.stack.pop();
    const c = o && this.all[o.index];
    if (c) c.end = to;
    return o;
  }

  /** Ends the current branch at `from`: is it made of whole statements? */
  private check(from: number): Open | undefined {
    const o = this.stack[this.stack.length - 1];
    const c = o && this.all[o.index];
    if (!o || !c) return undefined;
    this.last = o.index;
    const b = c.branches[c.branches.length - 1];
    if (b) b.to = from;
    const s = this.scan;
    if (
      !(o.list ? this.betweenElements() : this.atBoundary()) ||
      s.frames.length !== o.frames.length ||
      s.top?.open !== o.frames[o.frames.length - 1]?.open
    )
      c.split = true;
    return o;
  }

  private betweenElements(): boolean {
    const s = this.scan;
    const f = s.top;
    if (!f || !(f.char === LPAREN ? f.wordAt >= 0 : f.char === LBRACE && f.brace === Brace.Init)) return false;
    return s.prev === COMMA || (s.prev === f.char && s.prevAt === f.open);
  }

  private atBoundary(): boolean {
    const s = this.scan;
    const f = s.top;
    if (f && (f.char !== LBRACE || f.brace === Brace.Init)) return false;
    if (f?.brace === Brace.Struct) return s.prev === SEMI || s.prev === LBRACE || s.prev === RBRACE;
    return s.stmt === 1;
  }
}

/** The source with one branch of a conditional chosen, everything else of it blanked; `branch` past the last: none. */
export function selectBranch(src: string, c: Conditional, branch: number): string {
  const chosen = c.branches[branch];
  const blank = (text: string) => text.replace(/[^\n]/g, " ");
  if (!chosen) return src.slice(0, c.start) + blank(src.slice(c.start, c.end)) + src.slice(c.end);
  return (
    src.slice(0, c.start) +
    blank(src.slice(c.start, chosen.from)) +
    src.slice(chosen.from, chosen.to) +
    blank(src.slice(chosen.to, c.end)) +
    src.slice(c.end)
  );
}
