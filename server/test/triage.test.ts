/** Every error and warning on the unmodified kernels has been judged, and no judgement is out of date. */
import { beforeAll, describe, expect, it } from "vitest";
import { Verdicts } from "../src/engine/levels";
import { loadScenarios } from "../src/engine/replay";
import type { Engine } from "../src/engine/types";
import { createNodeHost } from "../src/node/host";
import { describeKernel } from "./kernel";
import { Tree } from "./mutations/tree";
import { type Census, compare, isMm, loadTriage, raceOf, takeCensus } from "./triage/census";

const triage = loadTriage();

describe("triage file", () => {
  it("stays within its limits", () => {
    expect(triage.entries.filter((e) => isMm(e.file)).length).toBeLessThanOrEqual(Math.min(15, triage.limits.mm));
    expect(triage.entries.filter((e) => !isMm(e.file)).length).toBeLessThanOrEqual(
      Math.min(40, triage.limits.elsewhere),
    );
  });

  it("has a verdict and a reason for every entry, and no entry twice", () => {
    for (const e of triage.entries) {
      expect(["bug", "benign", "false"], e.fingerprint).toContain(e.verdict);
      expect(e.reason.length, e.fingerprint).toBeGreaterThan(20);
      expect(e.trees.length, e.fingerprint).toBeGreaterThan(0);
    }
    expect(new Set(triage.entries.map((e) => e.fingerprint)).size).toBe(triage.entries.length);
  });
});

for (const version of ["6.12", "6.1"] as const) {
  describeKernel(version, "findings on the unmodified tree", (root) => {
    let census: Census;
    let engine: Engine;
    const host = createNodeHost();

    beforeAll(async () => {
      const tree = new Tree(root);
      engine = await host.createEngine(tree, host.shippedRules());
      census = await takeCensus(version, engine, tree, triage.scope);
    }, 900_000);

    it("checks every file", () => {
      expect(census.failures).toEqual([]);
      expect(census.files).toBeGreaterThan(1000);
    });

    it("are all triaged", () => {
      const { untriaged } = compare(census, triage);
      expect(
        untriaged.map((f) => `${f.level} ${f.alias} ${f.file}:${f.line} ${f.function} ${f.fingerprint}: ${f.message}`),
      ).toEqual([]);
    });

    it("still match every entry", () => {
      const { stale } = compare(census, triage);
      expect(stale.map((e) => `${e.rule} ${e.file} ${e.function} ${e.fingerprint}`)).toEqual([]);
    });

    it("come with the races that were judged with them", () => {
      const verdicts = new Verdicts(() => loadScenarios(host.builtinRules()));
      const judged = triage.entries.flatMap((entry) => {
        const finding = census.findings.find((f) => f.fingerprint === entry.fingerprint);
        return finding && entry.trees.includes(version) ? [{ entry, finding }] : [];
      });
      expect(judged.length).toBeGreaterThan(1);
      const races = judged.map(({ finding }) => `${finding.fingerprint} ${raceOf(engine, verdicts, finding)}`);
      expect(races).toEqual(judged.map(({ entry }) => `${entry.fingerprint} ${entry.race}`));
    });

    it("hide little at hint level", () => {
      const hints = census.findings.filter((f) => f.level === "hint" && isMm(f.file));
      expect(hints.length, hints.map((f) => `${f.alias} ${f.file}:${f.line}`).join("\n")).toBeLessThanOrEqual(
        Math.min(60, triage.limits.hintsInMm),
      );
    });
  });
}
