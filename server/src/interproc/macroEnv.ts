/** What the tree's own #defines mean to one file: macro classes and named constants. */
import type { MacroTable } from "../rules/model";
import { classifyMacro, type MacroClass } from "../syntax/normaliseMacros";
import type { TreeIndex } from "../syntax/treeIndex";

export class MacroEnv {
  private readonly classes = new Map<string, MacroClass | null>();
  private readonly constants = new Map<string, number | string[] | null>();

  constructor(
    private readonly index: TreeIndex,
    private readonly text: (path: string) => string | undefined,
    readonly table: MacroTable,
  ) {}

  clear(): void {
    this.classes.clear();
    this.constants.clear();
  }

  classOf(file: string, name: string): MacroClass | undefined {
    const key = `${file}:${name}`;
    const old = this.classes.get(key);
    if (old !== undefined) return old ?? undefined;
    let found: MacroClass | null = null;
    for (const { file: where, item } of this.index.macro(file, name)) {
      const body = (this.text(where) ?? "").slice(item.bodyStart, item.end);
      const c = classifyMacro(item.params, body);
      if (c) {
        found = c;
        break;
      }
    }
    this.classes.set(key, found);
    return found ?? undefined;
  }

  /** Zero, or the names an object-like macro ors together; null: a constant of its own. */
  constant(file: string, name: string, depth = 4): number | string[] | null {
    const key = `${file}:${name}`;
    const old = this.constants.get(key);
    if (old !== undefined) return old;
    this.constants.set(key, null);
    const value = this.expand(file, name, depth);
    this.constants.set(key, value);
    return value;
  }

  private expand(file: string, name: string, depth: number): number | string[] | null {
    if (depth === 0) return null;
    const found = this.index.macro(file, name);
    const only = found[0];
    if (!only || found.length > 1 || only.item.params !== null) return null;
    let body = (this.text(only.file) ?? "")
      .slice(only.item.bodyStart, only.item.end)
      .replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, " ")
      .replace(/\\\r?\n/g, " ")
      .trim();
    while (body.startsWith("(") && body.endsWith(")") && !body.slice(1, -1).includes("("))
      body = body.slice(1, -1).trim();
    if (/^0[uUlL]*$|^0x0+[uUlL]*$/.test(body)) return 0;
    if (!/^[A-Z_][A-Z0-9_]*(?:\s*\|\s*[A-Z_][A-Z0-9_]*)+$/.test(body)) return null;
    const parts = body.split("|").map((p: string) => p.trim());
    return parts.flatMap((p: string) => {
      const c = this.constant(only.file, p, depth - 1);
      return Array.isArray(c) ? c : [p];
    });
  }
}
