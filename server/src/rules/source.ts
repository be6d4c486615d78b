/** A YAML file with positions: finds the place in the text for any path of keys, collects problems. */
import { isMap, isNode, isPair, isScalar, isSeq, LineCounter, type Node, parseDocument, visit } from "yaml";
import type { RuleProblem } from "./model";

export type Key = string | number;

export interface Entry {
  name: string;
  /** Where the value is, from the top of the file. */
  path: Key[];
  value: unknown;
}

export class Source {
  readonly file: string;
  readonly value: unknown;
  /** False if the text is not usable YAML at all; the reason is among the problems. */
  readonly ok: boolean;
  private readonly root: Node | null;
  private readonly lines = new LineCounter();
  private readonly sink: RuleProblem[];

  constructor(file: string, text: string, sink: RuleProblem[]) {
    this.file = file;
    this.sink = sink;
    const before = sink.length;
    const doc = parseDocument(text, {
      lineCounter: this.lines,
      uniqueKeys: false,
      stringKeys: true,
      logLevel: "silent",
    });
    this.root = doc.contents;
    for (const error of doc.errors) this.problemAtOffset(error.pos[0], firstLine(error.message));
    this.forbidAnchors();
    this.ok = sink.length === before && this.root !== null;
    if (this.root === null && doc.errors.length === 0) this.problemAtOffset(0, "the file is empty");
    this.value = this.ok ? doc.toJS() : null;
  }

  /** Members of the mapping at `path`, in file order. A name given twice is a problem, the first one counts. */
  entries(path: Key[]): Entry[] {
    const node = this.nodeAt(path);
    if (!isMap(node)) {
      if (node !== undefined && !(isScalar(node) && node.value === null)) this.problem(path, "expected a mapping");
      return [];
    }
    const seen = new Set<string>();
    const out: Entry[] = [];
    for (const pair of node.items) {
      const name = keyText(pair.key);
      if (seen.has(name)) {
        this.problemAtOffset(startOf(pair.key), `"${name}" is given twice in this file`);
        continue;
      }
      seen.add(name);
      out.push({ name, path: [...path, name], value: isNode(pair.value) ? pair.value.toJS(ANY_DOCUMENT) : null });
    }
    return out;
  }

  /** Reports at the value of `path`, or at its key if asked, or at the nearest parent that exists. */
  problem(path: Key[], message: string, at: "value" | "key" = "value"): void {
    for (let n = path.length; n >= 0; n--) {
      const offset =
        at === "key" || n < path.length ? this.keyOffset(path.slice(0, n)) : this.valueOffset(path.slice(0, n));
      if (offset !== undefined) {
        this.problemAtOffset(offset, message);
        return;
      }
    }
    this.problemAtOffset(0, message);
  }

  private problemAtOffset(offset: number, message: string): void {
    const { line, col } = this.lines.linePos(offset);
    this.sink.push({ file: this.file, line: Math.max(line, 1), column: Math.max(col, 1), message });
  }

  private nodeAt(path: Key[]): unknown {
    let node: unknown = this.root;
    for (const key of path) {
      if (isMap(node)) node = node.items.find((p) => keyText(p.key) === String(key))?.value;
      else if (isSeq(node)) node = node.items[Number(key)];
      else return undefined;
    }
    return node;
  }

  private valueOffset(path: Key[]): number | undefined {
    const node = this.nodeAt(path);
    return isNode(node) && node.range ? node.range[0] : undefined;
  }

  private keyOffset(path: Key[]): number | undefined {
    const last = path.at(-1);
    if (last === undefined) return this.valueOffset(path);
    const parent = this.nodeAt(path.slice(0, -1));
    if (!isMap(parent)) return this.valueOffset(path);
    const pair = parent.items.find((p) => keyText(p.key) === String(last));
    return pair ? startOf(pair.key) : undefined;
  }

  /** `*arg3` and `&arg0->x` are YAML syntax when unquoted: say so instead of failing obscurely. */
  private forbidAnchors(): void {
    if (this.root === null) return;
    visit(this.root, {
      Alias: (_, node) =>
        this.problemAtOffset(node.range?.[0] ?? 0, `quote "*${node.source}": unquoted it is a YAML alias`),
      Value: (_, node) => {
        if (isNode(node) && "anchor" in node && node.anchor) {
          this.problemAtOffset(node.range?.[0] ?? 0, `quote "&${node.anchor}": unquoted it is a YAML anchor`);
        }
      },
      Pair: (_, pair) => {
        if (isPair(pair) && !isScalar(pair.key)) this.problemAtOffset(startOf(pair.key), "a key must be a plain word");
      },
    });
  }
}

/** True for `{…}`, not for lists. */
export function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** `Node.toJS` only looks at the document for anchors, which are rejected above. */
const ANY_DOCUMENT = parseDocument("");

function keyText(key: unknown): string {
  return isScalar(key) ? String(key.value) : "";
}

function startOf(node: unknown): number {
  return isNode(node) && node.range ? node.range[0] : 0;
}

function firstLine(text: string): string {
  return (text.split("\n")[0] ?? text).replace(/ at line \d+, column \d+:?$/, "");
}
