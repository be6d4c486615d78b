/**
 * Functions of an installed kernel, computed from their own text: as they are no interleaving does harm, without what protects
 * them one does. Prints a table of what was explored and what was assumed.
 */
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Trace } from "../src/protocol/trace";
import { describeKernel } from "./kernel";
import { CASES } from "./real/edits";
import { type Edit, KernelReplay } from "./real/kernelReplay";
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

  it.each(ROWS.map((r) => [`${r.title}: ${r.fn}()`, r] as const))("%s", { timeout: 60_000 }, (title, row) => {
    const whole = kernel.run(row);
    note(title, "as it is", whole);
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

  const each = CASES.flatMap((c) => [
    ...Object.entries(c.breaks).map(([what, edits]) => ({ c, what, edits, before: "", verdict: "violation" })),
    ...Object.entries(c.keeps).map(([what, k]) => ({
      c,
      what,
      edits: k.edits,
      before: k.before ?? "",
      verdict: "clean",
    })),
  ]);
  it.each(each.map((e) => [`${e.c.row.fn}(): ${e.what}: ${e.verdict}`, e] as const))(
    "the user's code decides: %s",
    { timeout: 60_000 },
    (_, { c, edits, before, verdict }) => {
      const t = kernel.run(c.row, edits, before);
      expect([t.verdict, t.reason]).toEqual([verdict, null]);
      if (verdict === "violation") expect(t.steps.some((s) => s.cpu === 0 && s.file === c.row.file)).toBe(true);
    },
  );

  it.each(CASES.filter((c) => c.locals.length > 0).map((c) => [c.row.fn, c] as const))(
    "names of locals do not matter: %s()",
    { timeout: 60_000 },
    (_, c) => {
      const same = (t: Trace): unknown => [t.verdict, t.states, t.switches, t.schedule, t.id];
      const rename = c.locals.map((n): Edit => [new RegExp(`(?<![.>])\\b${n}\\b`, "g"), `lk_test_${n}`]);
      expect(same(kernel.run(c.row, rename))).toEqual(same(kernel.run(c.row)));
    },
  );
});
