/** `lockstep rules`: all rules in one table. */
import { comparePaths } from "../../base/path";
import { toJson } from "../../report/json";
import { choice, parseArguments } from "../args";
import { UsageError } from "../errors";
import type { CliHost } from "../host";
import { rulesFor } from "../ruleSource";

export async function rules(argv: readonly string[], host: CliHost): Promise<number> {
  const args = parseArguments(argv, {
    "--format": { value: "text|json" },
    "--root": { value: "TREE" },
    "--rules": { value: "DIR" },
  });
  const format = choice(args.options, "--format", ["text", "json"], "text");
  if (args.positionals.length > 0) throw new UsageError("rules takes no arguments");
  const listed = [...rulesFor(host, args.options).checks].sort(
    (a, b) => comparePaths(a.alias, b.alias) || comparePaths(a.id, b.id),
  );
  if (format === "json") {
    host.out(
      toJson({
        rules: listed.map(({ id, alias, title, status, confidence, harm, detector }) => ({
          id,
          alias,
          title,
          status,
          confidence,
          harm,
          detector,
        })),
      }),
    );
    return 0;
  }
  const width = Math.max(0, ...listed.map((rule) => rule.id.length));
  for (const rule of listed) {
    host.out(
      `${rule.alias.padEnd(4)} ${rule.id.padEnd(width)}  ${rule.title}${rule.status === "stable" ? "" : ` (${rule.status})`}\n`,
    );
  }
  return 0;
}
