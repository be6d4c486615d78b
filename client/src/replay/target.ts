/** What is replayed, as it comes from links, stored panels and launch configurations: believed only after a look. Knows no editor. */
import type { RaceParams, RaceTarget, ReplayParams } from "../../../server/src/protocol/replay";

const word = /^[\w.-]{1,100}$/;
const address = /^[a-z][\w+.-]*:/i;

/** A target made of what is well formed; undefined without a file and a line. */
export function readTarget(given: unknown): RaceTarget | undefined {
  if (typeof given !== "object" || given === null) return undefined;
  const { uri, line, function: name, rule, scenario, profile, schedule, against } = given as Record<string, unknown>;
  if (!isAddress(uri)) return undefined;
  if (typeof line !== "number" || !Number.isInteger(line) || line < 0) return undefined;
  const named = (value: unknown): value is string => typeof value === "string" && word.test(value);
  const opponent = readOpponent(against);
  return {
    uri,
    line,
    ...(isName(name) ? { function: name } : {}),
    ...(named(rule) ? { rule } : {}),
    ...(named(scenario) ? { scenario } : {}),
    ...(named(profile) ? { profile } : {}),
    ...(typeof schedule === "string" && /^[A-Za-z0-9]{1,5000}$/.test(schedule) ? { schedule } : {}),
    ...(opponent ? { against: opponent } : {}),
  };
}

function readOpponent(given: unknown): RaceTarget["against"] {
  if (typeof given !== "object" || given === null) return undefined;
  const { uri, function: name } = given as Record<string, unknown>;
  return isAddress(uri) && isName(name) ? { uri, function: name } : undefined;
}

function isAddress(value: unknown): value is string {
  return typeof value === "string" && value.length <= 4_000 && address.test(value);
}

function isName(value: unknown): value is string {
  return typeof value === "string" && value !== "" && value.length <= 300;
}

/** As the server asks for it. */
export function paramsOf({ uri, line, against: _, ...rest }: RaceTarget): ReplayParams {
  return { textDocument: { uri }, position: { line, character: 0 }, ...rest };
}

/** As the server asks for a race of two functions; undefined if the target is none. */
export function raceParamsOf({ uri, line, function: name, against }: RaceTarget): RaceParams | undefined {
  if (against === undefined) return undefined;
  const textDocument = { uri };
  const first = name ? { textDocument, function: name } : { textDocument, position: { line, character: 0 } };
  return { first, second: { textDocument: { uri: against.uri }, function: against.function } };
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

/** Two functions by file and name. */
export interface SharedPair {
  first: { file: string; function: string };
  second: { file: string; function: string };
}

export function sharePair({ first, second, id }: SharedPair & { id: string }): string {
  const place = (f: SharedPair["first"]) => quoted(`${f.file}:${f.function}`);
  return ["lockstep race", place(first), place(second), ...(id === "" ? [] : [`# model ${id}`])].join(" ");
}

/** Reads what `sharePair` wrote; undefined if it is something else. */
export function readPair(text: string): SharedPair | undefined {
  const words = wordsOf(text);
  const start = words.indexOf("race");
  const read = (word: string | undefined): SharedPair["first"] | undefined => {
    const place = /^(.+?):([A-Za-z_]\w*)$/.exec(word ?? "");
    return place && isInside(place[1]!) ? { file: place[1]!, function: place[2]! } : undefined;
  };
  const [first, second] = [read(words[start + 1]), read(words[start + 2])];
  return start >= 0 && first && second ? { first, second } : undefined;
}

/** As a shell takes them apart. */
function wordsOf(text: string): string[] {
  return [...text.trim().matchAll(/(?:'[^']*'|\\'|[^\s'])+/g)].map(([w]) =>
    w.replace(/'([^']*)'|\\(')/g, (_, inner?: string, quote?: string) => inner ?? quote ?? ""),
  );
}

/** A shared text names files of the tree that is open, and no others. */
function isInside(file: string): boolean {
  return !/^[/\\]|^[a-z][\w+.-]*:|(^|[/\\])\.\.([/\\]|$)/i.test(file);
}

function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/** Reads what `shareText` wrote; undefined if it is something else. */
export function readShared(text: string): (Shared & { id: string }) | undefined {
  const words = wordsOf(text);
  const start = words.indexOf("replay");
  const place = /^(.+?):(\d+)(?::([\w-]+))?$/.exec(words[start + 1] ?? "");
  if (start < 0 || place === null || Number(place[2]) < 1) return undefined;
  const file = place[1]!;
  if (!isInside(file)) return undefined;
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
