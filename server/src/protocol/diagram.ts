/** A trace as the two-column diagram of commit messages: plain ASCII, at most 72 columns. */
import type { Trace, TraceStep } from "./trace";

const WIDTH = 72;
const INDENT = "  ";
const GAP = 2;
/** More threads than this become a numbered list. */
const MAX_COLUMNS = 3;

/** Lines of the diagram; empty for a trace without steps. */
export function diagram(trace: Trace): string[] {
  if (trace.steps.length === 0) return [];
  const cpus = [...new Set(trace.steps.map((s) => s.cpu))].sort((a, b) => a - b);
  const order = [...cpus].sort((a, b) => a - b);
  if (order.length > MAX_COLUMNS) return list(trace);
  const rows = trace.steps.flatMap((s) => cellsOf(s, trace.steps));
  const heads = order.map((cpu) => [`CPU${cpu}`, trace.threads[cpu]?.name ?? ""]);
  const widths = columns(rows, order, heads);
  const out = [0, 1].map((n) =>
    line(
      order.map((_, i) => clip(heads[i]![n]!, widths[i]!)),
      widths,
    ),
  );
  out.push("");
  for (const row of rows) {
    const column = order.indexOf(row.cpu);
    for (const text of wrap(row.text, widths[column]!))
      out.push(
        line(
          order.map((_, i) => (i === column ? text : "")),
          widths,
        ),
      );
  }
  return out.map((l) => l.trimEnd());
}

interface Cell {
  cpu: number;
  text: string;
}

/** The event, and below it what it means. */
function cellsOf(step: TraceStep, all: readonly TraceStep[]): Cell[] {
  const least = Math.min(...all.filter((s) => s.cpu === step.cpu).map((s) => s.depth));
  const pad = " ".repeat(2 * Math.min(step.depth - least, 3));
  const text = ascii(step.text);
  const out = [{ cpu: step.cpu, text: `${pad}${text}` }];
  if (step.note !== "") out.push({ cpu: step.cpu, text: `${pad}// ${ascii(step.note)}` });
  return out;
}

function ascii(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, "?");
}

/** Widths of the columns: the left ones as wide as their texts, the last one what remains. */
function columns(rows: readonly Cell[], order: readonly number[], heads: readonly string[][]): number[] {
  const room = WIDTH - INDENT.length - GAP * (order.length - 1);
  const share = Math.floor(room / order.length);
  const wide = (shown: (text: string) => string): number[] =>
    order.map((cpu, i) => {
      const texts = rows.filter((r) => r.cpu === cpu && !/^\s*\/\//.test(r.text)).map((r) => shown(r.text).length);
      return Math.max(...heads[i]!.map((h) => h.length), ...texts);
    });
  let wanted = wide((text) => text);
  if (sum(wanted) > room) wanted = wide(withoutArguments);
  if (sum(wanted) <= room) return wanted.map((w, i) => (i === wanted.length - 1 ? room - sum(wanted.slice(0, -1)) : w));
  // Columns that need less than their share give the rest away.
  const small = wanted.filter((w) => w <= share);
  const rest = Math.floor((room - sum(small)) / Math.max(1, wanted.length - small.length));
  return wanted.map((w) => (w <= share ? w : Math.min(w, rest)));
}

function sum(list: readonly number[]): number {
  return list.reduce((a, b) => a + b, 0);
}

function line(cells: readonly string[], widths: readonly number[]): string {
  return INDENT + cells.map((c, i) => c.padEnd(widths[i]!)).join(" ".repeat(GAP));
}

function clip(text: string, width: number): string {
  return text.length <= width ? text : text.slice(0, width);
}

/** Too long: arguments go first, then the text is broken at blanks. */
function wrap(text: string, width: number): string[] {
  if (text.length <= width) return [text];
  const pad = /^ */.exec(text)![0];
  const comment = text.trimStart().startsWith("//");
  const short = comment ? text : withoutArguments(text);
  if (short.length <= width) return [short];
  const more = `${pad}${comment ? "// " : "  "}`;
  const out: string[] = [];
  let current = pad;
  for (const word of short.trim().split(" ")) {
    const next = current.trim() === "" ? current + word : `${current} ${word}`;
    if (next.length <= width || current.trim() === "") current = next;
    else {
      out.push(current);
      current = more + word;
    }
  }
  out.push(current);
  return out.map((l) => clip(l, width));
}

/** `f(a, g(b)) != c` → `f() != c`. */
function withoutArguments(text: string): string {
  let out = "";
  let depth = 0;
  for (const c of text) {
    if (c === ")") depth--;
    if (depth === 0) out += c;
    if (c === "(") depth++;
  }
  return depth === 0 ? out : text;
}

function list(trace: Trace): string[] {
  return trace.steps.map((s, n) => {
    const note = s.note === "" ? "" : `  // ${s.note}`;
    return clip(ascii(`${INDENT}${n + 1}. CPU${s.cpu} (${trace.threads[s.cpu]?.name ?? ""}): ${s.text}${note}`), WIDTH);
  });
}
