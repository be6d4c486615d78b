/** What the tree's own #defines mean to one file: macro classes and named constants. */
import { Query, type QueryDb } from "../base/query";
import type { MacroTable } from "../rules/model";
import { classifyMacro, type MacroClass } from "../syntax/normaliseMacros";
import type { TreeIndex } from "../syntax/treeIndex";

const same = (a: unknown, b: unknown): boolean => a === b || JSON.stringify(a) === JSON.stringify(b);

/** Keys are `file|name`. */
export class MacroEnv {
  private readonly classes: Query<MacroClass | null>;
  private readonly constants: Query<number | string[] | null>;
  private readonly callees: Query<readonly string[]>;

  constructor(
    private readonly db: QueryDb,
    private readonly index: TreeIndex,
    private readonly text: (path: string) => string | undefined,
    readonly table: MacroTable,
  ) {
    this.classes = new Query(db, (key) => this.classify(...split(key)), same, null);
    this.constants = new Query(db, (key) => this.expand(...split(key)), same, null);
    this.callees = new Query(db, (key) => this.calledBy(...split(key)), same, []);
  }

  classOf(file: string, name: string): MacroClass | undefined {
    return this.classes.get(`${file}|${name}`) ?? undefined;
  }

  /** Zero, or the names an object-like macro ors together; null: a constant of its own. */
  constant(file: string, name: string): number | string[] | null {
    return this.constants.get(`${file}|${name}`);
  }

  /** Names that a function-like macro calls, through other macros too. */
  calls(file: string, name: string): readonly string[] {
    return this.callees.get(`${file}|${name}`);
  }

  private calledBy(file: string, name: string): readonly string[] {
    const out = new Set<string>();
    const todo = [{ name, depth: 3 }];
    for (const one of todo) {
      for (const { file: where, item } of this.find(file, one.name)) {
        if (item.params === null) continue;
        const body = (this.text(where) ?? "").slice(item.bodyStart, item.end);
        for (const [, callee] of body.matchAll(/\b([A-Za-z_]\w*)\s*\(/g)) {
          if (callee === undefined || out.has(callee)) continue;
          out.add(callee);
          if (one.depth > 0) todo.push({ name: callee, depth: one.depth - 1 });
        }
      }
    }
    return [...out].sort();
  }

  private find(file: string, name: string): ReturnType<TreeIndex["macro"]> {
    this.db.read("files");
    this.db.read(`macro:${name}`);
    return this.index.macro(file, name);
  }

  private classify(file: string, name: string): MacroClass | null {
    for (const { file: where, item } of this.find(file, name)) {
      const body = (this.text(where) ?? "").slice(item.bodyStart, item.end);
      const c = classifyMacro(item.params, body);
      if (c) return c;
    }
    return null;
  }

  private expand(file: string, name: string): number | string[] | null {
    const found = this.find(file, name);
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
      const c = this.constant(only.file, p);
      return Array.isArray(c) ? c : [p];
    });
  }
}

function split(key: string): [string, string] {
  const bar = key.lastIndexOf("|");
  return [key.slice(0, bar), key.slice(bar + 1)];
}
