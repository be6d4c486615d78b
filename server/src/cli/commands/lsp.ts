/** `lockstep lsp --stdio`: the language server. */
import { parseArguments } from "../args";
import { UsageError } from "../errors";
import type { CliHost } from "../host";

export async function lsp(argv: readonly string[], host: CliHost): Promise<number> {
  // Editors pass --clientProcessId; the protocol itself carries the same number.
  const args = parseArguments(argv, { "--stdio": {}, "--clientProcessId": { value: "PID" } });
  if (!args.options.has("--stdio") || args.positionals.length > 0)
    throw new UsageError('the server speaks over standard streams only: "lockstep lsp --stdio"');
  return await host.serve();
}
