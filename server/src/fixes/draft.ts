/** The text of a function while it is being changed: named places move along, and the syntax is always that of the text as it is. */
import type { FunctionAst, Pos, Stmt } from "../syntax/ast";

/** A fix does not fit this code. Caught where fixes are tried, never shown. */
export class Inapplicable extends Error {}

export interface Mark {
  at: number;
  end: number;
}

/** A statement with the list it stands in and the statement around that. */
export interface Located {
  stmt: Stmt;
  parent: Located | null;
  /** The statements of the same block; undefined for the lone body of `if`, `else` or a loop. */
  block: readonly Stmt[] | undefined;
}

export class Draft {
  private tree: FunctionAst;

  constructor(
    public text: string,
    readonly marks: Map<string, Mark>,
    private readonly parse: (text: string) => FunctionAst,
  ) {
    this.tree = parse(text);
  }

  get fn(): FunctionAst {
    return this.tree;
  }

  mark(name: string): Mark {
    const found = this.marks.get(name);
    if (!found) throw new Inapplicable(`no ${name}`);
    return found;
  }

  /** Replaces a range. Marks behind it shift; a mark inside keeps pointing at the place of the replacement. */
  splice(at: number, end: number, text: string): void {
    const grown = text.length - (end - at);
    this.text = this.text.slice(0, at) + text + this.text.slice(end);
    for (const mark of this.marks.values()) {
      if (mark.at >= end) {
        mark.at += grown;
        mark.end += grown;
      } else if (mark.at >= at) {
        const length = Math.min(mark.end - mark.at, Math.max(1, text.length));
        mark.at = at;
        mark.end = at + length;
      } else if (mark.end >= end) mark.end += grown;
    }
    this.tree = this.parse(this.text);
  }

  /** Replaces several ranges that do not overlap. */
  spliceAll(edits: readonly { at: number; end: number; text: string }[]): void {
    for (const e of [...edits].sort((a, b) => b.at - a.at)) this.splice(e.at, e.end, e.text);
  }

  slice({ at, end }: Pos): string {
    return this.text.slice(at, end);
  }

  lineStart(offset: number): number {
    return this.text.lastIndexOf("\n", offset - 1) + 1;
  }

  /** Offset behind the line break that ends the line of `offset`. */
  nextLine(offset: number): number {
    const at = this.text.indexOf("\n", offset);
    return at < 0 ? this.text.length : at + 1;
  }

  indentAt(offset: number): string {
    return /^[ \t]*/.exec(this.text.slice(this.lineStart(offset)))?.[0] ?? "";
  }

  /** The innermost statement at an offset that is no block. */
  statementAt(offset: number): Located {
    let found: Located | undefined;
    this.visit((l) => {
      if (l.stmt.k !== "block" && l.stmt.at <= offset && offset < Math.max(l.stmt.end, l.stmt.at + 1)) found = l;
    });
    if (!found) throw new Inapplicable("no statement there");
    return found;
  }

  /** All statements, outer ones first, in the order of the text. */
  visit(see: (l: Located) => void): void {
    const list = (body: readonly Stmt[], parent: Located | null): void => {
      for (const stmt of body) one(stmt, parent, body);
    };
    const one = (stmt: Stmt, parent: Located | null, block: readonly Stmt[] | undefined): void => {
      const here: Located = { stmt, parent, block };
      see(here);
      switch (stmt.k) {
        case "block":
          list(stmt.body, here);
          break;
        case "if":
          one(stmt.t, here, undefined);
          if (stmt.f) one(stmt.f, here, undefined);
          break;
        case "while":
        case "do":
        case "for":
        case "switch":
          one(stmt.body, here, undefined);
          break;
        case "guard":
          if (stmt.body) one(stmt.body, here, undefined);
          break;
        case "ppif":
          for (const b of stmt.branches) list(b.body, here);
          break;
        default:
          break;
      }
    };
    list(this.tree.body, null);
  }

  /** Statements of one kind inside a range. */
  inside(range: Pos, kind: Stmt["k"]): Located[] {
    const found: Located[] = [];
    this.visit((l) => {
      if (l.stmt.k === kind && l.stmt.at >= range.at && l.stmt.end <= range.end) found.push(l);
    });
    return found;
  }

  /** The statement that follows in the same block. */
  next(l: Located): Stmt | undefined {
    return l.block?.[l.block.indexOf(l.stmt) + 1];
  }

  previous(l: Located): Stmt | undefined {
    return l.block?.[l.block.indexOf(l.stmt) - 1];
  }
}

/** The statement or the one around it that stands in a block: where statements can be put before and behind. */
export function inBlock(l: Located): Located {
  let at: Located | null = l;
  while (at && (at.block === undefined || at.stmt.k === "block")) at = at.parent;
  if (!at) throw new Inapplicable("stands in no block");
  return at;
}
