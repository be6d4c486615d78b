/** The two small languages inside the rule data: paths over a call and conditions on its values. */

export type PathRoot =
  | { k: "arg"; index: number }
  | { k: "ret" }
  /** The object of the action a check speaks of. */
  | { k: "self" }
  /** One instance per kernel, e.g. `global:hugetlb_lock`. */
  | { k: "global"; name: string }
  /** One instance per CPU: RCU nesting, interrupt state. */
  | { k: "cpu" }
  /** The running task: `current->mm`. */
  | { k: "current" };

export interface Path {
  root: PathRoot;
  /** Fields loaded or, for the last one under `address`, addressed: `arg0->vm_mm` is `["vm_mm"]`. */
  fields: { name: string; arrow: boolean }[];
  /** `*path`: the value stored at the path. */
  deref: boolean;
  /** `&path`: the address itself. */
  address: boolean;
  /** `folio(path)`: the folio that the page or folio at the path belongs to. */
  folio: boolean;
}

export type CondOp = "==" | "!=" | "<" | ">=" | "is-err" | "not-err" | "is-bad" | "not-bad" | "== 1" | "&" | "!&";

export interface CondClause {
  path: Path;
  op: CondOp;
  /** Flag names right of `&` and `!&`; empty otherwise, where the comparison is with zero. */
  flags: string[];
}

export class ExpressionError extends Error {}

const IDENT = /^[A-Za-z_]\w*/;

/** @throws {ExpressionError} with a message for the author of the rule file. */
export function parsePath(text: string): Path {
  let rest = text.trim();
  const path: Path = { root: { k: "cpu" }, fields: [], deref: false, address: false, folio: false };
  const folio = /^folio\((.*)\)$/.exec(rest);
  if (folio) {
    path.folio = true;
    rest = (folio[1] ?? "").trim();
  }
  if (rest.startsWith("*")) {
    path.deref = true;
    rest = rest.slice(1);
  } else if (rest.startsWith("&")) {
    path.address = true;
    rest = rest.slice(1);
  }
  const root = /^(?:arg(\d)|(ret)|(\$)|global:([A-Za-z_]\w*)|(cpu)|(current))(?!\w)/.exec(rest);
  if (!root)
    throw new ExpressionError(`bad path "${text}": it must start with arg0…arg9, ret, $, cpu, current or global:NAME`);
  if (root[1] !== undefined) path.root = { k: "arg", index: Number(root[1]) };
  else if (root[2]) path.root = { k: "ret" };
  else if (root[3]) path.root = { k: "self" };
  else if (root[4] !== undefined) path.root = { k: "global", name: root[4] };
  else if (root[6]) path.root = { k: "current" };
  rest = rest.slice(root[0].length);
  while (rest !== "") {
    const arrow = rest.startsWith("->");
    if (!arrow && !rest.startsWith("."))
      throw new ExpressionError(`bad path "${text}": expected "->field" at "${rest}"`);
    rest = rest.slice(arrow ? 2 : 1);
    const name = IDENT.exec(rest)?.[0];
    if (name === undefined) throw new ExpressionError(`bad path "${text}": a field name is missing at "${rest}"`);
    path.fields.push({ name, arrow });
    rest = rest.slice(name.length);
  }
  if (path.root.k === "cpu" && (path.fields.length > 0 || path.deref || path.address)) {
    throw new ExpressionError(`bad path "${text}": "cpu" stands alone`);
  }
  return path;
}

/** @throws {ExpressionError} with a message for the author of the rule file. */
export function parseCond(text: string): CondClause[] {
  return text.split(/\s+&&\s+/).map((part) => parseClause(part.trim(), text));
}

function parseClause(part: string, whole: string): CondClause {
  const m =
    /^(\S+)\s+(is-err|not-err|is-bad|not-bad|==\s*1|==\s*0|!=\s*0|<\s*0|>=\s*0|!?&\s*([A-Z_][A-Z0-9_]*(?:\|[A-Z_][A-Z0-9_]*)*))$/.exec(
      part,
    );
  if (!m) {
    throw new ExpressionError(
      `bad condition "${whole}": write e.g. "ret == 0", "ret != 0", "ret < 0", "ret not-err", "ret is-bad" (null or error pointer), "*arg3 == 0" or "ret & FLAG|FLAG", joined by " && "`,
    );
  }
  const path = parsePath(m[1] ?? "");
  if (m[3] !== undefined) return { path, op: part.includes("!&") ? "!&" : "&", flags: m[3].split("|") };
  if (/^==\s*1$/.test(m[2] ?? "")) return { path, op: "== 1", flags: [] };
  return { path, op: (m[2] ?? "").replace(/\s*0$/, "") as CondOp, flags: [] };
}

/** The symbol of `+name` / `-name` and whether it must be defined. */
export function parseApplies(text: string): { symbol: string; present: boolean } {
  const m = /^([+-])([A-Za-z_]\w*)$/.exec(text);
  if (!m)
    throw new ExpressionError(`bad condition on the tree "${text}": write +symbol (defined) or -symbol (not defined)`);
  return { symbol: m[2] ?? "", present: m[1] === "+" };
}
