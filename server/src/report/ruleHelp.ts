/** A rule in words: for `lockstep explain`, SARIF help and editors. */
import type { CheckRule } from "../rules/model";

/** Complete description of a rule as plain text or Markdown. */
export function ruleHelp(rule: CheckRule, style: "text" | "markdown"): string {
  const write = style === "markdown" ? markdown : plain;
  const parts = [
    write.title(`${rule.alias} ${rule.id}: ${rule.title}`),
    write.paragraph(statusLine(rule)),
    write.section("What", rule.what),
    write.section("Why", rule.why),
    write.section("What to do", rule.fix),
    ...rule.bad.map((code) => write.code("Wrong", code)),
    ...rule.good.map((code) => write.code("Right", code)),
    write.list("Known false positives", rule.falsePositives),
    write.list("Sources", rule.sources),
  ];
  return parts.filter((part) => part !== "").join("\n");
}

/** Status, confidence and where the rule applies, in one line. */
export function statusLine(rule: CheckRule): string {
  const harm = rule.harm === "single-thread" ? "complete in one thread" : "needs a race to do harm";
  const parts = [rule.status, `${rule.confidence} confidence`, harm];
  if (rule.since !== undefined) parts.push(`since Linux ${rule.since}`);
  if (rule.applies.length > 0) parts.push(`applies where the tree ${rule.applies.map(appliesPart).join(" and ")}`);
  return `${parts.join("; ")}.`;
}

function appliesPart(symbol: string): string {
  return symbol.startsWith("-") ? `lacks ${symbol.slice(1)}` : `has ${symbol.replace(/^\+/, "")}`;
}

interface Writer {
  title(text: string): string;
  paragraph(text: string): string;
  section(name: string, text: string): string;
  code(name: string, text: string): string;
  list(name: string, items: readonly string[]): string;
}

const indent = (text: string) => text.trimEnd().replace(/^(?=.)/gm, "  ");

const plain: Writer = {
  title: (text) => `${text}\n`,
  paragraph: (text) => `${text}\n`,
  section: (name, text) => (text.trim() === "" ? "" : `${name}:\n${indent(text)}\n`),
  code: (name, text) => `${name}:\n${indent(text)}\n`,
  list: (name, items) => (items.length === 0 ? "" : `${name}:\n${items.map((item) => `  - ${item}`).join("\n")}\n`),
};

const markdown: Writer = {
  title: (text) => `## ${text}\n`,
  paragraph: (text) => `*${text}*\n`,
  section: (name, text) => (text.trim() === "" ? "" : `**${name}.** ${text.trim()}\n`),
  code: (name, text) => `**${name}:**\n\n\`\`\`c\n${text.trimEnd()}\n\`\`\`\n`,
  list: (name, items) => (items.length === 0 ? "" : `**${name}:**\n\n${items.map((item) => `- ${item}`).join("\n")}\n`),
};
