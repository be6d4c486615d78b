/** What the reduction may leave out and what it must not: each rule with a program that shows both. */
import { describe, expect, it } from "vitest";
import type { Expr, Model, Op } from "./model";
import { search } from "./search";

type Bare = Op extends infer O ? (O extends Op ? Omit<O, "site"> : never) : never;

const num = (v: number): Expr => ({ k: "num", v });
const cell = (c: number): Expr => ({ k: "cell", c });
const eq = (l: Expr, r: Expr): Expr => ({ k: "bin", op: "==", l, r });
const and = (l: Expr, r: Expr): Expr => ({ k: "bin", op: "&&", l, r });
const or = (l: Expr, r: Expr): Expr => ({ k: "bin", op: "||", l, r });
const done = (t: number): Expr => ({ k: "done", t });
const at = (base: number) => ({ base, size: 1 });
const store = (c: number, v: number): Bare => ({ k: "store", to: at(c), e: num(v) });
const load = (c: number): Bare => ({ k: "load", r: 0, from: at(c) });
const keep = (c: number): Bare => ({ k: "store", to: at(c), e: { k: "reg", r: 0 } });

function program(threads: Bare[][], harm: Expr, kind: "mutex" | "rwsem" = "mutex"): Model {
  const site = 0;
  return {
    threads: threads.map((ops, t) => ({
      name: `t${t}`,
      registers: 1,
      ops: [...ops, { k: "stop" } as Bare].map((op) => ({ ...op, site }) as Op),
    })),
    cells: ["a", "b", "c", "d"].map((name) => ({ name, init: 0 })),
    locks: [{ name: "l", kind }],
    sections: [{ name: "s", atomic: false }],
    invariants: [{ e: { k: "un", op: "!", e: harm }, harm: 0 }],
    harms: ["harm"],
  };
}

/** Both searches agree; the numbers of states of the reduced and of the plain one. */
function both(m: Model): { violated: boolean; switches: number; states: [number, number] } {
  const reduced = search(m);
  const plain = search(m, { reduce: false });
  expect(reduced.violation?.kind).toBe(plain.violation?.kind);
  expect(reduced.switches).toBe(plain.switches);
  return { violated: plain.violation !== null, switches: plain.switches, states: [reduced.states, plain.states] };
}

const lock = at(0);
const acquire = (mode: "read" | "write"): Bare => ({ k: "acquire", lock, mode, sleeps: false });
const release: Bare = { k: "release", lock, mode: "any" };
const impossible = and(and(done(0), done(1)), eq(cell(0), num(7)));

describe("what is behind a lock", () => {
  const guarded = [acquire("write"), load(0), store(0, 1), load(1), store(1, 2), keep(0), release];

  it("is not, if the other comes in without it", () => {
    const other = [load(0), store(2, 5), keep(3)];
    // It saw the 1 that is there only in between.
    const { violated } = both(program([guarded, other], and(and(done(0), done(1)), eq(cell(3), num(1)))));
    expect(violated).toBe(true);
  });

  it("is not, if both hold it for reading", () => {
    const reader = [acquire("read"), store(0, 1), store(0, 2), release];
    const other = [acquire("read"), load(0), keep(3), release];
    const m = program([reader, other], and(and(done(0), done(1)), eq(cell(3), num(1))), "rwsem");
    expect(both(m).violated).toBe(true);
  });

  it("leaves a writer that queues noticeable", () => {
    const holder = [acquire("read"), store(1, 1), store(1, 2), release];
    const writer = [acquire("write"), release];
    const trier: Bare[] = [{ k: "try", lock, mode: "read", r: 0 }, keep(0), load(1), keep(2)];
    // Refused although nobody writes, while the first one is in the middle.
    const harm = and(and(eq(cell(0), num(0)), eq(cell(2), num(1))), done(2));
    const m = program([holder, writer, [...trier, store(3, 1)]], harm, "rwsem");
    m.threads[2]!.keeps = [0];
    expect(both(m).violated).toBe(true);
  });
});

describe("what is behind waiting for a section", () => {
  const inside = (ops: Bare[]): Bare[] => [{ k: "enter", section: 0 }, ...ops, { k: "leave", section: 0 }];
  const waiter: Bare[] = [{ k: "snapshot", section: 0 }, { k: "settle", section: 0 }, load(0), keep(3)];
  const between = and(and(done(0), done(1)), eq(cell(3), num(1)));

  it("meets those who entered after the snapshot", () => {
    expect(both(program([inside([store(0, 1), store(0, 2)]), waiter], between)).violated).toBe(true);
  });

  it("does not meet those who were in", () => {
    // The snapshot is taken inside, by order of the first thread.
    const first = [...inside([store(0, 1), store(2, 1), store(0, 2)])];
    const asked: Bare[] = [{ k: "await", r: 0, from: at(2), cond: eq({ k: "reg", r: 0 }, num(1)) }, ...waiter];
    const { violated, states } = both(program([first, asked], between));
    expect(violated).toBe(false);
    expect(states[0]).toBeLessThan(states[1]);
  });
});

describe("harms about ends", () => {
  it("are not brought about by earlier steps of who must have ended", () => {
    const busy = [store(0, 1), store(0, 2), store(0, 3)];
    const { states } = both(program([busy, [store(1, 1), store(1, 2), store(1, 3)]], impossible));
    expect(states[0]).toBeLessThan(states[1] / 2);
  });

  it("are, if the end is only one of two ways to them", () => {
    const m = program(
      [
        [store(0, 1), store(0, 0)],
        [store(1, 1), store(1, 0)],
      ],
      and(or(done(0), eq(cell(0), num(1))), and(eq(cell(0), num(1)), eq(cell(1), num(1)))),
    );
    const { violated, switches } = both(m);
    expect(violated).toBe(true);
    expect(switches).toBe(1);
  });
});

it("cells that nobody reads any more do not tell states apart", () => {
  const { states } = both(
    program(
      [
        [store(0, 1), load(1), store(0, 2), load(1)],
        [store(0, 3), store(1, 1), store(0, 4)],
      ],
      eq(cell(2), num(1)),
    ),
  );
  expect(states[0]).toBeLessThan(states[1] / 2);
});
