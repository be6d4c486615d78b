/** Which declaration a name means: C lets inner blocks declare a name again. */
import type { FunctionAst, Stmt } from "../syntax/ast";

interface Declared {
  at: number;
  /** The name lives from its declaration to here. */
  to: number;
}

const cache = new WeakMap<FunctionAst, Map<string, Declared[]>>();

/** The name, made unique if the function declares it more than once (or shadows a parameter). */
export function resolveName(fn: FunctionAst, name: string, at: number): string {
  const found = declarations(fn).get(name);
  if (!found) return name;
  let best: Declared | null = null;
  for (const d of found) if (d.at <= at && at < d.to && (best === null || d.at > best.at)) best = d;
  return best === null ? name : `${name}@${best.at}`;
}

/** Names that need telling apart. */
function declarations(fn: FunctionAst): Map<string, Declared[]> {
  const old = cache.get(fn);
  if (old) return old;
  const all = new Map<string, Declared[]>();
  const add = (s: Stmt & { k: "decl" }, to: number): void => {
    for (const v of s.vars) all.set(v.name, [...(all.get(v.name) ?? []), { at: v.at, to }]);
  };
  const block = (body: readonly Stmt[], to: number): void => {
    for (const s of body) visit(s, to);
  };
  const visit = (s: Stmt, to: number): void => {
    switch (s.k) {
      case "decl":
        add(s, to);
        break;
      case "block":
        block(s.body, s.end);
        break;
      case "if":
        visit(s.t, s.t.end);
        if (s.f) visit(s.f, s.f.end);
        break;
      case "for":
        if (s.init) visit(s.init, s.end);
        visit(s.body, s.body.end);
        break;
      case "while":
      case "do":
      case "switch":
        visit(s.body, s.body.end);
        break;
      case "guard":
        if (s.body) visit(s.body, s.body.end);
        break;
      case "ppif":
        for (const b of s.branches) block(b.body, to);
        break;
    }
  };
  block(fn.body, Number.POSITIVE_INFINITY);
  const params = new Set(fn.params.map((p) => p.name));
  for (const [name, list] of all) if (list.length < 2 && !params.has(name)) all.delete(name);
  cache.set(fn, all);
  return all;
}
