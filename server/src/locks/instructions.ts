/** What can be said of instructions and blocks from their form alone. */
import type { Block, Instr } from "../cfg/cfg";
import type { Expr } from "../syntax/ast";

const withCalls = new WeakMap<Instr, boolean>();

/** Could the instruction have several outcomes? Only calls do. */
export function hasCall(i: Instr): boolean {
  let known = withCalls.get(i);
  if (known === undefined) {
    if (i.k === "eval" || i.k === "temp") known = calls(i.e);
    else if (i.k === "decl") known = i.v.init !== null && calls(i.v.init);
    else known = i.k !== "free";
    withCalls.set(i, known);
  }
  return known;
}

function calls(e: Expr): boolean {
  switch (e.k) {
    case "num":
    case "str":
    case "id":
      return false;
    case "mem":
      return calls(e.base);
    case "idx":
      return calls(e.base) || calls(e.index);
    case "un":
    case "incdec":
    case "cast":
      return calls(e.e);
    case "bin":
    case "assign":
    case "comma":
      return calls(e.l) || calls(e.r);
    case "cond":
      return calls(e.c) || (e.t !== null && calls(e.t)) || calls(e.f);
    case "init":
      return e.items.some((item) => calls(item.value));
    default:
      return true;
  }
}

/** Can no event come from the block? It only moves values between variables. */
export function isSilent(block: Block): boolean {
  const { term } = block;
  if (term.k === "branch" ? !movesValues(term.cond) : term.k !== "goto" && term.k !== "config") return false;
  return block.instrs.every((i) => {
    if (i.k === "eval" || i.k === "temp") return movesValues(i.e);
    return i.k === "decl" && (i.v.init === null || movesValues(i.v.init));
  });
}

/** Neither calls nor reads or writes memory other than variables. */
function movesValues(e: Expr): boolean {
  switch (e.k) {
    case "num":
    case "str":
    case "id":
      return true;
    case "un":
      return e.op !== "*" && e.op !== "&" && movesValues(e.e);
    case "cast":
      return movesValues(e.e);
    case "incdec":
      return e.e.k === "id";
    case "bin":
    case "comma":
      return movesValues(e.l) && movesValues(e.r);
    case "assign":
      return e.l.k === "id" && movesValues(e.r);
    case "cond":
      return movesValues(e.c) && (e.t === null || movesValues(e.t)) && movesValues(e.f);
    default:
      return false;
  }
}
