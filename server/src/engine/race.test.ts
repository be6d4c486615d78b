/** Two functions of the user against each other: what the model finds, and what it does not make up. */
import { readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import { wasmParser } from "../../test/cParser";
import { exampleEngine } from "../../test/exampleTree";
import { shippedScenarios } from "../../test/replayKit";
import { findResources } from "../node/resources";
import type { Trace } from "../protocol/trace";
import type { CParser } from "../syntax/parser";
import { type RaceAnswer, race } from "./race";
import type { Engine } from "./types";

const fixtures = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../../../test-fixtures");
const rules = findResources().ruleSet();
const RING = "drivers/ring/ring.c";
const FILLS = { buggy: "mm/fill-buggy.c", repaired: "mm/fill-repaired.c" };
let parser: CParser;
let engine: Engine;

beforeAll(async () => {
  parser = await wasmParser();
  const text = (name: string): string => readFileSync(path.join(fixtures, name), "utf8");
  engine = exampleEngine(parser, rules, {
    [RING]: text("race/ring.c"),
    [FILLS.buggy]: text("replay/double-install-buggy.c"),
    [FILLS.repaired]: text("replay/double-install-repaired.c"),
    "drivers/ring/other.c": text("race/other.c"),
  });
});

function raced(first: string, second: string, distinct = false, e = engine): RaceAnswer {
  const place = (name: string): { file: string; name: string } => {
    const [file, fn] = name.includes(":") ? name.split(":") : [RING, name];
    return { file: file!, name: fn! };
  };
  return race(e, shippedScenarios, { first: place(first), second: place(second), distinct });
}

function traced(...args: Parameters<typeof raced>): Trace {
  const answer = raced(...args);
  if ("problem" in answer) throw new Error(answer.problem);
  return answer.trace;
}

describe("a race of two functions does harm", () => {
  it.each([
    ["ring_push", "ring_push", /^ring\.count: the update by first ring_push\(\) is lost$/, 2],
    ["ring_push", "ring_push_locked", /^ring\.count: the update by ring_push/, 2],
    ["ring_halve", "ring_push_locked", /^ring\.count: the update by ring_push_locked\(\) is lost$/, 2],
    ["ring_close", "ring_close", /is freed twice$/, 1],
    ["ring_open", "ring_open", /^ring\.page: the update by first ring_open\(\) is lost$/, 2],
    ["ring_mark", "ring_drop_page", /^ring_mark\(\) follows a NULL pointer$/, 2],
    ["ring_mark_rcu", "ring_drop_page", /^ring_mark_rcu\(\) uses freed memory \(ring_page\)$/, 2],
    ["pair_up", "pair_down", /^nobody can go on$/, 1],
    ["pair_leak", "pair_up", /^pair_leak\(\) ends with pair\.first held$/, 0],
    ["ring_sleeps", "ring_push_locked", /^ring_sleeps\(\) may sleep in atomic context$/, 0],
    ["ring_count", "ring_count", /^ring\.stats\.pushed: the update/, 2],
    ["count_total", "count_total_locked", /^total: the update/, 2],
    ["ring_link", "ring_link", /^ring\.entries: the update/, 2],
    ["ring_flag", "ring_flag_plain", /^ring\.flags: the update by ring_flag\(\) is lost$/, 2],
    ["ring_get_early", "ring_put", /uses freed memory \(ring\)$/, 1],
    ["drivers/ring/other.c:peek", "ring_drop_page", /^peek\(\) (?:uses freed memory|follows a NULL pointer)/, 2],
    [
      `${FILLS.buggy}:fill`,
      `${FILLS.buggy}:fill`,
      /^the page-table entry: the update by (?:first|second) fill\(\) is lost$/,
      1,
    ],
  ])("%s against %s", (first, second, harm, switches) => {
    const t = traced(first, second, first.includes("fill"));
    expect([t.verdict, t.reason]).toEqual(["violation", null]);
    expect(t.violated!.text).toMatch(harm);
    expect(t.switches).toBe(switches);
    // The last row says what has happened, at a line of the user's.
    expect(t.steps.at(-1)!.note).toContain(t.violated!.text);
    expect(t.steps.every((s) => /\.c$/.test(s.file) && s.line > 0)).toBe(true);
    expect(t.steps.flatMap((s) => s.changed).filter((c) => /meanwhile/.test(c.cell))).toEqual([]);
    expect(t.steps.length).toBeLessThanOrEqual(14);
  });
});

describe("a race of two functions is clean", () => {
  it.each([
    ["ring_push_locked", "ring_push_locked"],
    ["ring_push_locked", "ring_pop_locked"],
    ["ring_close_locked", "ring_close_locked"],
    ["ring_open_locked", "ring_open_locked"],
    ["ring_mark_rcu", "ring_drop_page_later"],
    ["pair_up", "pair_up"],
    ["ring_put", "ring_put"],
    ["ring_put", "ring_get_late"],
    ["ring_flag", "ring_flag"],
    ["count_total_locked", "count_total_locked"],
    ["lock_then_setup", "ring_push_locked"],
    [`${FILLS.repaired}:fill`, `${FILLS.repaired}:fill`],
  ])("%s against %s", (first, second) => {
    const t = traced(first, second, first.includes("fill"));
    expect([t.verdict, t.reason]).toEqual(["clean", null]);
    expect(t.states).toBeGreaterThan(3);
    expect(t.unmodelled).toEqual([]);
    expect(t.assumptions[0]).toMatch(/^shared: /);
  });
});

describe("a race of two functions says", () => {
  it("that they share nothing", () => {
    expect(raced("other_set", "ring_push")).toEqual({
      problem:
        "other_set() and ring_push() share nothing: there is no field, global or lock that both use and one of them changes " +
        "(other_set() uses other.value; ring_push() uses ring.count); name two functions that use one object",
    });
    expect(raced("ring_push", "ring_push", true)).toMatchObject({ problem: expect.stringMatching(/--distinct/) });
    // Globals are shared all the same.
    expect(traced("count_total", "count_total", true).verdict).toBe("violation");
  });

  it("what it needs to happen, and calls that inconclusive", () => {
    const t = traced("ring_maybe", "ring_push");
    expect([t.verdict, t.choices]).toEqual(["inconclusive", ["force: true"]]);
    expect(t.reason).toBe("free-choice: it happens only if force: true");
    expect(t.steps.length).toBeGreaterThan(0);
  });

  it("what it does not model, and never calls that clean", () => {
    expect(traced("ring_slots", "ring_slots")).toMatchObject({
      verdict: "inconclusive",
      reason: "unmodelled: elements of ring.slots, which are not told apart",
    });
  });

  it("which function is not there", () => {
    expect(raced("ring_pus", "ring_push")).toEqual({
      problem: `${RING}: no function ring_pus() here; did you mean ring_push()?`,
    });
    expect(raced("nope.c:f", "ring_push")).toEqual({ problem: "nope.c: cannot be read" });
  });
});

it("the code decides: the lock moved out of the way, the answer changes", () => {
  const text = readFileSync(path.join(fixtures, "race/ring.c"), "utf8");
  const verdict = (edited: string): string =>
    traced("ring_pop_locked", "ring_push_locked", false, exampleEngine(parser, rules, { [RING]: edited })).verdict;
  const pop = /(void ring_pop_locked[\s\S]*?)\tspin_lock\(&r->lock\);\n([\s\S]*?)\tspin_unlock\(&r->lock\);\n/;
  expect(verdict(text)).toBe("clean");
  expect(verdict(text.replace(pop, "$1$2"))).toBe("violation");
  expect(verdict(text.replace(pop, "$1\tguard(spinlock)(&r->lock);\n$2"))).toBe("clean");
  expect(verdict(text.replaceAll(/\br\b/g, "ring_of_mine"))).toBe("clean");
});

it("names change nothing but texts", () => {
  const text = readFileSync(path.join(fixtures, "race/ring.c"), "utf8");
  const renamed = text.replaceAll(/\br\b/g, "q").replaceAll("ring_halve", "cut_in_two");
  const other = exampleEngine(parser, rules, { [RING]: renamed });
  const a = traced("ring_halve", "ring_push_locked");
  const b = traced("cut_in_two", "ring_push_locked", false, other);
  expect([b.verdict, b.states, b.switches, b.schedule, b.id]).toEqual([
    a.verdict,
    a.states,
    a.switches,
    a.schedule,
    a.id,
  ]);
});
