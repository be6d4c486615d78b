/** What is replayed, as it comes from links, stored panels and launch configurations: believed only after a look. Knows no editor. */
import type { RaceTarget, ReplayParams } from "../../../server/src/protocol/replay";

const word = /^[\w.-]{1,100}$/;
const address = /^[a-z][\w+.-]*:/i;

/** A target made of what is well formed; undefined without a file and a line. */
export function readTarget(given: unknown): RaceTarget | undefined {
  if (typeof given !== "object" || given === null) return undefined;
  const { uri, line, function: name, rule, scenario, profile, schedule } = given as Record<string, unknown>;
  if (typeof uri !== "string" || uri.length > 4_000 || !address.test(uri)) return undefined;
  if (typeof line !== "number" || !Number.isInteger(line) || line < 0) return undefined;
  const named = (value: unknown): value is string => typeof value === "string" && word.test(value);
  return {
    uri,
    line,
    ...(typeof name === "string" && name !== "" && name.length <= 300 ? { function: name } : {}),
    ...(named(rule) ? { rule } : {}),
    ...(named(scenario) ? { scenario } : {}),
    ...(named(profile) ? { profile } : {}),
    ...(typeof schedule === "string" && /^[A-Za-z0-9]{1,5000}$/.test(schedule) ? { schedule } : {}),
  };
}

/** As the server asks for it. */
export function paramsOf({ uri, line, ...rest }: RaceTarget): ReplayParams {
  return { textDocument: { uri }, position: { line, character: 0 }, ...rest };
}

export interface Shared {
  /** Relative to the tree. */
  file: string;
  /** 0-based. */
  line: number;
  rule?: string;
  scenario?: string;
  profile?: string;
  schedule?: string;
}

/** One line that a colleague pastes into a shell or into the editor: the command line's own words. */
export function shareText(shared: Shared & { id: string }): string {
  const option = (name: string, value: string | undefined) => (value ? [`--${name}`, quoted(value)] : []);
  const place = `${shared.file}:${shared.line + 1}${shared.rule ? `:${shared.rule}` : ""}`;
  return [
    "lockstep replay",
    quoted(place),
    ...option("scenario", shared.scenario),
    ...option("profile", shared.profile),
    ...option("schedule", shared.schedule),
    ...(shared.id === "" ? [] : [`# model ${shared.id}`]),
  ].join(" ");
}

function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/** Reads what `shareText` wrote; undefined if it is something else. */
export function readShared(text: string): (Shared & { id: string }) | undefined {
  const words = [...text.trim().matchAll(/(?:'[^']*'|\\'|[^\s'])+/g)].map(([w]) =>
    w.replace(/'([^']*)'|\\(')/g, (_, inner?: string, quote?: string) => inner ?? quote ?? ""),
  );
  const start = words.indexOf("replay");
  const place = /^(.+?):(\d+)(?::([\w-]+))?$/.exec(words[start + 1] ?? "");
  if (start < 0 || place === null || Number(place[2]) < 1) return undefined;
  const file = place[1]!;
  // A shared text names a file of the tree that is open, and no other.
  if (/^[/\\]|^[a-z][\w+.-]*:|(^|[/\\])\.\.([/\\]|$)/i.test(file)) return undefined;
  const after = (name: string): string | undefined => {
    const at = words.indexOf(name, start);
    return at < 0 ? undefined : words[at + 1];
  };
  const read = readTarget({
    uri: "file:///",
    line: Number(place[2]) - 1,
    rule: place[3],
    scenario: after("--scenario"),
    profile: after("--profile"),
    schedule: after("--schedule"),
  });
  if (read === undefined) return undefined;
  const { uri: _, ...rest } = read;
  return { file, ...rest, id: after("model") ?? "" };
}
