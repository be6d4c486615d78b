/** Write sections that are closed without ever having been opened. */
import type { Event } from "../locks/events";
import type { DetectorContext } from "./detector";

type Unheld = Extract<Event, { k: "release-unheld" }>;

/**
 * Ends of sections of these classes in a function that begins none, where no function of the folder leaves one open
 * for others to close. `begin` and `end` are the actions of the calls.
 */
export function unopened(ctx: DetectorContext, classes: Set<string>, begin: string, end: string): Unheld[] {
  const closing = ctx.analysis.events.filter(
    (e): e is Unheld => e.k === "release-unheld" && classes.has(e.cls) && e.callee === null,
  );
  if (closing.length === 0) return [];
  if (ctx.analysis.events.some((e) => e.k === "acquire" && classes.has(e.cls))) return [];
  const closers = new Set(ctx.unitCalls(end).map((c) => c.text));
  const leftOpen = ctx.unitCalls(begin).some((c) => !closers.has(c.text));
  return leftOpen ? [] : closing;
}
