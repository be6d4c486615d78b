/** rules/README.md from the data. Pure: the caller writes the file. */
import { DETECTORS } from "./detectors";
import type { GeneratedFile } from "./generateSchema";
import type { ApiEntry, CheckRule, LockClass, RuleSet } from "./model";

export function generateDocs(rules: RuleSet): GeneratedFile[] {
  const sections = [
    HEAD,
    actions(rules),
    marks(rules),
    checks(rules.checks),
    detectors(),
    classes(rules),
    families(rules.apis),
    slots(rules),
    WRITING,
  ];
  return [{ path: "rules/README.md", text: `${sections.join("\n\n")}\n` }];
}

const HEAD = `<!-- Generated from the data by \`npm run generate\`; do not edit. -->
# Rules

| what | where |
|---|---|
| what kernel primitives do | \`apis/<family>.yaml\` |
| what is forbidden | \`checks/<rule>.yaml\` |
| what callers of callbacks guarantee | \`contexts.yaml\` |
| how kernel macros read | \`macros.yaml\` |
| facts about types, and the vocabulary below | \`types.yaml\` |
| schemas for editors (generated) | \`schema/\` |`;

function actions(rules: RuleSet): string {
  const rows = [...(rules.actions ?? [])].map(([name, text]) => [code(name), text, String(users(rules, name))]);
  return `## Actions\n\nWhat \`does:\` in an API entry says and checks refer to. \`$\` is the object of the action.\n\n${table(["action", "meaning", "APIs"], rows)}`;
}

function users(rules: RuleSet, action: string): number {
  return [...rules.apis.values()].filter((list) => list.some((api) => api.effects.some((e) => e.does === action)))
    .length;
}

function marks(rules: RuleSet): string {
  return `## Marks\n\n${table(
    ["mark", "meaning"],
    [...(rules.marks ?? [])].map(([name, text]) => [code(name), text]),
  )}`;
}

function checks(list: CheckRule[]): string {
  const rows = list.map((rule) => [
    rule.alias,
    `[${rule.id}](checks/${rule.id}.yaml)`,
    rule.title,
    code(rule.detector),
    rule.harm === "race" ? "race" : "single thread",
    rule.status === "stable" ? rule.confidence : `${rule.confidence}, ${rule.status}`,
    rule.since ?? (rule.applies.map(code).join(" ") || "all"),
  ]);
  return `## Checks\n\n${table(["", "rule", "title", "detector", "harm", "confidence", "kernels"], rows)}`;
}

function detectors(): string {
  const rows = Object.entries(DETECTORS).map(([name, shape]) => [
    code(name),
    Object.keys(shape.shape).map(code).join(", "),
  ]);
  return `## Detectors\n\n${table(["detector", "parameters"], rows)}`;
}

function classes(rules: RuleSet): string {
  const rows = [...rules.classes.values()].map((c) => [code(c.id), c.label, c.kind, place(c), nature(c)]);
  return `## Lock classes\n\n${table(["class", "name in messages", "kind", "object", ""], rows)}`;
}

function place(c: LockClass): string {
  if (c.generic) return "address of the lock";
  if (c.objectType === undefined) return "CPU";
  return code(c.field === undefined ? c.objectType : `${c.objectType}.${c.field}`);
}

function nature(c: LockClass): string {
  const words = [];
  if (c.atomic) words.push(c.atomicIf === undefined ? "atomic" : `atomic if \`${c.atomicIf}\``);
  if (c.nests) words.push("nests");
  if (c.until) words.push(`ends with ${c.until.lock} (${c.until.mode})`);
  return words.join(", ");
}

function families(apis: Map<string, ApiEntry[]>): string {
  const byFamily = new Map<string, string[]>();
  for (const [name, list] of apis) {
    const family = list[0]?.family ?? "";
    byFamily.set(family, [...(byFamily.get(family) ?? []), name]);
  }
  const rows = [...byFamily].map(([family, names]) => [
    `[${family}](apis/${family}.yaml)`,
    String(names.length),
    names.slice(0, 6).map(code).join(", "),
  ]);
  return `## API families\n\n${table(["family", "entries", "such as"], rows)}`;
}

function slots(rules: RuleSet): string {
  const rows = [...rules.contexts.values()].map((s) => {
    const holds = s.holds
      .map((h) => `${h.lock}${h.mode === "any" ? "" : ` (${h.mode})`}${h.or === undefined ? "" : ` or ${h.or}`}`)
      .join(", ");
    return [
      code(s.slot),
      holds || (s.free.includes("*") ? "nothing" : ""),
      String(s.maySleep).replace("true", "yes").replace("false", "no"),
    ];
  });
  return `## Callback slots\n\n${table(["slot", "held on entry", "may sleep"], rows)}`;
}

const WRITING = `## Writing rules

A path over a call: \`arg0\`, \`arg0->vm_mm\`, \`*arg3\`, \`&arg0->lock\`, \`ret\`, \`global:NAME\`, \`cpu\`, \`current->mm\`, or \`folio(arg0)\` for the
folio a page belongs to. Paths that start with \`*\` or \`&\` must be quoted. A condition: \`ret == 0\`, \`ret != 0\`, \`ret < 0\`, \`ret >= 0\`,
\`ret is-err\`, \`ret not-err\`, \`ret & FLAG|FLAG\` (any of them), \`ret !& FLAG|FLAG\` (none of them), joined by \` && \`.

An API entry has one effect inline (\`acquire: mmap_lock, mode: read, object: arg0\`) or several under \`effects:\`; a list of entries
under one name is told apart by \`params\` (number of arguments) or \`applies\` (\`+symbol\`, \`-symbol\`: defined in the tree or not).
\`alias: NAME\` is another spelling. For a loop macro, \`returns\` describes the value put into the variable under \`writes\`.
Entries with \`opaque: false\` count only where the body is not in reach.

In messages: \`{call}\` the offending text, \`{object}\` what it acts on, \`{lock}\` the lock in question, \`{held}\` the one already held,
\`{what}\` what is wrong in detail, \`{missing}\` what was not compared, \`{function}\` the function.

Own rules go to \`.lockstep/rules/*.yaml\` in the workspace, in the same forms; an entry or check of the same name replaces the shipped one.`;

function code(text: string): string {
  return `\`${text}\``;
}

function table(head: string[], rows: string[][]): string {
  const line = (cells: string[]): string => `| ${cells.map((c) => c.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(head), `|${head.map(() => "---").join("|")}|`, ...rows.map(line)].join("\n");
}
