/**
 * Every fix of every rule on a function of a real kernel: a mistake is seeded, the fix repairs it, the file is as clean as it was, the
 * change is laid out like the kernel, and no interleaving that violates is left.
 */
import { beforeAll, describe, expect, it } from "vitest";
import type { EngineImpl } from "../../src/engine/engine";
import { leavesLocks } from "../../src/engine/leaves";
import { heldBy, loadScenarios, replayFinding, type ScenarioSet } from "../../src/engine/replay";
import { createNodeHost } from "../../src/node/host";
import { findResources } from "../../src/node/resources";
import type { Finding } from "../../src/protocol/finding";
import type { Trace } from "../../src/protocol/trace";
import { replay } from "../../src/replay/replay";
import { describeKernel } from "../kernel";
import { loadMutationData } from "../mutations/data";
import { enumerateFile } from "../mutations/enumerate";
import { readSource } from "../mutations/functions";
import { applyEdits } from "../mutations/model";
import { Tree } from "../mutations/tree";
import { SITES, type SiteRow } from "./sites";

const rules = findResources().ruleSet();

const keyOf = ({ rule, title }: { rule: string; title: string }): string => `${rule} ${title}`;
const offered = [...new Set(rules.checks.flatMap((c) => c.fixes.map((f) => keyOf({ rule: c.alias, title: f.title }))))];

describe("fixes with a row", () => {
  it("are all there are", () => {
    const rows = SITES.map(keyOf);
    expect(rows.filter((row, i) => rows.indexOf(row) !== i)).toEqual([]);
    expect([...rows].sort()).toEqual([...offered].sort());
  });
});

/** What one replay may cost. */
const BUDGET = { maxStates: 60_000, maxOps: 12_000 };

interface Verdict {
  verdict: Trace["verdict"];
  scenario: string;
  profile: string | null;
  why: string;
}

const said = ({ verdict, scenario, profile, reason, choices }: Trace): Verdict => ({
  verdict,
  scenario,
  profile,
  why: reason ?? choices.join("; "),
});

const keys = (findings: readonly Finding[]): string[] => findings.map((f) => `${f.rule} in ${f.function}`).sort();

describeKernel("6.12", "every fix on a real function", (root) => {
  const tree = new Tree(root);
  const data = loadMutationData();
  let engine: EngineImpl;
  let set: ScenarioSet;

  beforeAll(async () => {
    const host = createNodeHost();
    engine = (await host.createEngine(tree, rules)) as EngineImpl;
    set = loadScenarios(host.builtinRules());
  }, 120_000);

  /** The file with the mistake in it; several texts where the operator finds several places. */
  function seed(row: SiteRow): string[] {
    const text = tree.read(row.file)!;
    if ("edits" in row) {
      const ref = engine.program.functionsOf(row.file).find((r) => r.item.name === row.fn)!;
      const { start, end } = ref.item;
      let now = text.slice(start, end);
      for (const [from, to] of row.edits) {
        const next = now.replace(from, () => to);
        expect(next, `${row.fn}() has ${String(from)}`).not.toBe(now);
        now = next;
      }
      return [text.slice(0, start) + now + text.slice(end)];
    }
    const { mutants } = enumerateFile(readSource(row.file, text), data, (s) => tree.defines(s), "seeding");
    const found = mutants.filter(
      (m) =>
        m.operator === row.operator &&
        m.function === (row.mutated ?? row.fn) &&
        m.expect.includes(row.rule) &&
        m.description.includes(row.what ?? ""),
    );
    expect(found.length, `${row.operator} in ${row.fn}()`).toBeGreaterThan(0);
    return found.map((m) => applyEdits(text, m.edits));
  }

  /** What the rule's scenarios say of a finding. */
  function ofFinding(finding: Finding): Verdict {
    const steps = replayFinding(engine, set, finding, BUDGET);
    for (let next = steps.next(); ; next = steps.next()) if (next.done) return said(next.value!);
  }

  /** What the scenario that showed the harm says of the function as it is now. */
  function ofFunction({ file, fn }: SiteRow, { scenario: id, profile }: Verdict): Verdict {
    const scenario = set.scenarios.find((s) => s.id === id)!;
    const subject = engine.program.functionsOf(file).find((r) => r.item.name === fn)!;
    const held = heldBy(engine, file, fn);
    const textOf = (path: string) => engine.overlay.text(path);
    const leaves = leavesLocks(engine, file, fn);
    return said(
      replay({ program: engine.program, textOf, set, scenario, profile, subject, held, leaves, line: null, ...BUDGET }),
    );
  }

  // File by file: what the engine knows of one is used again.
  const rows = SITES.toSorted((a, b) => (a.file < b.file ? -1 : a.file > b.file ? 1 : 0));
  it.each(rows.map((row) => [`${keyOf(row)}, in ${row.fn}()`, row] as const))("%s", { timeout: 240_000 }, (_, row) => {
    const check = rules.checks.find((c) => c.alias === row.rule)!;
    const original = tree.read(row.file)!;
    try {
      const clean = keys(engine.check(row.file).findings);
      let text = original;
      const fresh = (): Finding[] =>
        engine
          .check(row.file)
          .findings.filter(
            (f) => f.alias === row.rule && f.function === row.fn && !clean.includes(`${f.rule} in ${f.function}`),
          );
      let first: Finding | undefined;
      for (const seeded of seed(row)) {
        expect(seeded).not.toBe(original);
        engine.setOverlay(row.file, seeded);
        text = seeded;
        [first] = fresh();
        if (first) break;
      }
      expect(first, "the seeded mistake is reported").toBeDefined();
      const races = check.harm === "race" && check.scenario !== undefined;
      const before = races ? ofFinding(first!) : null;
      let applied = 0;
      for (let left = fresh(); left.length > 0 && applied < 6; left = fresh()) {
        const fix = left.flatMap((f) => engine.fixes(row.file, f.fingerprint)).find(({ title }) => title === row.title);
        expect(fix, `"${row.title}" is offered`).toBeDefined();
        const old = new Set(text.split("\n"));
        const blank = text.split("\n\n\n").length;
        text = text.slice(0, fix!.start) + fix!.text + text.slice(fix!.end);
        if (process.env.SHOW) console.log(`=== ${keyOf(row)}: ${row.file} ${row.fn}()\n${fix!.text}`);
        const written = fix!.text.split("\n").filter((line) => !old.has(line));
        for (const line of written) expect(line).not.toMatch(/^ |[ \t]$/);
        expect(text.split("\n\n\n").length).toBeLessThanOrEqual(blank);
        engine.setOverlay(row.file, text);
        applied++;
      }
      const known = [...clean];
      const added = keys(engine.check(row.file).findings).filter((key) => {
        const at = known.indexOf(key);
        if (at >= 0) known.splice(at, 1);
        return at < 0;
      });
      expect(added).toEqual([]);
      if (before) {
        const after = ofFunction(row, before);
        if (process.env.SHOW) console.log(JSON.stringify([keyOf(row), before, after]));
        expect(before, before.why).toMatchObject({ verdict: row.seeded ?? "violation" });
        expect(after, after.why).toMatchObject({ verdict: row.repaired ?? "clean" });
      }
    } finally {
      engine.setOverlay(row.file, null);
    }
  });
});
