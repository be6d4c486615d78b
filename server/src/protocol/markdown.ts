/** Words and code of users in Markdown and in messages: nothing of them is read as markup, as a link or as a command. */

/** Code as code, whatever is in it. */
export function code(text: string): string {
  const mark = ticks(text, 1);
  const pad = text.startsWith("`") || text.endsWith("`") ? " " : "";
  return `${mark}${pad}${text.replace(/\s+/g, " ")}${pad}${mark}`;
}

/** Words: angle brackets, links and emphasis are what they are; what stands between two backticks is code. */
export function prose(text: string): string {
  const parts = text.split(/`([^`\n]+)`/);
  return parts.map((part, n) => (n % 2 === 1 ? code(part) : part.replace(/[\\`<>[\]*_#|~!&]/g, "\\$&"))).join("");
}

/** Lines as they are, in a block that none of them can end. */
export function fenced(lines: readonly string[], language = ""): string {
  const mark = ticks(lines.join("\n"), 3);
  return [`${mark}${language}`, ...lines, mark].join("\n");
}

/** For notifications: editors make links of `[…](…)` in them, to commands too. */
export function unlinked(text: string): string {
  return text.replace(/\]\(/g, "] (");
}

/** More of them than stand together in the text. */
function ticks(text: string, least: number): string {
  return "`".repeat(Math.max(least, 1 + Math.max(0, ...[...text.matchAll(/`+/g)].map(([run]) => run.length))));
}
