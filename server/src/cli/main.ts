/** The command line: picks the command, turns every error into a message and an exit code. */
import { messageOf } from "../base/text";
import { check } from "./commands/check";
import { contract } from "./commands/contract";
import { explain } from "./commands/explain";
import { lsp } from "./commands/lsp";
import { race } from "./commands/race";
import { replay } from "./commands/replay";
import { rules } from "./commands/rules";
import { why } from "./commands/why";
import { InputError, UsageError } from "./errors";
import { usage } from "./help";
import type { CliHost } from "./host";

export type Command = (argv: readonly string[], host: CliHost) => Promise<number>;

const commands: Record<string, Command> = { check, contract, explain, lsp, race, replay, rules, why };

/** Runs one command; resolves to the exit code and never rejects. */
export async function runCli(argv: readonly string[], host: CliHost): Promise<number> {
  try {
    const [name, ...rest] = argv;
    if (name === undefined) throw new UsageError("no command given");
    if (name === "--version") return print(host, `${host.version}\n`);
    if (name === "--help" || name === "-h" || name === "help") return print(host, usage);
    const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
    if (command === undefined) throw new UsageError(`unknown command "${name}"`);
    if (rest.includes("--help")) return print(host, usage);
    return await command(rest, host);
  } catch (error) {
    if (error instanceof UsageError) host.err(`lockstep: ${error.message}\nTry "lockstep --help".\n`);
    else if (error instanceof InputError) host.err(`${error.message.replace(/^(?!.*:\d+:\d+: )/, "lockstep: ")}\n`);
    else host.err(`lockstep: internal error: ${messageOf(error)}\n`);
    return 2;
  }
}

function print(host: CliHost, text: string): number {
  host.out(text);
  return 0;
}
