/**
 * Joins the ASTs of the variants of a conditional that cuts a statement: statements the conditional
 * does not touch are kept once, the smallest list that differs becomes a `ppif`.
 */
import type { Stmt } from "./ast";

export interface Cut {
  start: number;
  end: number;
  cond: string;
}

/** `first` is the body with the first branch, `other` the body with the remaining ones. */
export function joinVariants(first: Stmt[], other: Stmt[], cut: Cut): Stmt[] {
  let head = 0;
  while (
    head < first.length &&
    head < other.length &&
    same(first[head] as Stmt, other[head] as Stmt) &&
    (first[head] as Stmt).end <= cut.start
  )
    head++;
  let tail = 0;
  while (tail < first.length - head && tail < other.length - head) {
    const a = first[first.length - 1 - tail] as Stmt;
    if (!same(a, other[other.length - 1 - tail] as Stmt) || a.at < cut.end) break;
    tail++;
  }
  const a = first.slice(head, first.length - tail);
  const b = other.slice(head, other.length - tail);
  if (a.length === 0 && b.length === 0) return first;
  const inner = a.length === 1 && b.length === 1 ? descend(a[0] as Stmt, b[0] as Stmt, cut) : null;
  const middle: Stmt = inner ?? {
    k: "ppif",
    branches: [
      { cond: cut.cond, body: a },
      { cond: "", body: b },
    ],
    at: Math.min(...[...a, ...b].map((s) => s.at)),
    end: Math.max(...[...a, ...b].map((s) => s.end)),
  };
  return [...first.slice(0, head), middle, ...first.slice(first.length - tail)];
}

function same(a: Stmt, b: Stmt): boolean {
  return a.k === b.k && a.at === b.at && a.end === b.end;
}

function around(s: Stmt, cut: Cut): boolean {
  return s.at <= cut.start && s.end >= cut.end;
}

/** Both statements with their difference moved into a part that holds the whole conditional, or null. */
function descend(a: Stmt, b: Stmt, cut: Cut): Stmt | null {
  if (!same(a, b) || !around(a, cut)) return null;
  switch (a.k) {
    case "block":
      return b.k === "block" ? { ...a, body: joinVariants(a.body, b.body, cut) } : null;
    case "if": {
      if (b.k !== "if") return null;
      if (around(a.t, cut)) {
        const t = part(a.t, b.t, cut);
        return t && { ...a, t };
      }
      if (a.f && b.f && around(a.f, cut) && same(a.t, b.t)) {
        const f = part(a.f, b.f, cut);
        return f && { ...a, f };
      }
      return null;
    }
    case "while":
    case "do":
    case "for":
    case "switch": {
      if (b.k !== a.k || !around(a.body, cut)) return null;
      const body = part(a.body, b.body, cut);
      return body && { ...a, body };
    }
    case "ppif": {
      if (b.k !== "ppif" || a.branches.length !== b.branches.length) return null;
      const branches = a.branches.map((x, i) => {
        const y = b.branches[i] as { cond: string; body: Stmt[] };
        return { cond: x.cond, body: joinVariants(x.body, y.body, cut) };
      });
      return { ...a, branches };
    }
    default:
      return null;
  }
}

function part(a: Stmt, b: Stmt, cut: Cut): Stmt | null {
  return same(a, b) ? descend(a, b, cut) : null;
}
