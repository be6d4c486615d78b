/** What the normaliser knows while it scans a body: the token before, open brackets, edits so far. */
import { DirectiveTracker } from "./normaliseDirectives";
import { Edits } from "./normaliseEdits";
import type { Frame } from "./normaliseFrames";
import type { MacroClass } from "./normaliseMacros";
import { skipGroup, skipSpace } from "./normaliseText";
import { Word, type WordTable } from "./normaliseWords";

export const LPAREN = 40,
  RPAREN = 41,
  STAR = 42,
  COMMA = 44,
  COLON = 58,
  SEMI = 59,
  EQUALS = 61,
  QUESTION = 63,
  HASH = 35,
  LBRACKET = 91,
  RBRACKET = 93,
  LBRACE = 123,
  RBRACE = 125;
/** `prev` for tokens that are no punctuation. */
export const WORD = 97,
  LITERAL = 48;

export class ScanState {
  readonly edits = new Edits();
  readonly cleanups: { at: number; name: string }[] = [];
  readonly problems: { reason: string; at: number }[] = [];
  readonly directives: DirectiveTracker = new DirectiveTracker(this);
  frames: Frame[] = [];
  prev = LBRACE;
  prevCls = Word.Plain;
  prevAt = -1;
  prevEnd = -1;
  prevHit = false;
  /** 1: a statement may begin here; 2: the same, but as the body of if/else/do/loop; 0: no. */
  stmt = 0;
  ternary = 0;
  tag = false;
  /** Owner word of the parenthesis closed last, -1 if it had none (a cast). */
  closedOwner = -1;
  closedLoopEdit = -1;
  closedLoopAt = -1;
  /** The block of a `do` has just been closed: a macro here stands for its `while (…)`. */
  afterDo = false;
  /** First of the plain words directly before this point. */
  runAt = -1;
  /** The last word follows a word: `int f` declares. */
  declaring = false;
  readonly end: number;
  /** Range after a closing parenthesis to be blanked and skipped. */
  blankTo: [number, number] | null = null;
  /** `stmt` as it was in front of the last word. */
  stmtWord = 0;

  constructor(
    readonly src: string,
    readonly table: WordTable,
    readonly macroClass: ((name: string) => MacroClass | undefined) | undefined,
  ) {
    this.end = src.length;
  }

  get top(): Frame | undefined {
    return this.frames[this.frames.length - 1];
  }

  token(from: number, to: number, prev: number): void {
    this.prev = prev;
    this.prevCls = Word.Plain;
    this.prevAt = from;
    this.prevEnd = to;
    this.prevHit = false;
    this.stmt = 0;
    const f = this.top;
    if (f?.char === LPAREN) f.argHasOperand = true;
  }

  operator(i: number, c: number): void {
    this.prev = c;
    this.prevAt = i;
    this.prevEnd = i + 1;
    this.prevCls = Word.Plain;
    this.stmt = 0;
    if (c !== STAR) this.tag = false;
  }

  groupAfter(to: number): number {
    const at = skipSpace(this.src, to, this.end);
    return this.src.charCodeAt(at) === LPAREN ? skipGroup(this.src, at, this.end) : -1;
  }
}
