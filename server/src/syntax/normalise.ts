/**
 * Rewrites the body of one function, length-preserving, into C that the grammar accepts: every
 * offset stays true. Calls stay where they are; what is replaced is attributes, type names used as
 * arguments, literals, loop macros' names (`while`), preprocessor conditions. The lowering
 * recognises a replacement by comparing with the source at the same offset.
 */
import type { MacroTable } from "../rules/model";
import type { MacroClass } from "./normaliseMacros";
import { DirectiveTracker, type Conditional } from "./normaliseDirectives";
import { Edits } from "./normaliseEdits";
import { Brace, type Frame } from "./normaliseFrames";
import { CHAR, directiveEnd, indentation, isWordPart, isWordStart, skipBlockComment, skipGroup, skipLine, skipLiteral, skipSpace, stringsAcrossDirectives, wordEnd } from "./normaliseText";
import { resolveClass, Word, wordTable, type WordTable } from "./normaliseWords";

export interface Normalised {
  /** Same length as the source; everything outside the body is blank. */
  text: string;
  /** `__free(name)` and the like, by offset. */
  cleanups: { at: number; name: string }[];
  conditionals: Conditional[];
  problems: { reason: string; at: number }[];
}

export interface NormaliseOptions {
  macros: MacroTable;
  macroClass?: (name: string) => MacroClass | undefined;
}

const MAX_NESTING = 400;
const LPAREN = 40, RPAREN = 41, STAR = 42, COMMA = 44, COLON = 58, SEMI = 59, LBRACE = 123, RBRACE = 125;
/** `prev` for tokens that are no punctuation. */
const WORD = 97, LITERAL = 48;

export function normaliseBody(src: string, bodyStart: number, options: NormaliseOptions): Normalised {
  return new Normaliser(src, bodyStart, wordTable(options.macros), options.macroClass).run();
}

export class Normaliser {
  private readonly edits = new Edits();
  private readonly cleanups: { at: number; name: string }[] = [];
  readonly problems: { reason: string; at: number }[] = [];
  private readonly directives: DirectiveTracker;
  frames: Frame[] = [];
  prev = LBRACE;
  private prevCls = Word.Plain;
  prevAt = -1;
  private prevEnd = -1;
  private prevHit = false;
  /** 1: a statement may begin here; 2: the same, but as the body of if/else/do/loop; 0: no. */
  stmt = 0;
  ternary = 0;
  private tag = false;
  /** Owner word of the parenthesis closed last, -1 if it had none (a cast). */
  private closedOwner = -1;
  private closedLoopEdit = -1;
  private closedLoopAt = -1;
  /** The block of a `do` has just been closed: a macro here stands for its `while (…)`. */
  private afterDo = false;
  /** First of the plain words directly before this point. */
  private runAt = -1;
  private readonly end: number;
  /** Range after a closing parenthesis to be blanked and skipped. */
  private blankTo: [number, number] | null = null;

  constructor(
    readonly src: string,
    private readonly bodyStart: number,
    private readonly table: WordTable,
    private readonly macroClass: ((name: string) => MacroClass | undefined) | undefined,
  ) {
    this.end = src.length;
    this.directives = new DirectiveTracker(this);
  }

  run(): Normalised {
    const { src, end, edits } = this;
    if (this.bodyStart > 0) edits.fill(0, this.bodyStart, " ");
    const filter = this.table.filter;
    let i = this.bodyStart;
    while (i < end) {
      const c = src.charCodeAt(i);
      const kind = c < 128 ? (CHAR[c] as number) : 3;
      if (kind & 4) {
        i++;
      } else if (kind & 1) {
        let h = 0;
        let j = i;
        for (let d = c; j < end && (d < 128 ? (CHAR[d] as number) & 2 : isWordPart(d)); d = src.charCodeAt(++j)) h = (h * 31 + d) | 0;
        if (j === i) {
          edits.fill(i, i + 1, " ");
          i++;
          continue;
        }
        i = this.word(i, j, filter[h & 8191] === 1);
      } else if (kind & 2) {
        let j = i + 1;
        let pasted = false;
        for (; j < end; j++) {
          const d = src.charCodeAt(j);
          if (!isWordPart(d) && d !== 46) break;
          if (d === 95) pasted = true;
        }
        if (pasted) edits.fill(i, j, "0");
        this.token(i, j, LITERAL);
        i = j;
      } else {
        i = this.punctuation(i, c);
      }
    }
    this.directives.finish(end);
    return { text: edits.apply(src), cleanups: this.cleanups, conditionals: this.directives.all, problems: this.problems };
  }

  get top(): Frame | undefined {
    return this.frames[this.frames.length - 1];
  }

  private token(from: number, to: number, prev: number): void {
    this.prev = prev;
    this.prevCls = Word.Plain;
    this.prevAt = from;
    this.prevEnd = to;
    this.prevHit = false;
    this.stmt = 0;
    const f = this.top;
    if (f?.char === LPAREN) f.argHasOperand = true;
  }

  // ------------------------------------------------------------------ words

  private word(from: number, to: number, hit: boolean): number {
    const { src, edits, end } = this;
    let cls = hit ? (this.table.classes.get(src.slice(from, to)) ?? Word.Plain) : Word.Plain;
    const stmt = this.stmt;
    if (this.afterDo) {
      this.afterDo = false;
      if ((cls === Word.Plain || cls === Word.Iterator) && to - from >= 5 && src.charCodeAt(skipSpace(src, to, end)) === LPAREN) {
        cls = Word.Control;
        edits.put(from, to, "while");
      }
    }
    if (cls === Word.Plain && this.prev === 93) cls = Word.Attribute;
    if (cls === Word.Plain && this.macroClass && src.charCodeAt(from) === 95 && src.charCodeAt(from + 1) === 95 && this.prev !== LPAREN) {
      const name = src.slice(from, to);
      if (src.charCodeAt(skipSpace(src, to, end)) !== LPAREN && resolveClass(name, this.table, this.macroClass) === "attribute") cls = Word.Attribute;
    }
    switch (cls) {
      case Word.Attribute:
      case Word.BareAttribute:
      case Word.LockAttribute:
      case Word.Cleanup:
        return this.attribute(from, to, cls);
      case Word.Typeof: {
        const close = this.groupAfter(to);
        if (close < 0) break;
        edits.put(from, close, "int");
        this.firstOfArgument(Word.TypeStart);
        this.token(from, close, WORD);
        return close;
      }
      case Word.Unevaluated: {
        const close = this.groupAfter(to);
        if (close < 0) break;
        const next = src.charCodeAt(skipSpace(src, close, end));
        if (next === 46 || next === 91 || next === LBRACE || (next === 45 && src[skipSpace(src, close, end) + 1] === ">")) break;
        edits.fill(from, close, "0");
        this.token(from, close, LITERAL);
        return close;
      }
      case Word.Asm: {
        const close = this.assembly(from, to);
        if (close > 0) return close;
        break;
      }
      case Word.Else:
        if (this.directives.firstAfterDirective(this.prevEnd)) this.directives.markSplit();
        break;
      case Word.Static: {
        // static DEFINE_MUTEX(lock);
        const at = skipSpace(src, to, end);
        const wEnd = wordEnd(src, at);
        if (stmt === 1 && wEnd > at && src.charCodeAt(skipSpace(src, wEnd, end)) === LPAREN && /^[A-Z]/.test(src[at] as string)) {
          edits.fill(from, to, " ");
          return to;
        }
        break;
      }
      case Word.Extern:
        if (stmt === 1) {
          const semi = src.indexOf(";", to);
          if (semi > 0) {
            edits.fill(from, semi, " ");
            return semi;
          }
        }
        break;
      case Word.Goto: {
        const at = skipSpace(src, to, end);
        if (stmt && src.charCodeAt(at) === STAR && at + 1 - from >= 6) {
          this.problems.push({ reason: "computed goto", at: from });
          edits.put(from, at + 1, "return");
          this.token(from, at + 1, WORD);
          return at + 1;
        }
        this.statementArgument(from, to, "goto");
        break;
      }
      case Word.Return:
        this.statementArgument(from, to, "return");
        break;
    }
    this.firstOfArgument(cls);
    if (this.prev !== WORD || this.prevCls !== Word.Plain) this.runAt = from;
    else if (cls === Word.Plain && this.top?.brace === Brace.Init && this.top.char === LBRACE && from > this.prevEnd) {
      // Elements without a comma, each a macro that brings its own.
      edits.fill(this.prevEnd, this.prevEnd + 1, ",");
    }
    if (cls === Word.Tag) this.tag = true;
    if (stmt === 1 && this.ternary === 0 && cls !== Word.Case) this.label(to);
    this.token(from, to, WORD);
    this.prevCls = cls;
    this.prevHit = hit;
    if (cls === Word.Else || cls === Word.Do) this.stmt = 2;
    this.stmtWord = stmt;
    return to;
  }

  /** `stmt` as it was in front of the last word. */
  private stmtWord = 0;

  private label(to: number): void {
    const colon = skipSpace(this.src, to, this.end);
    if (this.src.charCodeAt(colon) !== COLON || this.src.charCodeAt(colon + 1) === COLON) return;
    const f = this.top;
    if (f && f.char === LBRACE && f.brace === Brace.Block) this.edits.fill(colon, colon + 1, ";");
  }

  private attribute(from: number, to: number, cls: Word): number {
    const close = cls === Word.BareAttribute ? -1 : this.groupAfter(to);
    const stop = close < 0 ? to : close;
    if (cls === Word.Cleanup && close > 0) {
      const open = this.src.indexOf("(", to);
      this.cleanups.push({ at: from, name: this.src.slice(open + 1, close - 1).trim() });
    }
    this.edits.fill(from, stop, " ");
    return stop;
  }

  private groupAfter(to: number): number {
    const at = skipSpace(this.src, to, this.end);
    return this.src.charCodeAt(at) === LPAREN ? skipGroup(this.src, at, this.end) : -1;
  }

  private assembly(from: number, to: number): number {
    let at = skipSpace(this.src, to, this.end);
    let isGoto = this.src.slice(from, to) === "asm_volatile_goto" || this.src.slice(from, to) === "asm_goto_output";
    while (isWordStart(this.src.charCodeAt(at))) {
      const e = wordEnd(this.src, at);
      const w = this.src.slice(at, e);
      if (w === "goto") isGoto = true;
      else if (!/^(?:__)?(?:volatile|inline)(?:__)?$/.test(w)) return -1;
      at = skipSpace(this.src, e, this.end);
    }
    const close = this.src.charCodeAt(at) === LPAREN ? skipGroup(this.src, at, this.end) : -1;
    if (close < 0) return -1;
    if (isGoto) this.problems.push({ reason: "asm goto", at: from });
    const declarator = this.prev === WORD && this.prevEnd <= from && this.stmt === 0;
    if (declarator) this.edits.fill(from, close, " ");
    else {
      this.edits.put(from, close, "0");
      this.token(from, close, LITERAL);
    }
    return close;
  }

  /** A macro argument that is a statement: `return -EINTR`, `goto out`. */
  private statementArgument(from: number, to: number, keyword: string): void {
    const f = this.top;
    if (f?.char !== LPAREN || f.wordAt < 0 || (this.prev !== COMMA && this.prev !== LPAREN)) return;
    this.edits.fill(from, to, " ");
    if (f.cls !== Word.ScopedGuard && keyword !== "goto") this.problems.push({ reason: `${keyword} as macro argument`, at: from });
  }

  private firstOfArgument(cls: Word): void {
    const f = this.top;
    if (f?.char !== LPAREN || (this.prev !== COMMA && this.prev !== LPAREN)) return;
    if (f.wordAt >= 0 && (cls === Word.TypeStart || cls === Word.Tag)) f.argIsType = true;
  }

  // ------------------------------------------------------------ punctuation

  private punctuation(i: number, c: number): number {
    const { src, end, edits } = this;
    switch (c) {
      case 47: {
        const n = src.charCodeAt(i + 1);
        if (n !== 42 && n !== 47) break;
        const j = n === 42 ? skipBlockComment(src, i, end) : skipLine(src, i, end);
        edits.fill(i, j, " ");
        return j;
      }
      case 34:
      case 39:
        return this.literal(i, c);
      case 35:
        if (/^[ \t]*$/.test(src.slice(src.lastIndexOf("\n", i) + 1, i))) {
          const stop = directiveEnd(src, i, end);
          this.directives.directive(i, stop, edits);
          return stop;
        }
        break;
      case 92:
        edits.fill(i, i + 1, " ");
        return i + 1;
      case LPAREN:
      case 91:
      case LBRACE:
        return this.open(i, c);
      case RPAREN:
      case 93:
      case RBRACE:
        this.close(i, c);
        if (this.blankTo) {
          const [from, to] = this.blankTo;
          this.blankTo = null;
          edits.fill(from, to, " ");
          return to;
        }
        return i + 1;
      case COMMA: {
        const f = this.top;
        if (f?.char === LPAREN && f.wordAt >= 0) {
          this.endArgument(f, i);
          f.argIndex++;
          this.startArgument(f, i + 1);
        }
        break;
      }
      case 63:
        this.ternary++;
        break;
      case COLON: {
        const inTernary = this.ternary > 0;
        if (inTernary) this.ternary--;
        this.operator(i, c);
        const f = this.top;
        if (!inTernary && (!f || f.char === LBRACE) && f?.brace === Brace.Block) this.stmt = 1;
        return i + 1;
      }
      case SEMI:
        if (this.statementInArguments(i)) break;
        this.ternary = 0;
        this.operator(i, c);
        this.stmt = 1;
        return i + 1;
      case 46:
        if (src.charCodeAt(i + 1) === 46 && src.charCodeAt(i + 2) === 46) {
          if (this.prev !== COMMA && this.prev !== LPAREN) edits.put(i, i + 3, " ||");
          this.token(i, i + 3, LITERAL);
          return i + 3;
        }
        break;
      case 38:
        if (src.charCodeAt(i + 1) === 38) {
          if (this.prev !== WORD && this.prev !== LITERAL && this.prev !== RPAREN && this.prev !== 93 && this.prev !== RBRACE && this.prev !== 43 && this.prev !== 45) {
            edits.put(i, i + 2, "&");
            this.problems.push({ reason: "address of a label", at: i });
          }
          this.operator(i + 1, c);
          return i + 2;
        }
        break;
    }
    this.operator(i, c);
    return i + 1;
  }

  /** `EXPECT(test, first(); second())`: the grammar reads the statements as further arguments. */
  private statementInArguments(i: number): boolean {
    const f = this.top;
    if (f?.char !== LPAREN || f.wordAt < 0 || f.cls === Word.Control) return false;
    if (f.holdsStatements === 0) f.holdsStatements = skipGroup(this.src, f.open, this.end) > 0 ? 1 : -1;
    if (f.holdsStatements < 0) return false;
    const last = this.src.charCodeAt(skipSpace(this.src, i + 1, this.end)) === RPAREN;
    this.endArgument(f, i);
    if (!last) {
      f.argIndex++;
      this.startArgument(f, i + 1);
    }
    this.edits.fill(i, i + 1, last ? " " : ",");
    return true;
  }

  private operator(i: number, c: number): void {
    this.prev = c;
    this.prevAt = i;
    this.prevEnd = i + 1;
    this.prevCls = Word.Plain;
    this.stmt = 0;
    if (c !== STAR) this.tag = false;
  }

  /** String and character literals become digits, together with what the preprocessor pastes to them. */
  private literal(i: number, quote: number): number {
    const { src, end, edits } = this;
    let from = i;
    let to = skipLiteral(src, i, end);
    if (this.prev === WORD && this.prevCls === Word.Plain && (quote === 34 || this.prevEnd === i)) from = quote === 34 ? this.runAt : this.prevAt;
    if (quote === 34) {
      if (this.prev === RPAREN && this.closedOwner >= 0) from = this.closedOwner;
      for (;;) {
        const at = skipSpace(src, to, end);
        const c = src.charCodeAt(at);
        if (c === 34) to = skipLiteral(src, at, end);
        else if (c === 35) {
          const past = stringsAcrossDirectives(src, at, end);
          if (past < 0) break;
          to = past;
        }
        else if (at < end && isWordStart(c)) {
          const e = wordEnd(src, at);
          if (/^(?:else|return|if|while|for|goto|break|case|default|do|switch)$/.test(src.slice(at, e))) break;
          const group = this.groupAfter(e);
          to = group > 0 ? group : e;
        } else break;
      }
    }
    if (from < i) edits.dropFrom(from);
    edits.fill(from, to, "0");
    this.token(from, to, LITERAL);
    return to;
  }

  // --------------------------------------------------------------- brackets

  private open(i: number, c: number): number {
    if (this.frames.length >= MAX_NESTING) {
      const close = skipGroup(this.src, i, this.end);
      const stop = close < 0 ? this.end : close;
      this.problems.push({ reason: "nesting too deep", at: i });
      this.edits.put(i, stop, c === LPAREN ? "0" : c === LBRACE ? "{}" : "[0]");
      this.token(i, stop, LITERAL);
      return stop;
    }
    const wasStmt = this.prev === WORD ? this.stmtWord : this.stmt;
    let brace = Brace.Block;
    if (c === LBRACE) brace = this.braceKind();
    const f = this.top;
    if (f?.char === LPAREN) f.argHasOperand = true;
    const owned = c === LPAREN && this.prev === WORD && !isKeyword(this.prevCls);
    const frame: Frame = {
      open: i,
      char: c,
      wordAt: owned ? this.prevAt : -1,
      wordEnd: owned ? this.prevEnd : -1,
      cls: this.prev === WORD ? this.prevCls : Word.Plain,
      stmt: wasStmt,
      brace,
      ternary: this.ternary,
      argAt: i + 1,
      argEdits: this.edits.length,
      argEdits0: this.edits.length,
      argIndex: 0,
      argIsType: false,
      argHasOperand: false,
      typeArgs: undefined,
      loopEdit: c === LBRACE ? this.closedLoopEdit : -1,
      loopAt: this.closedLoopAt,
      holdsStatements: 0,
    };
    if (owned && this.prevHit) frame.typeArgs = this.table.macros.typeArguments[this.src.slice(this.prevAt, this.prevEnd)];
    this.closedLoopEdit = -1;
    this.frames.push(frame);
    this.ternary = 0;
    this.operator(i, c);
    if (c === LBRACE && brace === Brace.Block) this.stmt = 1;
    return i + 1;
  }

  private braceKind(): Brace {
    const f = this.top;
    if (this.tag) return Brace.Struct;
    if (this.prev === 61 || this.prev === 91) return Brace.Init;
    if (f?.char === LBRACE && f.brace === Brace.Init) return Brace.Init;
    if (this.prev === COMMA && f?.char !== LPAREN) return Brace.Init;
    if (this.prev === RPAREN && this.closedOwner < 0 && this.stmt === 0) return Brace.Init;
    return Brace.Block;
  }

  private close(i: number, c: number): void {
    const open = c === RPAREN ? LPAREN : c - 2;
    let f = this.top;
    // A stray closer: forget inner brackets only if the matching opener exists.
    if (f && f.char !== open) {
      let d = this.frames.length - 1;
      while (d >= 0 && this.frames[d]?.char !== open) d--;
      if (d < 0) {
        this.operator(i, c);
        return;
      }
      this.frames.length = d + 1;
      f = this.top;
    }
    if (!f) {
      this.operator(i, c);
      return;
    }
    this.frames.pop();
    this.ternary = f.ternary;
    const last = this.prev;
    if (c === RPAREN && f.wordAt >= 0) this.endArgument(f, i);
    this.operator(i, c);
    const outer = this.top;
    if (outer?.char === LPAREN) outer.argHasOperand = true;
    if (c === RPAREN) {
      this.closedOwner = f.wordAt;
      if (f.cls === Word.Control) {
        this.closedOwner = i;
        this.stmt = 2;
      } else if (f.wordAt >= 0 && f.stmt) this.statementMacro(f, i, last === LPAREN);
    } else if (c === RBRACE) {
      if (f.brace === Brace.Block) this.stmt = 1;
      this.afterDo = f.cls === Word.Do;
      if (f.loopEdit >= 0) {
        const at = skipSpace(this.src, i + 1, this.end);
        if (this.src.startsWith("else", at) && wordEnd(this.src, at) === at + 4) this.edits.replace(f.loopEdit, f.loopAt, "if");
      }
    }
  }

  /** `*p = …`, `name;`, `name[N]`: a declarator. */
  private declares(at: number): boolean {
    let i = at;
    while (this.src.charCodeAt(i) === STAR) i = skipSpace(this.src, i + 1, this.end);
    const e = wordEnd(this.src, i);
    const c = this.src.charCodeAt(skipSpace(this.src, e, this.end));
    return e > i && (c === SEMI || c === COMMA || c === 91 || (c === 61 && this.src[skipSpace(this.src, e, this.end) + 1] !== "="));
  }

  private startArgument(f: Frame, at: number): void {
    f.argAt = at;
    f.argEdits = this.edits.length;
    f.argIsType = false;
    f.argHasOperand = false;
  }

  /** Called at the `,` or `)` that ends an argument: blanks what is no expression. */
  private endArgument(f: Frame, at: number): void {
    const { src, edits } = this;
    if (f.cls === Word.Control) return;
    const empty = this.prevEnd <= f.argAt;
    if (empty) {
      if (f.argIndex === 0 && src.charCodeAt(at) === RPAREN) return;
      // `f(a, , b)`: an operand if there is room, else the comma goes.
      const room = skipSpace(src, f.argAt, at);
      if (room >= at && at > f.argAt) edits.fill(at - 1, at, "0");
      else if (src.charCodeAt(at) === COMMA) edits.fill(at, at + 1, " ");
      else edits.fill(f.argAt - 1, f.argAt, " ");
      return;
    }
    const isType = f.argIsType || (f.typeArgs?.includes(f.argIndex) ?? false) || this.prev === STAR || !f.argHasOperand;
    if (!isType) return;
    const from = skipSpace(src, f.argAt, at);
    edits.truncate(f.argEdits);
    edits.fill(f.argAt, from, " ");
    edits.put(from, at, "0");
  }

  /** `name(…)` where a statement begins: a loop macro, a macro without its semicolon, or a plain call. */
  private statementMacro(f: Frame, close: number, noArguments: boolean): void {
    const { src, end, edits } = this;
    const at = skipSpace(src, close + 1, end);
    const c = at < end ? src.charCodeAt(at) : RBRACE;
    const wordNext = isWordStart(c);
    if (c === 61) {
      // DECLARE_BITMAP(map, N) = { 0 };
      const brace = skipSpace(src, at + 1, end);
      const stop = src.charCodeAt(brace) === LBRACE ? skipGroup(src, brace, end) : -1;
      if (stop > 0 && !src.slice(brace, stop).includes("(")) this.blankTo = [at, stop];
      return;
    }
    if (!wordNext && c !== LBRACE && c !== RBRACE && c !== STAR && c !== 35 && c !== LPAREN && c !== 43 && c !== 45) return;
    const newLine = src.slice(close, at).includes("\n");
    if (!newLine && (wordNext || c === STAR) && f.stmt === 1 && this.declares(at)) {
      // typeof_member(struct x, y) z;
      edits.truncate(f.argEdits0);
      edits.put(f.wordAt, close + 1, "int");
      return;
    }
    const name = src.slice(f.wordAt, f.wordEnd);
    let cls: string | undefined =
      f.cls === Word.Iterator || f.cls === Word.ScopedGuard ? "iterator" : resolveClass(name, this.table, this.macroClass);
    if (cls !== "iterator" && c === LBRACE) cls = "iterator";
    if (cls === undefined && (wordNext || c === RBRACE) && newLine) {
      cls = wordNext && indentation(src, at) > indentation(src, f.wordAt) ? "iterator" : "statement";
    }
    if (cls === "iterator" && c !== RBRACE) {
      if (c === LPAREN && f.cls !== Word.Iterator && !newLine) return;
      this.closedLoopEdit = edits.length;
      this.closedLoopAt = f.wordAt;
      const length = f.wordEnd - f.wordAt;
      if (noArguments && close - f.wordAt >= 7) edits.put(f.wordAt, close, `while${" ".repeat(close - f.wordAt - 7)}(0`);
      else edits.put(f.wordAt, f.wordEnd, length >= 5 ? "while" : "if");
      this.stmt = 2;
    } else if (cls === "statement" && (wordNext || c === RBRACE) && at > close + 1) {
      edits.fill(close + 1, close + 2, ";");
      this.stmt = 1;
      this.prev = SEMI;
    }
  }
}

function isKeyword(cls: Word): boolean {
  return cls === Word.Return || cls === Word.Case || cls === Word.Do || cls === Word.Else || cls === Word.Goto || cls === Word.TypeStart || cls === Word.Tag || cls === Word.Unevaluated;
}
