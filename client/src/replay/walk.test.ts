/** Walking along a replayed race. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Trace } from "../../../server/src/protocol/trace";
import { type Demo, replayDemo } from "../../../server/test/demoRace";
import { clampTo, locksAt, memoryAt, placeOf, toNextSwitch, toPreviousSwitch } from "./walk";

let demo: Demo;
let trace: Trace;
beforeAll(async () => {
  demo = await replayDemo();
  trace = demo.answer.trace;
});
afterAll(() => demo.stop());

describe("walking", () => {
  it("stays inside", () => {
    expect([-3, 0, 2.9, 1_000].map((at) => clampTo(trace, at))).toEqual([0, 0, 2, trace.steps.length]);
  });

  it("visits every context switch forwards and backwards, and ends at the ends", () => {
    const visit = (from: number, go: (t: Trace, at: number) => number): number[] => {
      const to = go(trace, from);
      return to === from ? [] : [to, ...visit(to, go)];
    };
    const cpus = trace.steps.map((s) => s.cpu);
    const switches = cpus.flatMap((cpu, n) => (n > 0 && cpu !== cpus[n - 1] ? [n + 1] : []));
    expect(switches.length).toBe(trace.switches);
    const last = trace.steps.length;
    expect(visit(0, toNextSwitch)).toEqual([...new Set([...switches, last])]);
    expect(visit(last, toPreviousSwitch)).toEqual([...switches.filter((s) => s < last).reverse(), 0]);
  });

  it("tells what a step changes, old and new, and what stays", () => {
    const step = trace.steps.findIndex((s) => s.changed.length > 0);
    const { changed, rest } = memoryAt(trace, step + 1);
    expect(changed).toEqual(trace.steps[step]!.changed);
    expect(changed.length + rest.length).toBe(trace.cells.length);
    expect(memoryAt(trace, 0).changed).toEqual([]);
    // Back and forth gives the same.
    const freed = trace.cells.findIndex((c) => c.cell === "vma_live");
    expect(trace.cells[freed]!.initial).toBe(1);
    expect(memoryAt(trace, trace.steps.length).rest).toContainEqual({ cell: "vma_live", from: 0, to: 0 });
  });

  it("counts what steps that are not shown have changed", () => {
    const shown = trace.steps.filter((s) => s.changed.every((c) => c.cell !== "vma_live"));
    const without = { ...trace, steps: shown };
    const { changed } = memoryAt(without, shown.length);
    expect(changed).toContainEqual({ cell: "vma_live", from: 1, to: 0 });
  });

  it("knows the locks and the place of each CPU", () => {
    expect(locksAt(trace, 0)).toEqual([[], []]);
    expect(locksAt(trace, 1)).toEqual([[{ lock: "mmap_lock", mode: "read" }], []]);
    const writer = trace.steps.findIndex((s) => s.cpu === 1) + 1;
    expect(locksAt(trace, writer)[1]).toEqual([{ lock: "mmap_lock", mode: "write" }]);
    expect(placeOf(trace, writer - 1, 1)).toBeUndefined();
    expect(placeOf(trace, writer, 0)).toBe(trace.steps[writer - 2]);
  });
});
