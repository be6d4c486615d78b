/** Command line arguments → options. One table per command says what it takes. */
import { UsageError } from "./errors";

export interface OptionSpec {
  /** Name of the value in messages; a flag without it takes none. */
  value?: string;
}

export type OptionTable = Record<string, OptionSpec>;

export interface Arguments {
  positionals: string[];
  /** Present flags are `""`. */
  options: Map<string, string>;
}

/** Understands `--name value`, `--name=value`, `--flag`, `--` and `-` (standard input). Throws UsageError. */
export function parseArguments(argv: readonly string[], table: OptionTable): Arguments {
  const positionals: string[] = [];
  const options = new Map<string, string>();
  for (let at = 0; at < argv.length; at++) {
    const argument = argv[at]!;
    if (argument === "--") {
      positionals.push(...argv.slice(at + 1));
      break;
    }
    if (!argument.startsWith("-") || argument === "-") {
      positionals.push(argument);
      continue;
    }
    const equals = argument.indexOf("=");
    const name = equals < 0 ? argument : argument.slice(0, equals);
    const spec = Object.hasOwn(table, name) ? table[name] : undefined;
    if (spec === undefined) throw new UsageError(`unknown option ${name}`);
    if (spec.value === undefined) {
      if (equals >= 0) throw new UsageError(`${name} takes no value`);
      options.set(name, "");
      continue;
    }
    const value = equals >= 0 ? argument.slice(equals + 1) : argv[++at];
    if (value === undefined || value === "") throw new UsageError(`${name} needs a value: ${name} ${spec.value}`);
    options.set(name, value);
  }
  return { positionals, options };
}

/** The value of an option that allows only certain words. */
export function choice<T extends string>(
  options: Map<string, string>,
  name: string,
  allowed: readonly T[],
  fallback: T,
): T {
  const value = options.get(name);
  if (value === undefined) return fallback;
  if (!allowed.includes(value as T)) throw new UsageError(`${name} is one of ${allowed.join(", ")}, not "${value}"`);
  return value as T;
}

/** `FILE:LINE` or `FILE:FUNCTION` → its two parts. */
export function splitPlace(argument: string | undefined, second: string): { file: string; rest: string } {
  const colon = argument?.lastIndexOf(":") ?? -1;
  if (argument === undefined || colon <= 0 || colon === argument.length - 1)
    throw new UsageError(`expected FILE:${second}`);
  return { file: argument.slice(0, colon), rest: argument.slice(colon + 1) };
}
