/** `lockstep explain RULE`: the whole story of a rule. */
import { toJson } from "../../report/json";
import { ruleHelp } from "../../report/ruleHelp";
import { findRule } from "../../workspace/rules";
import { choice, parseArguments } from "../args";
import { InputError, UsageError } from "../errors";
import type { CliHost } from "../host";
import { rulesFor } from "../ruleSource";

export async function explain(argv: readonly string[], host: CliHost): Promise<number> {
  const args = parseArguments(argv, {
    "--format": { value: "text|json" },
    "--root": { value: "TREE" },
    "--rules": { value: "DIR" },
  });
  const format = choice(args.options, "--format", ["text", "json"], "text");
  const [name, ...more] = args.positionals;
  if (name === undefined || more.length > 0) throw new UsageError("explain takes one rule");
  const rule = findRule(rulesFor(host, args.options), name);
  if (rule === undefined) throw new InputError(`there is no rule "${name}"; "lockstep rules" lists them`);
  host.out(format === "json" ? toJson(rule) : ruleHelp(rule, "text"));
  return 0;
}
