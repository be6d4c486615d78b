/** Which arguments a function that no rule concerns hands on: to one it calls through a pointer, to one it names, or to memory. */
import type { Expr, FunctionAst } from "../syntax/ast";
import { walk } from "../syntax/walk";

/** A parameter as an argument of a call, or stored. */
export type HandedOn =
  | { k: "call" /** Null: through a pointer. */; callee: string | null; index: number }
  /** Others find it there. */
  | { k: "store" };

/** Where a function hands a parameter on as it is. */
export function handedOn(fn: FunctionAst, parameter: string): HandedOn[] {
  const pointers = new Set(fn.params.map((p) => p.name));
  const found: HandedOn[] = [];
  walk(fn.body, (n) => {
    if (n.k === "decl") for (const v of n.vars) pointers.add(v.name);
    if (n.k === "assign" && n.l.k !== "id" && isVariable(n.r, parameter)) found.push({ k: "store" });
    if (n.k !== "call") return;
    const callee = n.fn.k === "id" && !pointers.has(n.fn.name) ? n.fn.name : null;
    for (const [index, arg] of n.args.entries())
      if (isVariable(arg, parameter)) found.push({ k: "call", callee, index });
  });
  return found;
}

/** A cast leaves the object what it is. */
function isVariable(e: Expr, name: string): boolean {
  return e.k === "cast" ? isVariable(e.e, name) : e.k === "id" && e.name === name;
}
