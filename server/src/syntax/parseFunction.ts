/** Text of one function → its AST. */
import type { MacroTable } from "../rules/model";
import type { FunctionAst, Stmt } from "./ast";
import { type Lowered, lowerBody } from "./lower";
import { isLowerable } from "./lowerable";
import { joinVariants } from "./lowerVariants";
import { normaliseBody } from "./normalise";
import { type Conditional, selectBranch } from "./normaliseDirectives";
import { parseHeader } from "./normaliseHeader";
import type { MacroClass } from "./normaliseMacros";
import { skipGroup, skipLiteral, skipSpace } from "./normaliseText";
import type { CParser } from "./parserTree";

export interface ParseFunctionOptions {
  kind: "function" | "syscall";
  macros: MacroTable;
  /** Class of a macro that the file or its include closure defines. */
  macroClass?: (name: string) => MacroClass | undefined;
  /** Offset of the body's opening brace in `text`, if known. */
  bodyStart?: number;
}

/** Bodies parsed for one function at most, over all choices of conditionals that cut statements. */
const MAX_VARIANTS = 40;
/** So many conditionals are parsed in every combination. */
const MAX_COMBINED = 4;

export function parseFunction(parser: CParser, text: string, options: ParseFunctionOptions): FunctionAst {
  const bodyStart = options.bodyStart ?? findBody(text);
  const header = parseHeader(text, bodyStart, options);
  const budget = { left: MAX_VARIANTS };
  const { body, degraded } = parseBody(parser, text, bodyStart, options, budget);
  return { ...header, kind: options.kind, body, degraded };
}

/** What `parseFunction` would report, without an AST where there is certainly nothing. It asks about the same macros. */
export function problemsOf(parser: CParser, text: string, options: ParseFunctionOptions): FunctionAst["degraded"] {
  const bodyStart = options.bodyStart ?? findBody(text);
  const n = normaliseBody(text, bodyStart, options);
  const isSound = n.problems.length === 0 && !n.conditionals.some((c) => c.split) && isLowerable(parser.parse(n.text));
  if (!isSound) return parseFunction(parser, text, { ...options, bodyStart }).degraded;
  parseHeader(text, bodyStart, options);
  return [];
}

/** The first `{` outside parentheses, comments and directives. */
export function findBody(text: string): number {
  let i = 0;
  while (i < text.length) {
    i = skipSpace(text, i, text.length);
    const c = text.charCodeAt(i);
    if (c === 123) return i;
    if (c === 40) {
      const close = skipGroup(text, i, text.length);
      if (close < 0) break;
      i = close;
    } else if (c === 34 || c === 39) i = skipLiteral(text, i, text.length);
    else i++;
  }
  const brace = text.indexOf("{");
  return brace < 0 ? text.length : brace;
}

function parseBody(
  parser: CParser,
  src: string,
  bodyStart: number,
  options: ParseFunctionOptions,
  budget: { left: number },
): Lowered {
  budget.left--;
  const n = normaliseBody(src, bodyStart, options);
  const cutting = outermost(n.conditionals, (c) => c.split);
  if (cutting.length > 0 && budget.left > 0) return parseVariants(parser, src, bodyStart, options, budget, cutting);
  const plain = lowerBody(parser.parse(n.text), src, n, options.macros);
  if (n.conditionals.length === 0 || !plain.degraded.some(isSyntaxError)) return plain;
  // A conditional that looked whole but is not: first those at the errors, then all.
  const near = outermost(n.conditionals, (c) => plain.degraded.some((d) => d.at >= c.start && d.at <= c.end));
  for (const suspects of [near, outermost(n.conditionals, () => true)]) {
    if (suspects.length === 0 || budget.left < 2) continue;
    const retry = parseVariants(parser, src, bodyStart, options, budget, suspects);
    if (!retry.degraded.some(isSyntaxError)) return retry;
  }
  return plain;
}

function isSyntaxError(d: { reason: string }): boolean {
  return d.reason === "syntax error" || d.reason === "missing token" || d.reason === "unexpected syntax";
}

function outermost(all: Conditional[], wanted: (c: Conditional) => boolean): Conditional[] {
  return all.filter((c) => {
    if (!wanted(c)) return false;
    for (let p = c.parent; p >= 0; p = all[p]?.parent ?? -1) if (wanted(all[p] as Conditional)) return false;
    return true;
  });
}

/** Parses the body once per branch of the first conditional (the others likewise, recursively) and joins. */
function parseVariants(
  parser: CParser,
  src: string,
  bodyStart: number,
  options: ParseFunctionOptions,
  budget: { left: number },
  cutting: Conditional[],
): Lowered {
  if (cutting.length > MAX_COMBINED) return parseOneByOne(parser, src, bodyStart, options, budget, cutting);
  const [first, ...rest] = cutting;
  if (!first) return parseBody(parser, src, bodyStart, options, budget);
  return join(first, (branch) =>
    parseVariants(parser, selectBranch(src, first, branch), bodyStart, options, budget, rest),
  );
}

/** Many conditionals: each against all others at their first branch, not every combination. */
function parseOneByOne(
  parser: CParser,
  src: string,
  bodyStart: number,
  options: ParseFunctionOptions,
  budget: { left: number },
  cutting: Conditional[],
): Lowered {
  const select = (chosen: Conditional | null, branch: number): string => {
    let text = src;
    for (const c of cutting) text = selectBranch(text, c, c === chosen ? branch : 0);
    return text;
  };
  let base = parseBody(parser, select(null, 0), bodyStart, options, budget);
  for (const c of cutting) {
    const sofar = base;
    base = join(c, (branch) =>
      branch === 0 ? sofar : parseBody(parser, select(c, branch), bodyStart, options, budget),
    );
    if (budget.left <= 0) break;
  }
  base.degraded.push({ reason: "conditionals that cut statements: not every combination", at: cutting[0]?.start ?? 0 });
  return base;
}

/** The body for each branch of one conditional, joined. */
function join(c: Conditional, choose: (branch: number) => Lowered): Lowered {
  const hasElse = c.branches[c.branches.length - 1]?.cond === "";
  const degraded: Lowered["degraded"] = [];
  let joined: Stmt[] | null = null;
  // From the last branch to the first, so that each step adds one alternative in front.
  for (let b = c.branches.length - (hasElse ? 1 : 0); b >= 0; b--) {
    const variant = choose(b);
    for (const d of variant.degraded)
      if (!degraded.some((x) => x.at === d.at && x.reason === d.reason)) degraded.push(d);
    if (joined === null) joined = variant.body;
    else joined = joinVariants(variant.body, joined, { start: c.start, end: c.end, cond: c.branches[b]?.cond ?? "" });
  }
  return { body: joined ?? [], degraded };
}
