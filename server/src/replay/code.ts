/** C functions to lower: the user's, found through the program, and those of scenarios, parsed from their text. */
import { LineIndex } from "../base/lineIndex";
import { folderOf } from "../base/path";
import { buildCfg } from "../cfg/build";
import type { Cfg } from "../cfg/cfg";
import { type FunctionRef, refKey } from "../interproc/callGraph";
import type { Program } from "../interproc/program";
import type { CallModel } from "../locks/outcomes";
import type { Expr, FunctionAst } from "../syntax/ast";
import { globalsIn, withoutComments } from "../syntax/normaliseText";
import { parseFunction } from "../syntax/parseFunction";
import { scanFile } from "../syntax/scan";

export interface Code {
  name: string;
  file: string;
  ast: FunctionAst;
  cfg: Cfg;
  /** The user's code, or the scenario's (only there the replay's own words mean something). */
  user: boolean;
  /** 1-based line of an offset into the function's text. */
  line(at: number): number;
  /** Source text between two such offsets, on one line. */
  text(at: number, end: number): string;
  /** Names called in the body. */
  calls: readonly string[];
  body: string;
  key: string;
  /** Arguments are taken as they stand, with the types they have. */
  macro?: true;
}

/** Type of a macro's parameter. */
export const TYPE_OF_ARGUMENT = "__auto_type";

const MAX_TEXT = 72;

function oneLine(text: string): string {
  const flat = withoutComments(text).replace(/\s+/g, " ").trim();
  return flat.length > MAX_TEXT ? `${flat.slice(0, MAX_TEXT - 3)}...` : flat;
}

/** What the replay asks of the program: functions, definitions, rule data. Verdicts of rules are none of its business. */
export type ProgramView = Pick<Program<unknown>, "env" | "functionsOf" | "lowered" | "resolve" | "summary" | "api"> & {
  o: Pick<Program<unknown>["o"], "index" | "parser" | "macros" | "compiled">;
};

/** A body by its text: enough to ask what it mentions. */
export interface Located {
  file: string;
  name: string;
  text: string;
  params: string[];
  /** Types of the parameters; null for a macro. */
  types: string[] | null;
  calls: readonly string[];
}

/** The functions of a tree, as code to lower. */
export class UserCode {
  private readonly cache = new Map<string, Code>();
  private readonly macros = new Map<string, Code | null>();
  private readonly enums = new Map<string, Map<string, number>>();
  private readonly types = new Map<string, string[]>();
  private readonly found = new Map<string, Located[]>();
  private readonly globals = new Map<string, string>();
  private readonly globalNames = new Map<string, Set<string>>();

  constructor(
    readonly program: ProgramView,
    private readonly textOfFile: (file: string) => string | undefined,
  ) {}

  of(ref: FunctionRef): Code {
    const key = refKey(ref);
    const old = this.cache.get(key);
    if (old) return old;
    const { program } = this;
    const file = this.textOfFile(ref.file) ?? "";
    const lines = new LineIndex(file);
    const start = ref.item.start;
    const code: Code = {
      name: ref.item.name,
      file: ref.file,
      // Parsed when it is first needed: most functions are only asked what they call.
      get ast() {
        return program.lowered(ref).ast;
      },
      get cfg() {
        return program.lowered(ref).cfg;
      },
      user: true,
      line: (at) => lines.positionAt(start + at).line + 1,
      text: (at, end) => oneLine(file.slice(start + at, start + end)),
      calls: ref.item.calls,
      body: file.slice(ref.item.start, ref.item.end),
      key,
    };
    this.cache.set(key, code);
    return code;
  }

  /** What calling a function does, as the analysis has found it from the folder of another one. */
  contract(code: Code, from: Code): CallModel | null {
    const ref = this.program.functionsOf(code.file).find((r) => refKey(r) === code.key);
    return ref ? this.program.summary(ref, folderOf(from.file)) : null;
  }

  named(file: string, name: string): Code | undefined {
    const ref = this.program.functionsOf(file).find((r) => r.item.name === name);
    return ref && this.of(ref);
  }

  /** Body that a call in `from` reaches: near it, else anywhere in the tree, else of a macro. */
  callee(from: Code, name: string): Code | undefined {
    const near = this.program.resolve(from.file, name, folderOf(from.file));
    // A stub for configurations without the feature is never the better answer.
    const stub = near?.item.guards.some((g) => g.startsWith("!")) === true;
    const ref = near && !stub ? near : (this.elsewhere(from.file, name) ?? near);
    return ref ? this.of(ref) : (this.macro(from.file, name) ?? undefined);
  }

  private elsewhere(file: string, name: string): FunctionRef | undefined {
    const best = this.program.o.index.resolve(file, name).sort((a, b) => weight(b.item) - weight(a.item))[0];
    return best && this.program.functionsOf(best.file).find((r) => r.item.start === best.item.start);
  }

  /** All bodies that a name may mean, functions and macros, by text. */
  bodies(file: string, name: string): readonly Located[] {
    const key = `${file}|${name}`;
    let found = this.found.get(key);
    if (!found) {
      const { index } = this.program.o;
      found = index.resolve(file, name).map(({ file: there, item }) => {
        const text = (this.textOfFile(there) ?? "").slice(item.start, item.end);
        const head = text.slice(item.nameAt - item.start + item.name.length, item.bodyStart - item.start);
        return { file: there, name, text, ...parametersOf(head), calls: item.calls };
      });
      if (found.length === 0)
        found = index.macro(file, name).flatMap(({ file: there, item }) => {
          const text = (this.textOfFile(there) ?? "").slice(item.bodyStart, item.end);
          const calls = [...new Set([...text.matchAll(/(\w+)\s*\(/g)].map((m) => m[1]!))];
          // `#define this that`: a call of one is a call of the other.
          if (item.params === null && /^\s*\w+\s*$/.test(text)) calls.push(text.trim());
          return [{ file, name, text, params: item.params ?? [], types: null, calls }];
        });
      this.found.set(key, found);
    }
    return found;
  }

  /** A macro as a function whose parameters have the types of its arguments. Null: it is none, or no C that stands alone. */
  private macro(file: string, name: string): Code | null {
    const key = `${file}|${name}`;
    const old = this.macros.get(key);
    if (old !== undefined) return old;
    const found = this.program.o.index.macro(file, name)[0];
    const code = found ? this.macroCode(file, name, found.item.params, this.macroText(found)) : null;
    this.macros.set(key, code);
    return code;
  }

  private macroText({ file, item }: { file: string; item: { bodyStart: number; end: number } }): string {
    const text = (this.textOfFile(file) ?? "").slice(item.bodyStart, item.end);
    return withoutComments(text.replace(/\\\r?\n/g, " ")).trim();
  }

  private macroCode(file: string, name: string, params: string[] | null, text: string): Code | null {
    if (text === "" || text.includes("#")) return null;
    if (params === null) {
      if (!/^\w+$/.test(text) || text === name) return null;
      const ref = this.program.resolve(file, text, folderOf(file)) ?? this.elsewhere(file, text);
      return ref ? this.of(ref) : this.macro(file, text);
    }
    const list = params.map((p) => (p.endsWith("...") ? "..." : `${TYPE_OF_ARGUMENT} ${p}`)).join(", ");
    for (const body of [`return (${text});`, `${text};`]) {
      const whole = `static inline ${TYPE_OF_ARGUMENT} ${name}(${list}) { ${body} }`;
      const { parser, macros } = this.program.o;
      const ast = parseFunction(parser, whole, {
        kind: "function",
        macros,
        macroClass: (n) => this.program.env.classOf(file, n),
      });
      if (ast.degraded.length > 0) continue;
      return {
        name,
        file,
        ast,
        cfg: buildCfg(ast, macros),
        user: true,
        macro: true,
        line: () => 0,
        text: (at, end) => oneLine(whole.slice(at, end)),
        calls: [],
        body: whole,
        key: `${file}#${name}#macro`,
      };
    }
    return null;
  }

  /** The function installed in a slot of an ops table of the file. */
  inSlot(file: string, struct: string, field: string): Code | undefined {
    const slot = this.program.o.index.scan(file)?.slots.find((s) => s.struct === struct && s.field === field);
    return slot && this.named(file, slot.value);
  }

  /** Value of a macro that is a plain number, or of an enumerator of the file's own enums; else null. */
  number(file: string, name: string): number | null {
    const found = this.program.o.index.macro(file, name);
    if (found.length > 1) return null;
    if (found[0]) {
      const text = found[0].item.params === null ? this.macroText(found[0]) : "";
      return /^\(?\s*(?:0x[0-9a-fA-F]+|\d+)\s*\)?$/.test(text) ? Number(text.replace(/[()\s]/g, "")) : null;
    }
    return this.enumerator(file, name);
  }

  private enumerator(file: string, name: string): number | null {
    let table = this.enums.get(file);
    if (!table) {
      table = enumerators(this.textOfFile(file) ?? "");
      this.enums.set(file, table);
    }
    return table.get(name) ?? null;
  }

  /** Types of all fields of a struct. */
  fieldTypes(file: string, tag: string): string[] {
    const key = `${file}|${tag}`;
    let found = this.types.get(key);
    if (!found) {
      found = [...this.program.o.index.structFields(file, tag).values()];
      this.types.set(key, found);
    }
    return found;
  }

  /** Type of a variable at the top level of a file; empty if it is none there. */
  globalType(file: string, name: string): string {
    const key = `${file}|${name}`;
    let found = this.globals.get(key);
    if (!this.isGlobal(file, name)) return "";
    if (found === undefined) {
      const text = this.textOfFile(file) ?? "";
      const declared = new RegExp(`^((?:[A-Za-z_]\\w*\\s+)+\\**)\\s*${name}\\s*(?:=|;|\\[|__)`, "m").exec(text);
      found = (declared?.[1] ?? "").replace(/\b(?:static|extern|const|volatile|__\w+)\b/g, " ").trim();
      this.globals.set(key, found);
    }
    return found;
  }

  /** Does a file declare a variable of that name at its top level? */
  isGlobal(file: string, name: string): boolean {
    let names = this.globalNames.get(file);
    if (!names) {
      names = globalsIn(this.textOfFile(file) ?? "");
      this.globalNames.set(file, names);
    }
    return names.has(name);
  }

  typeOfField(file: string, tag: string, field: string): string {
    return this.program.o.index.fieldType(file, tag, field) ?? "";
  }

  fieldType(from: Code, tag: string, field: string): string {
    return this.program.o.index.fieldType(from.file, tag, field) ?? "";
  }
}

/** Enumerators with plain values, by name. */
function enumerators(text: string): Map<string, number> {
  const out = new Map<string, number>();
  for (const [, body] of text.matchAll(/\benum\b\s*\w*\s*\{([^{}]*)\}/g)) {
    let next: number | null = 0;
    for (const item of withoutComments(body!).split(",")) {
      const found = /^\s*(\w+)\s*(?:=\s*(-?\w+)\s*)?$/.exec(item);
      if (!found) {
        next = null;
        continue;
      }
      if (found[2] !== undefined) next = Number.isInteger(Number(found[2])) ? Number(found[2]) : null;
      if (next !== null) out.set(found[1]!, next++);
    }
  }
  return out;
}

/** The fullest body that is no stub for a configuration without the feature. */
function weight(item: { guards: string[]; start: number; end: number }): number {
  return (item.guards.some((g) => g.startsWith("!")) ? 0 : 1e9) + (item.end - item.start);
}

/** Names and types of the parameters in `(struct x *a, int b)`. */
function parametersOf(head: string): { params: string[]; types: string[] } {
  const params: string[] = [];
  const types: string[] = [];
  let depth = 0;
  let words: string[] = [];
  const end = (): void => {
    const name = words.findLastIndex((w) => /\w/.test(w));
    if (name >= 0) {
      params.push(words[name]!);
      types.push(words.slice(0, name).join(" "));
    }
    words = [];
  };
  for (const [word] of head.slice(head.indexOf("(")).matchAll(/\w+|[(),*]/g)) {
    if (word === "(") depth++;
    else if (word === ")") {
      if (--depth === 0) break;
    } else if (word === "," && depth === 1) end();
    else words.push(word);
  }
  end();
  return { params, types };
}

/** Functions of shipped texts by parser, place and text: they are the same for every replay. */
const shipped = new WeakMap<ProgramView["o"]["parser"], Map<string, Map<string, Code>>>();
/** Texts that are kept, at most; more are tests'. */
const MAX_SHIPPED = 200;

/** Functions in a scenario's text, which begins at a line of its file. Each is parsed when it is first needed. */
export function scenarioCode(
  program: ProgramView,
  file: string,
  text: string,
  line: number,
): ReadonlyMap<string, Code> {
  const { parser, macros } = program.o;
  let known = shipped.get(parser);
  if (!known) shipped.set(parser, (known = new Map()));
  const key = `${file}:${line}\n${text}`;
  const old = known.get(key);
  if (old) return old;
  if (known.size >= MAX_SHIPPED) known.clear();
  const out = new Map<string, Code>();
  known.set(key, out);
  const lines = new LineIndex(text);
  for (const item of scanFile(text).functions) {
    const body = text.slice(item.start, item.end);
    let ast: FunctionAst | undefined;
    let cfg: Cfg | undefined;
    out.set(item.name, {
      name: item.name,
      file,
      get ast() {
        ast ??= parseFunction(parser, body, { kind: item.kind, macros });
        return ast;
      },
      get cfg() {
        cfg ??= buildCfg(this.ast, macros);
        return cfg;
      },
      user: false,
      line: (at) => lines.positionAt(item.start + at).line + line,
      // A comment behind a line says what it stands for.
      text: (at, end) =>
        /^[^\n]*?\/\*\s*(.*?)\s*\*\/[ \t]*(?:\n|$)/.exec(body.slice(end))?.[1] ?? oneLine(body.slice(at, end)),
      calls: item.calls,
      body,
      key: `${file}#${item.name}`,
    });
  }
  return out;
}

/** A single C expression, as harms are written. Null if it does not parse. */
export function parseExpression(program: ProgramView, text: string): Expr | null {
  const ast = parseFunction(program.o.parser, `int f(void) { return ${text}; }`, {
    kind: "function",
    macros: program.o.macros,
  });
  const first = ast.body[0];
  return ast.degraded.length === 0 && first?.k === "return" ? first.e : null;
}
