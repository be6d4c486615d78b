/** C functions to lower: the user's, found through the program, and those of scenarios, parsed from their text. */
import { LineIndex } from "../base/lineIndex";
import { buildCfg } from "../cfg/build";
import type { Cfg } from "../cfg/cfg";
import { type FunctionRef, refKey } from "../interproc/callGraph";
import { folderOf, type Program } from "../interproc/program";
import type { Expr, FunctionAst } from "../syntax/ast";
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
}

const MAX_TEXT = 72;

function oneLine(text: string): string {
  const flat = text
    .replace(/\/\*[\s\S]*?\*\//g, " ")
    .replace(/\s+/g, " ")
    .trim();
  return flat.length > MAX_TEXT ? `${flat.slice(0, MAX_TEXT - 3)}...` : flat;
}

/** What the replay asks of the program: functions, definitions, rule data. Verdicts of rules are none of its business. */
export type ProgramView = Pick<Program<unknown>, "env" | "functionsOf" | "lowered" | "resolve"> & {
  o: Pick<Program<unknown>["o"], "index" | "parser" | "macros" | "compiled">;
};

/** The functions of a tree, as code to lower. */
export class UserCode {
  private readonly cache = new Map<string, Code>();

  constructor(
    readonly program: ProgramView,
    private readonly textOfFile: (file: string) => string | undefined,
  ) {}

  of(ref: FunctionRef): Code {
    const key = refKey(ref);
    const old = this.cache.get(key);
    if (old) return old;
    const { ast, cfg } = this.program.lowered(ref);
    const file = this.textOfFile(ref.file) ?? "";
    const lines = new LineIndex(file);
    const start = ref.item.start;
    const code: Code = {
      name: ref.item.name,
      file: ref.file,
      ast,
      cfg,
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

  named(file: string, name: string): Code | undefined {
    const ref = this.program.functionsOf(file).find((r) => r.item.name === name);
    return ref && this.of(ref);
  }

  /** Body that a call in `from` reaches, if it is in reach. */
  callee(from: Code, name: string): Code | undefined {
    const ref = this.program.resolve(from.file, name, folderOf(from.file));
    return ref && this.of(ref);
  }

  /** The function installed in a slot of an ops table of the file. */
  inSlot(file: string, struct: string, field: string): Code | undefined {
    const slot = this.program.o.index.scan(file)?.slots.find((s) => s.struct === struct && s.field === field);
    return slot && this.named(file, slot.value);
  }

  fieldType(from: Code, tag: string, field: string): string {
    return this.program.o.index.fieldType(from.file, tag, field) ?? "";
  }
}

/** Functions in a scenario's text. `line`: where the text begins in its file; `indent`: what YAML took away. */
export function scenarioCode(program: ProgramView, file: string, text: string, line: number): Map<string, Code> {
  const out = new Map<string, Code>();
  const lines = new LineIndex(text);
  for (const item of scanFile(text).functions) {
    const body = text.slice(item.start, item.end);
    const ast = parseFunction(program.o.parser, body, { kind: item.kind, macros: program.o.macros });
    out.set(item.name, {
      name: item.name,
      file,
      ast,
      cfg: buildCfg(ast, program.o.macros),
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
