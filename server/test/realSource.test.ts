/**
 * Functions of an installed kernel, computed from their own text: as they are no interleaving does harm, without what protects
 * them one does. Prints a table of what was explored and what was assumed.
 */
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Trace } from "../src/protocol/trace";
import { describeKernel } from "./kernel";
import { CASES, WITHOUT } from "./real/cases";
import { BREAKS, KEEPS } from "./real/edits";
import { KernelReplay } from "./real/kernelReplay";
import { ROWS } from "./real/table";

/** Functions that are not clean as they are, with the reason. At most three. */
const OPEN: Record<string, RegExp> = {};

describeKernel("6.12", "replays of real functions", (root) => {
  const kernel = new KernelReplay(root);
  const lines: string[] = [];

  beforeAll(() => kernel.open(), 120_000);
  afterAll(() => console.log(lines.join("\n")));

  const note = (title: string, what: string, t: Trace & { ms: number }): void => {
    lines.push(
      [
        `${title} [${t.scenario}${t.profile ? `, ${t.profile}` : ""}] ${what}: ${t.verdict}${t.reason ? ` (${t.reason.slice(0, 160)})` : ""}`,
        `    ${t.states} states, ${t.switches} switches, ${Math.round(t.ms)} ms; ${t.violated?.text ?? ""}`,
        `    bindings ${t.bindings.map((b) => `${b.role}=${b.object}`).join(", ")}; assumed ${t.assumptions.slice(0, 4).join("; ")}${t.assumptions.length > 4 ? ` … ${t.assumptions.length} in all` : ""}`,
      ].join("\n"),
    );
  };

  it.each(ROWS.map((r) => [`${r.title}: ${r.fn}()`, r] as const))("%s", { timeout: 240_000 }, async (title, row) => {
    const whole = kernel.run(row);
    note(title, "as it is", whole);
    await new Promise(setImmediate);
    const bare = kernel.run(row, row.unprotected);
    note(title, "unprotected", bare);
    const reason = OPEN[row.fn];
    if (reason) expect([whole.verdict, whole.reason]).toEqual(["inconclusive", expect.stringMatching(reason)]);
    else expect([whole.verdict, whole.reason]).toEqual(["clean", null]);
    expect([bare.verdict, bare.reason]).toEqual(["violation", null]);
    expect(bare.steps.some((s) => s.cpu === 0 && s.file === row.file)).toBe(true);
    // The other side did not change.
    expect(bare.threads.slice(1)).toEqual(whole.threads.slice(1));
  });

  const each = CASES.flatMap((c) =>
    [...BREAKS, ...KEEPS].flatMap((what) => {
      const change = c.changes[what];
      const verdict = (BREAKS as readonly string[]).includes(what) ? "violation" : "clean";
      if (!("none" in change)) return [{ c, what, ...change, verdict }];
      lines.push(`${c.row.fn}: "${what}" is not tried: ${change.none}`);
      return [];
    }),
  );
  it.each(each.map((e) => [`${e.c.row.fn}(): ${e.what}: ${e.verdict}`, e] as const))(
    "the user's code decides: %s",
    { timeout: 240_000 },
    (_, { c: { row }, what, edits, before, at, verdict }) => {
      const t = kernel.run({ ...row, ...(at === undefined ? {} : { at }) }, edits, before);
      note(row.title, what, t);
      expect([t.verdict, t.reason]).toEqual([verdict, null]);
      // Whoever races does not change, and what harms passes the edited function.
      expect(t.threads.slice(1)).toEqual(kernel.run(row).threads.slice(1));
      if (verdict === "violation") expect(t.steps.some((s) => s.cpu === 0 && s.function === row.fn)).toBe(true);
    },
  );

  it.each(WITHOUT.map((w) => [w.row.fn, w] as const))(
    "what has no check: %s() without its protection, and with it in a helper",
    { timeout: 240_000 },
    (_, { row, edits, before }) => {
      expect(kernel.run(row, row.unprotected).verdict).toBe("violation");
      const t = kernel.run(row, edits, before);
      expect([t.verdict, t.reason]).toEqual(["clean", null]);
    },
  );

  it.each(CASES.map((c) => [c.row.fn, c.row] as const))(
    "names do not matter: %s(), its locals, and the functions of its file that it calls",
    { timeout: 240_000 },
    (fn, row) => {
      const same = (t: Trace): unknown => [t.verdict, t.reason, t.states, t.switches, t.schedule, t.id];
      for (const edits of [[], row.unprotected]) {
        const renamed = kernel.run(row, edits, "", "lk_test_function");
        expect(same(renamed)).toEqual(same(kernel.run(row, edits)));
        expect(renamed.threads[0]!.function).toBe("lk_test_function");
      }
      expect(kernel.localsOf(row).length, fn).toBeGreaterThan(0);
      lines.push(`${fn}: renamed with ${kernel.helpersOf(row).length} functions of its file`);
    },
  );
});
