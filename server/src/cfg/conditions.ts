/** Configuration symbols: preprocessor conditions and `IS_ENABLED(…)` as one small boolean language. */
import type { Expr } from "../syntax/ast";

export type ConfigCond =
  | { k: "sym"; symbol: string }
  | { k: "const"; value: boolean }
  | { k: "not"; e: ConfigCond }
  | { k: "and" | "or"; l: ConfigCond; r: ConfigCond };

const TOKEN = /\s+|[A-Za-z_]\w*|&&|\|\||[<>=!]=|<<|>>|\d\w*|./gs;
const DEFINED = /^(?:defined|IS_ENABLED)$/;

/** Decomposes `!`, `&&`, `||`, `defined(…)`; what remains is one symbol, spelled as in the source. */
export function parseConfig(text: string, tests: readonly string[]): ConfigCond {
  const tokens = (text.match(TOKEN) ?? []).filter((t) => t.trim() !== "");
  const parser = new ConfigParser(tokens, tests);
  const cond = parser.or();
  return cond && parser.done ? cond : { k: "sym", symbol: text.trim() };
}

/**
 * The symbol that an expression tests, or null: `IS_ENABLED(CONFIG_X)` and `CONFIG_X` are
 * `CONFIG_X`; other tests (`IS_MODULE(CONFIG_X)`) are a symbol of their own.
 */
export function configSymbol(e: Expr, tests: ReadonlySet<string>): string | null {
  if (e.k === "id") return /^CONFIG_[A-Z0-9_a-z]+$/.test(e.name) ? e.name : null;
  if (e.k !== "call" || e.fn.k !== "id" || e.args.length !== 1) return null;
  const arg = e.args[0];
  if (arg?.k !== "id" || !(tests.has(e.fn.name) || DEFINED.test(e.fn.name)) || !arg.name.startsWith("CONFIG_"))
    return null;
  return symbolName(e.fn.name, arg.name);
}

/** `IS_ENABLED`, `IS_REACHABLE` and `defined` ask the same question for our purpose. */
function symbolName(test: string, symbol: string): string {
  return /^IS_(?:MODULE|BUILTIN)$/.test(test) ? `${test}(${symbol})` : symbol;
}

class ConfigParser {
  private at = 0;

  constructor(
    private readonly tokens: string[],
    private readonly tests: readonly string[],
  ) {}

  get done(): boolean {
    return this.at >= this.tokens.length;
  }

  or(): ConfigCond | null {
    return this.chain("||", "or", () => this.chain("&&", "and", () => this.unary()));
  }

  private chain(op: string, k: "and" | "or", operand: () => ConfigCond | null): ConfigCond | null {
    let l = operand();
    while (l && this.tokens[this.at] === op) {
      this.at++;
      const r = operand();
      l = r && { k, l, r };
    }
    return l;
  }

  private unary(): ConfigCond | null {
    const t = this.tokens[this.at];
    if (t === undefined) return null;
    if (t === "!") {
      this.at++;
      const e = this.unary();
      return e && { k: "not", e };
    }
    const start = this.at;
    const atom = this.atom(t);
    if (atom && this.atEnd()) return atom;
    // Something arithmetic: its text up to the next connective is the symbol.
    this.at = start;
    let depth = 0;
    while (this.at < this.tokens.length && !(depth === 0 && this.atEnd())) {
      if (this.tokens[this.at] === "(") depth++;
      else if (this.tokens[this.at] === ")") depth--;
      this.at++;
    }
    return this.at > start ? { k: "sym", symbol: this.tokens.slice(start, this.at).join(" ") } : null;
  }

  private atEnd(): boolean {
    const t = this.tokens[this.at];
    return t === undefined || t === "&&" || t === "||" || t === ")";
  }

  private atom(t: string): ConfigCond | null {
    this.at++;
    if (t === "(") {
      const e = this.or();
      if (!e || this.tokens[this.at] !== ")") return null;
      this.at++;
      return e;
    }
    if (/^\d+$/.test(t)) return { k: "const", value: Number(t) !== 0 };
    if (!/^[A-Za-z_]/.test(t)) return null;
    if (!DEFINED.test(t) && !this.tests.includes(t)) return { k: "sym", symbol: t };
    const paren = this.tokens[this.at] === "(";
    const name = this.tokens[this.at + (paren ? 1 : 0)];
    if (name === undefined || (paren && this.tokens[this.at + 2] !== ")")) return null;
    this.at += paren ? 3 : 1;
    return { k: "sym", symbol: symbolName(t, name) };
  }
}
