/** Every name the rule files define, collected before anything is resolved, so that files may come in any order. */
import { ExpressionError, parseApplies, parseCond, parsePath } from "./expressions";
import type { FileData } from "./files";
import { isMapping, type Key, type Source } from "./source";
import { hint } from "./suggest";

export type NameKind = "lock" | "api" | "action" | "mark" | "rule" | "slot";

const WORDS: Record<NameKind, string> = {
  lock: "lock class",
  api: "API entry",
  action: "action",
  mark: "mark",
  rule: "rule",
  slot: "callback slot",
};

export class Names {
  private readonly known: Record<NameKind, Set<string>> = {
    lock: new Set(),
    api: new Set(),
    action: new Set(),
    mark: new Set(),
    rule: new Set(),
    slot: new Set(),
  };

  constructor(files: FileData[]) {
    for (const { source, kind } of files) {
      if (kind === "apis") {
        this.collect("lock", source, ["classes"]);
        this.collect("api", source, ["apis"]);
      } else if (kind === "types") {
        this.collect("action", source, ["actions"]);
        this.collect("mark", source, ["marks"]);
      } else if (kind === "contexts") {
        this.collect("slot", source, ["slots"]);
      } else if (kind === "check") {
        const id = isMapping(source.value) ? source.value.id : undefined;
        if (typeof id === "string") this.known.rule.add(id);
      }
    }
  }

  has(kind: NameKind, name: string): boolean {
    return this.known[kind].has(name);
  }

  /** True if known; otherwise reported at `path`. */
  check(kind: NameKind, name: string, source: Source, path: Key[], at: "value" | "key" = "value"): boolean {
    if (this.known[kind].has(name)) return true;
    source.problem(path, `unknown ${WORDS[kind]} "${name}"${hint(name, this.known[kind])}`, at);
    return false;
  }

  checkEither(kinds: NameKind[], name: string, source: Source, path: Key[]): boolean {
    if (kinds.some((kind) => this.known[kind].has(name))) return true;
    const all = kinds.flatMap((kind) => [...this.known[kind]]);
    source.problem(path, `unknown ${kinds.map((kind) => WORDS[kind]).join(" or ")} "${name}"${hint(name, all)}`);
    return false;
  }

  private collect(kind: NameKind, source: Source, path: Key[]): void {
    const section = isMapping(source.value) ? source.value[String(path[0])] : undefined;
    if (isMapping(section)) for (const name of Object.keys(section)) this.known[kind].add(name);
  }
}

/** Reports a malformed path, condition or `applies` at its place. */
export function checkExpression(
  kind: "path" | "cond" | "applies",
  text: string,
  source: Source,
  path: Key[],
  at: "value" | "key" = "value",
): boolean {
  try {
    if (kind === "path") parsePath(text);
    else if (kind === "cond") parseCond(text);
    else parseApplies(text);
    return true;
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    source.problem(path, error.message, at);
    return false;
  }
}
