/** Markdown of hovers: API entries, fields, contracts. */
import type { Compiled } from "../locks/context";
import type { Contract, HeldLock } from "../protocol/finding";
import { code, prose } from "../protocol/markdown";
import type { ApiEntry, CheckRule, Need } from "../rules/model";

/** What stands in the parentheses after a name, argument by argument; of a definition the names. Empty if it is no call. */
export function argumentTexts(text: string, after: number): string[] {
  const open = /^\s*\(/.exec(text.slice(after, after + 200));
  if (!open) return [];
  const found: string[] = [];
  let from = after + open[0].length;
  for (let at = from, depth = 0; at < text.length && at < from + 400; at++) {
    const c = text[at] as string;
    if ("([{".includes(c)) depth++;
    else if (")]}".includes(c) && --depth < 0) return [...found, argumentName(text.slice(from, at))];
    else if (c === "," && depth === 0) {
      found.push(argumentName(text.slice(from, at)));
      from = at + 1;
    }
  }
  return [];
}

/** The expression as it stands, the name alone of `struct mm_struct *mm`. */
function argumentName(text: string): string {
  const one = text.replace(/\s+/g, " ").trim();
  return /^(?:\w+[ *]+)+(\w+)$/.exec(one)?.[1] ?? one;
}

/** A path or condition of rule data in the words of a call: `arg0->vm_mm` → `vma->vm_mm`. */
function atCall(path: string, args: readonly string[]): string {
  return path.replace(/\barg(\d+)\b(?=(->|\.)?)/g, (_, n: string, more?: string) => {
    const text = args[Number(n)] ?? "";
    if (text === "" || text.length > 60) return `argument ${Number(n) + 1}`;
    return more && !/^\w+(?:(?:->|\.)\w+)*$/.test(text) ? `(${text})` : text;
  });
}

function effectText(e: ApiEntry["effects"][number], compiled: Compiled, args: readonly string[]): string {
  const name = (c: string): string => compiled.classes.get(c)?.label ?? c;
  const when = e.when ? ` if ${code(atCall(e.when, args))}` : "";
  const on = e.object ? ` of ${code(atCall(e.object, args))}` : "";
  const mode = e.mode && e.mode !== "any" ? ` for ${e.mode}` : "";
  if (e.acquire) return `takes ${name(e.acquire)}${on}${mode}${when}`;
  if (e.release) return `releases ${name(e.release)}${on}${when}`;
  if (e.downgrade) return `downgrades ${name(e.downgrade)}${on} to read`;
  if (e.assert) return `asserts that ${name(e.assert)}${on} is held${mode}`;
  if (e.releaseAll) return `ends every ${name(e.releaseAll)}`;
  return "";
}

function needText(needs: unknown, compiled: Compiled): string {
  if (!Array.isArray(needs)) return "";
  return (needs as Need[][])
    .map((g) =>
      g
        .map((n) => `${compiled.classes.get(n.lock)?.label ?? n.lock}${n.mode === "any" ? "" : ` (${n.mode})`}`)
        .join(" or "),
    )
    .join(" and ");
}

function ruleText(c: CheckRule, compiled: Compiled): string {
  const needs = needText(c.with.needs, compiled);
  return `**${c.alias} ${c.id}** — ${c.what}${needs ? `\n\nNeeds: ${needs}.` : ""}\n\nSources: ${c.sources.join("; ")}`;
}

/** `args`: the arguments of the call that is asked about, if it is one. */
export function renderApi(api: ApiEntry, checks: CheckRule[], compiled: Compiled, args: readonly string[]): string {
  const lines = [`**\`${api.name}()\`**${api.doc ? ` — ${api.doc}` : ""}`];
  const effects = api.effects.map((e) => effectText(e, compiled, args)).filter((x) => x !== "");
  if (effects.length > 0) lines.push(effects.map((e) => `- ${e}`).join("\n"));
  if (api.sleeps === true) lines.push("May sleep.");
  const does = new Set(api.effects.flatMap((e) => (e.does ? [e.does] : [])));
  const rules = checks.filter((c) =>
    Object.values(c.with).some((v) => Array.isArray(v) && v.some((x) => typeof x === "string" && does.has(x))),
  );
  lines.push(...rules.slice(0, 3).map((c) => ruleText(c, compiled)));
  return lines.join("\n\n");
}

export function renderField(checks: CheckRule[], compiled: Compiled, field: string): string[] {
  const watched = compiled.watched.get(field) ?? [];
  const rules = checks.filter((c) => watched.some((w) => w.rule === c.id));
  if (rules.length === 0) return [];
  return [`**\`${watched[0]?.struct}.${field}\`**`, ...rules.map((c) => ruleText(c, compiled))];
}

function held(l: HeldLock): string {
  return `${code(l.lock)} of ${code(l.object)}${l.mode === "any" ? "" : ` (${l.mode})`}${l.when ? ` when ${code(l.when)}` : ""}`;
}

export function renderContract(c: Contract): string {
  const lines = [`**\`${c.function}()\`** — inferred contract`];
  const part = (title: string, list: HeldLock[]): void => {
    if (list.length > 0) lines.push(`- ${title}: ${list.map(held).join("; ")}`);
  };
  part("requires", c.requires);
  part("acquires", c.acquires);
  part("releases", c.releases);
  part("drops and retakes", c.drops);
  lines.push(`- may sleep: ${c.maySleep === true ? "yes" : c.maySleep === false ? "no" : "not known"}`);
  if (c.evidence.length > 0) lines.push(`- evidence: ${prose(c.evidence.join("; "))}`);
  return lines.join("\n");
}
