/** Terms of a call model ↔ values of the calling function. */
import type { Path } from "../rules/expressions";
import type { Machine } from "./machine";
import type { Term } from "./outcomes";
import type { State } from "./state";
import type { ValueId } from "./values";

export interface CallFrame {
  args: ValueId[];
  /** Addresses of arguments that are lvalues (for macros that write their argument). */
  lvalues: (ValueId | null)[];
  ret: ValueId;
}

/** The folio a page or folio value stands for. */
export function canonicalFolio(m: Machine, v: ValueId): ValueId {
  const x = m.t.get(v);
  if (x.k === "pure" && x.fn === "folio") return v;
  if (x.k === "num") return v;
  if (x.k === "field" && m.structs.get(x.base) === "folio") return x.base;
  if (m.structs.get(v) === "folio") return v;
  return m.t.pure("folio", [v]);
}

function rootOf(m: Machine, s: State, f: CallFrame, path: Path): ValueId | null {
  switch (path.root.k) {
    case "arg":
      return f.args[path.root.index] ?? null;
    case "ret":
      return f.ret;
    case "global":
      return m.t.global(path.root.name);
    case "cpu":
      return m.t.sym("cpu");
    case "current":
      return m.load(s, m.t.global("current"));
    default:
      return null;
  }
}

function pathValue(m: Machine, s: State, f: CallFrame, path: Path, asAddress: boolean): ValueId | null {
  const { t } = m;
  let v = rootOf(m, s, f, path);
  if (v === null) return null;
  // A dot on an argument: the argument is an lvalue given by name (macros).
  let addr: ValueId | null = null;
  if (path.root.k === "arg" && path.fields[0] && !path.fields[0].arrow) addr = f.lvalues[path.root.index] ?? null;
  for (const step of path.fields) {
    const base: ValueId | null = step.arrow ? v : (addr ?? v);
    if (base === null) return null;
    addr = t.field(base, step.name);
    v = m.load(s, addr);
  }
  if (path.address) return addr ?? (path.root.k === "arg" ? (f.lvalues[path.root.index] ?? null) : v);
  if (path.deref) {
    if (asAddress) return v;
    return m.load(s, v);
  }
  if (asAddress) {
    if (path.fields.length === 0 && path.root.k === "arg") return f.lvalues[path.root.index] ?? null;
    return addr;
  }
  return path.folio ? canonicalFolio(m, v) : v;
}

/** Value of a term at a call, or null if the call does not provide it. */
export function termValue(m: Machine, s: State, f: CallFrame, term: Term): ValueId | null {
  const { t } = m;
  const sub = (x: Term): ValueId | null => termValue(m, s, f, x);
  switch (term.k) {
    case "path":
      return pathValue(m, s, f, term.path, false);
    case "arg":
      return f.args[term.index] ?? null;
    case "ret":
      return f.ret;
    case "global":
      return t.global(term.name);
    case "num":
      return t.num(term.n);
    case "sym":
      return t.sym(term.name);
    case "field": {
      const base = sub(term.of);
      return base === null ? null : t.field(base, term.field);
    }
    case "load":
    case "after": {
      const addr = sub(term.of);
      return addr === null ? null : m.load(s, addr);
    }
    case "pure": {
      const args = term.args.map(sub);
      if (args.some((a) => a === null)) return null;
      return term.fn === "folio" ? canonicalFolio(m, args[0] as ValueId) : t.pure(term.fn, args as ValueId[]);
    }
    case "op": {
      const a = sub(term.a);
      const b = sub(term.b);
      return a === null || b === null ? null : t.op(term.op, a, b);
    }
    case "un": {
      const a = sub(term.a);
      return a === null ? null : t.un(term.op, a);
    }
    case "any":
      return null;
  }
}

/** Address of the cell a term names (for writes). */
export function termCell(m: Machine, s: State, f: CallFrame, term: Term): ValueId | null {
  if (term.k === "path") return pathValue(m, s, f, term.path, true);
  if (term.k === "load" || term.k === "after") return termValue(m, s, f, term.of);
  return termValue(m, s, f, term);
}
