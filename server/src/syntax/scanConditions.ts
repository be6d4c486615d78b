import { withoutComments } from "./normaliseText";
import { detached } from "./scanTable";

/** What has been read of the declaration at file level, as flat token lists. */
export class Head {
  readonly kinds: number[] = [];
  readonly ats: number[] = [];
  readonly ends: number[] = [];
  readonly ids: number[] = [];
  len = 0;
  /** Open parentheses; what is inside belongs to one group token. */
  paren = 0;
  /** Open braces inside the group. */
  braces = 0;

  push(kind: number, at: number, end: number, id: number): void {
    const k = this.len++;
    this.kinds[k] = kind;
    this.ats[k] = at;
    this.ends[k] = end;
    this.ids[k] = id;
  }

  clear(): void {
    this.len = this.paren = this.braces = 0;
  }

  copy(): Head {
    const copy = new Head();
    copy.assign(this);
    return copy;
  }

  assign(other: Head): void {
    this.len = 0;
    for (let k = 0; k < other.len; k++) {
      this.push(other.kinds[k] as number, other.ats[k] as number, other.ends[k] as number, other.ids[k] as number);
    }
    this.paren = other.paren;
    this.braces = other.braces;
  }

  dropFirst(count: number): void {
    for (const list of [this.kinds, this.ats, this.ends, this.ids]) list.splice(0, count);
    this.len -= count;
  }
}

interface Level {
  guards: string[];
  /** State at the `#if`, taken up again at each `#else`. */
  depth: number;
  owner: number;
  /** Head of the unfinished declaration, null for none. */
  head: Head | null;
}

/**
 * The open `#if`s, and the state of the scan to go back to when an alternative starts, so that
 * alternatives which each open the same brace count once.
 */
export class Conditionals {
  readonly head = new Head();
  /** Brace depth of the construct being scanned. */
  depth = 0;
  /** Number of the body, initialiser or struct being scanned; 0 at file level. */
  owner = 0;
  /** Set when an alternative starts to the one in which the current construct was opened. */
  aborted = false;
  private constructs = 0;
  private readonly levels: Level[] = [];
  private memo: string[] | null = [];
  private firstIfndef: string | null | undefined;

  /** A body, initialiser or struct begins: braces count from 1. */
  enter(): void {
    this.owner = ++this.constructs;
    this.depth = 1;
    this.aborted = false;
  }

  leave(): void {
    this.owner = this.depth = 0;
    this.aborted = false;
  }

  /** Conditions in force, outermost first. */
  guards(): string[] {
    this.memo ??= this.levels.flatMap((level) => level.guards.filter((g) => !constant(g)));
    return this.memo;
  }

  /** Was the innermost condition opened inside the current construct? */
  openedInside(): boolean {
    const top = this.levels.at(-1);
    return top !== undefined && top.owner === this.owner;
  }

  /** A macro was defined: right after the file's first `#ifndef` of the same name it is an include guard. */
  defined(name: string): void {
    if (this.firstIfndef === name && this.levels.length === 1) {
      (this.levels[0] as Level).guards = [];
      this.memo = null;
    }
    this.firstIfndef = null;
  }

  /** Acts on a conditional directive; true if the branch it opens is never compiled as C. */
  directive(text: string, word: string, from: number, end: number): boolean {
    this.memo = null;
    if (word === "endif") {
      this.levels.pop();
      return false;
    }
    const opens = word.startsWith("if");
    const condition = word === "else" ? "" : conditionText(text.slice(from, end), word);
    if (this.firstIfndef === undefined) this.firstIfndef = word === "ifndef" ? condition.slice(1) : null;
    if (opens) {
      const { depth, owner, head } = this;
      this.levels.push({
        guards: [condition],
        depth,
        owner,
        head: owner === 0 && head.len > 0 ? head.copy() : null,
      });
      return neverC(condition, word);
    }
    const level = this.levels.at(-1);
    if (level === undefined) return false;
    this.restore(level);
    const last = level.guards.pop();
    const previous = last === undefined ? "" : negated(last);
    if (previous !== "") level.guards.push(previous);
    if (condition !== "") level.guards.push(condition);
    return neverC(condition === "" ? previous : condition, "if");
  }

  private restore(level: Level): void {
    if (level.owner !== this.owner) {
      this.aborted = this.owner !== 0;
      if (level.owner !== 0) return;
    }
    const { head } = this;
    this.depth = level.depth;
    if (level.owner !== 0) return;
    if (level.head === null) head.clear();
    else head.assign(level.head);
  }
}

const constant = (condition: string): boolean => condition === "1" || condition === "!0";

/** `#if 0` and assembler sections. (`#else` of either is compiled.) */
function neverC(condition: string, word: string): boolean {
  if (condition === "__ASSEMBLY__" || condition === "__ASSEMBLER__") return true;
  return condition === "0" ? word === "if" || word === "elif" : condition === "!1";
}

const negated = (condition: string): string => {
  if (/^\w+$/.test(condition)) return `!${condition}`;
  return /^!\w+$/.test(condition) ? condition.slice(1) : detached(`!(${condition})`);
};

/** `CONFIG_X`, `!CONFIG_X`, or the text of the condition on one line. */
function conditionText(raw: string, word: string): string {
  const text = withoutComments(raw)
    .replace(/\\\r?\n/g, " ")
    .replace(/\s+/g, " ")
    .trim();
  if (word.endsWith("ndef")) return detached(`!${text.split(" ")[0] as string}`);
  if (word.endsWith("def")) return detached(text.split(" ")[0] as string);
  const simple = /^(!?) ?(?:defined|IS_ENABLED|IS_BUILTIN|IS_REACHABLE) ?\(? ?(\w+) ?\)?$/.exec(text);
  return detached(simple === null ? text : `${simple[1]}${simple[2]}`);
}
