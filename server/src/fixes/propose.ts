/** The fixes of a rule, tried on the function in which it was broken. */
import type { CheckRule, RuleFix } from "../rules/model";
import type { FunctionAst, Pos } from "../syntax/ast";
import { callsOf } from "./calls";
import { Draft, Inapplicable } from "./draft";
import { applyEdit } from "./edits";
import { Words } from "./words";

export interface Mistake {
  /** Text of the function; all offsets are relative to its start. */
  text: string;
  site: Pos;
  steps: readonly Pos[];
  /** Words of the message. */
  words: Readonly<Record<string, string>>;
}

export interface Proposal {
  title: string;
  /** New text of the function. */
  text: string;
}

/** Under `find`: a fix is tried before every jump behind the first step. */
const EACH_GOTO = "each goto";
const MOST_PLACES = 12;

/** Every fix that fits the code, in the order of the rule. Whether it helps is for the caller to check. */
export function propose(rule: CheckRule, mistake: Mistake, parse: (text: string) => FunctionAst): Proposal[] {
  return rule.fixes.flatMap((fix) =>
    attempt(() => tryFix(fix, mistake, parse))
      .filter((text) => text !== mistake.text)
      .map((text) => ({ title: fix.title, text })),
  );
}

/** The changed texts: one, or one for each place that the fix may mean. */
function tryFix(fix: RuleFix, mistake: Mistake, parse: (text: string) => FunctionAst): string[] {
  const each = Object.entries(fix.find).find(([, wanted]) => wanted.includes(EACH_GOTO))?.[0];
  if (each === undefined) return tryOnce(fix, mistake, parse, []);
  const since = mistake.steps[0]?.at ?? 0;
  const places = new Draft(mistake.text, new Map(), parse)
    .inside({ at: since, end: mistake.text.length }, "goto")
    .slice(0, MOST_PLACES);
  return places.flatMap(({ stmt }) => attempt(() => tryOnce(fix, mistake, parse, [[each, stmt]])));
}

/** Nothing where the fix does not fit. */
function attempt(fix: () => string[]): string[] {
  try {
    return fix();
  } catch (error) {
    if (error instanceof Inapplicable) return [];
    throw error;
  }
}

function tryOnce(
  fix: RuleFix,
  mistake: Mistake,
  parse: (text: string) => FunctionAst,
  given: readonly (readonly [string, Pos])[],
): string[] {
  const marks = new Map([["site", { at: mistake.site.at, end: mistake.site.end }]]);
  mistake.steps.forEach((step, i) => {
    marks.set(`step${i + 1}`, { at: step.at, end: step.end });
  });
  for (const [name, { at, end }] of given) marks.set(name, { at, end });
  const draft = new Draft(mistake.text, marks, parse);
  if (fix.unless.length > 0 && callsOf(draft).some((c) => fix.unless.includes(c.callee))) return [];
  for (const [name, calls] of Object.entries(fix.find)) if (!marks.has(name)) find(draft, name, calls, mistake.site.at);
  const words = new Words(draft, fix, mistake.words);
  const fits = Object.entries(fix.when).every(([name, values]) => values.includes(words.subject(name) ?? ""));
  if (!fits) return [];
  for (const edit of fix.edits) applyEdit(draft, edit, words);
  return [draft.text];
}

/** Marks the nearest call of one of the names: before the site, else behind it. `after NAME` looks behind only. */
function find(draft: Draft, name: string, wanted: readonly string[], site: number): void {
  const names = (side: string) => wanted.filter((w) => w.startsWith(`${side} `)).map((w) => w.slice(side.length + 1));
  const all = callsOf(draft);
  const anywhere = names("any");
  const found =
    all.filter((c) => anywhere.includes(c.callee) && c.end <= site).at(-1) ??
    all.find((c) => (anywhere.includes(c.callee) || names("after").includes(c.callee)) && c.at > site);
  if (!found) throw new Inapplicable(`no ${wanted.join(", ")}`);
  draft.marks.set(name, { at: found.at, end: found.end });
}
