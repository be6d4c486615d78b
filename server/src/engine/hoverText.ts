/** Markdown of hovers: API entries, fields, contracts. */
import type { Compiled } from "../locks/context";
import type { Contract, HeldLock } from "../protocol/finding";
import { code, prose } from "../protocol/markdown";
import type { ApiEntry, CheckRule, Need } from "../rules/model";

function effectText(e: ApiEntry["effects"][number], compiled: Compiled): string {
  const name = (c: string): string => compiled.classes.get(c)?.label ?? c;
  const when = e.when ? ` if \`${e.when}\`` : "";
  const on = e.object ? ` of \`${e.object}\`` : "";
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

export function renderApi(api: ApiEntry, checks: CheckRule[], compiled: Compiled): string {
  const lines = [`**\`${api.name}()\`**${api.doc ? ` — ${api.doc}` : ""}`];
  const effects = api.effects.map((e) => effectText(e, compiled)).filter((x) => x !== "");
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
