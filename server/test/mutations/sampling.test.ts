/** Sampling, counting, and what counts as new. */
import { describe, expect, it } from "vitest";
import type { Finding } from "../../src/protocol/finding";
import { newFindings } from "./harness";
import type { Mutant } from "./model";
import { halfOf, randomFrom, sample } from "./sample";
import { wilson } from "./stats";

function mutant(i: number): Mutant {
  const id = (i * 2654435761).toString(16).padStart(12, "0").slice(-12);
  const operator = i % 10 === 0 ? "rare" : "common";
  return {
    id,
    operator,
    family: "mmap_lock",
    file: `mm/${i % 7}.c`,
    function: "f",
    line: i,
    description: "",
    edits: [],
    expect: [],
  };
}

describe("sampling", () => {
  const pool = Array.from({ length: 500 }, (_, i) => mutant(i));

  it("is the same for the same seed, and another for another", () => {
    const ids = (seed: number): string[] => sample(pool, 50, seed, "all").map((m) => m.id);
    expect(ids(7)).toEqual(ids(7));
    expect(ids(7)).not.toEqual(ids(8));
    expect(ids(7)).toHaveLength(50);
  });

  it("keeps the halves apart and covers every cell", () => {
    const development = sample(pool, 40, 1, "development");
    expect(development.every((m) => halfOf(m) === "development")).toBe(true);
    expect(new Set(development.map((m) => m.operator))).toEqual(new Set(["rare", "common"]));
    expect(sample(pool, 10_000, 1, "development").length + sample(pool, 10_000, 1, "final").length).toBe(pool.length);
  });

  it("draws known numbers", () => {
    const random = randomFrom(1);
    expect([random(), random()].map((x) => x.toFixed(6))).toEqual(["0.627074", "0.002736"]);
  });
});

describe("wilson", () => {
  it("gives the textbook values", () => {
    const { low, high } = wilson(8, 10);
    expect(low).toBeCloseTo(0.4902, 4);
    expect(high).toBeCloseTo(0.9433, 4);
    expect(wilson(0, 0)).toEqual({ low: 0, high: 1 });
    expect(wilson(10, 10).high).toBeCloseTo(1, 9);
    expect(wilson(225, 300).low).toBeCloseTo(0.698, 3);
  });
});

describe("newFindings", () => {
  const finding = (alias: string, fn: string, fingerprint: string): Finding => ({
    rule: alias,
    alias,
    level: "warning",
    file: "mm/x.c",
    line: 1,
    column: 1,
    endLine: 1,
    endColumn: 2,
    function: fn,
    message: "",
    advice: "",
    fingerprint,
    path: [],
    replay: null,
  });

  it("is the multiset difference", () => {
    const old = finding("R21", "f", "a");
    expect(newFindings([old], [old])).toEqual([]);
    expect(newFindings([old], [old, finding("R32", "f", "b")]).map((f) => f.alias)).toEqual(["R32"]);
    expect(newFindings([old], [old, finding("R21", "f", "b")]).map((f) => f.fingerprint)).toEqual(["b"]);
  });

  it("does not count a finding whose line was edited", () => {
    expect(newFindings([finding("R21", "f", "a")], [finding("R21", "f", "z")])).toEqual([]);
  });

  it("follows code into a helper when code may move", () => {
    expect(newFindings([finding("R21", "f", "a")], [finding("R21", "helper", "z")], true)).toEqual([]);
    expect(newFindings([finding("R21", "f", "a")], [finding("R21", "helper", "z")])).toHaveLength(1);
  });
});
