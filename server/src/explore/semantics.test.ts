/** Each primitive on the smallest program that shows what it is for. */
import { expect, it } from "vitest";
import type { Expr, Invariant, Model, Op, Ref, Thread } from "./model";
import { formatSchedule, parseSchedule, runSchedule } from "./run";
import { type SearchOptions, search } from "./search";

type Loose = Op extends infer T ? (T extends Op ? Omit<T, "site"> : never) : never;

const num = (v: number): Expr => ({ k: "num", v });
const reg = (r: number): Expr => ({ k: "reg", r });
const eq = (l: Expr, r: Expr): Expr => ({ k: "bin", op: "==", l, r });
const not = (e: Expr): Expr => ({ k: "un", op: "!", e });
const one = (base: number): Ref => ({ base, size: 1 });
const done = (t: number): Expr => ({ k: "done", t });

function thread(ops: Loose[], more: Partial<Thread> = {}): Thread {
  const all = [...ops, { k: "stop" }].map((op, site) => ({ ...op, site }) as Op);
  return { name: "", registers: 3, ops: all, ...more };
}

function model(threads: Thread[], more: Partial<Model> = {}): Model {
  const cells = Array.from({ length: 3 }, (_, i) => ({ name: `c${i}`, init: 0 }));
  return { threads, cells, locks: [], sections: [], invariants: [], harms: ["harm"], ...more };
}

const store = (c: number, v: number): Loose => ({ k: "store", to: one(c), e: num(v) });
const load = (r: number, c: number): Loose => ({ k: "load", r, from: one(c) });
const acquire = (lock: number, mode: "read" | "write" = "write", sleeps = false): Loose => ({
  k: "acquire",
  lock: one(lock),
  mode,
  sleeps,
});
const release = (lock: number): Loose => ({ k: "release", lock: one(lock), mode: "any" });
const spin = { name: "spin", kind: "spin" } as const;
const sem = { name: "sem", kind: "rwsem" } as const;

function verdict(m: Model, o: SearchOptions = {}): string {
  const r = search(m, o);
  return r.violation ? `${r.violation.kind} at ${r.switches}` : "clean";
}

it("plain increments lose an update, atomic and locked ones do not", () => {
  const lost: Invariant = {
    e: not({
      k: "bin",
      op: "&&",
      l: { k: "bin", op: "&&", l: done(0), r: done(1) },
      r: eq({ k: "cell", c: 0 }, num(1)),
    }),
    harm: 0,
  };
  const plain: Loose[] = [load(0, 0), { k: "store", to: one(0), e: { k: "bin", op: "+", l: reg(0), r: num(1) } }];
  const whole: Loose[] = [{ k: "rmw", how: "add", r: null, at: one(0), e: num(1) }];
  const twice = (ops: Loose[]): Model => model([thread(ops), thread(ops)], { invariants: [lost], locks: [spin] });
  expect(verdict(twice(plain))).toBe("harm at 2");
  expect(verdict(twice(whole))).toBe("clean");
  expect(verdict(twice([acquire(0), ...plain, release(0)]))).toBe("clean");
});

it("store buffering needs store buffers; message passing keeps its order under TSO", () => {
  const both = (a: number, b: number): Invariant => ({
    e: not({
      k: "bin",
      op: "&&",
      l: eq({ k: "cell", c: 2 }, num(a)),
      r: { k: "bin", op: "&&", l: done(0), r: done(1) },
    }),
    harm: b,
  });
  const side = (mine: number, other: number): Thread =>
    thread([store(mine, 1), load(0, other), { k: "rmw", how: "add", r: null, at: one(2), e: not(reg(0)) }]);
  const sb = model([side(0, 1), side(1, 0)], { invariants: [both(2, 0)] });
  expect(verdict(sb)).toBe("clean");
  expect(verdict(sb, { memory: "tso" })).toMatch(/^harm/);
  const mp = model([
    thread([store(0, 1), store(1, 1)]),
    thread([load(0, 1), load(1, 0), { k: "assert", e: { k: "bin", op: "||", l: not(reg(0)), r: reg(1) }, harm: 0 }]),
  ]);
  expect(verdict(mp, { memory: "tso" })).toBe("clean");
});

it("a writer that waits keeps new readers out: recursive reading deadlocks", () => {
  const reader = thread([acquire(0, "read"), acquire(0, "read"), release(0), release(0)]);
  const writer = thread([acquire(0), release(0)]);
  expect(verdict(model([reader, writer], { locks: [sem] }))).toBe("deadlock at 1");
  const trier = thread([
    acquire(0, "read"),
    { k: "try", lock: one(0), mode: "read", r: 0 },
    { k: "assert", e: reg(0), harm: 0 },
    release(0),
    release(0),
  ]);
  expect(verdict(model([trier, writer], { locks: [sem] }))).toBe("harm at 2");
  expect(verdict(model([reader], { locks: [sem] }))).toBe("clean");
});

it("downgrading lets readers in and keeps writers out", () => {
  const down = thread([
    acquire(0),
    store(0, 1),
    { k: "downgrade", lock: one(0) },
    load(0, 0),
    { k: "assert", e: reg(0), harm: 0 },
    release(0),
  ]);
  const writer = thread([acquire(0), store(0, 0), release(0)]);
  const reader = thread([acquire(0, "read"), load(0, 0), { k: "assert", e: not(reg(0)), harm: 0 }, release(0)]);
  expect(verdict(model([down, writer], { locks: [sem] }))).toBe("clean");
  expect(verdict(model([down, reader], { locks: [sem] }))).toBe("harm at 1");
});

it("one's own lock, a lock not held, a lock left behind", () => {
  expect(verdict(model([thread([acquire(0), acquire(0)])], { locks: [spin] }))).toBe("self-deadlock at 0");
  expect(verdict(model([thread([release(0)])], { locks: [spin] }))).toBe("not-held at 0");
  expect(verdict(model([thread([acquire(0)])], { locks: [spin] }))).toBe("held-at-exit at 0");
  expect(verdict(model([thread([acquire(0)], { keeps: [0] })], { locks: [spin] }))).toBe("clean");
});

it("two locks in two orders", () => {
  const ab = thread([acquire(0), acquire(1), release(1), release(0)]);
  const ba = thread([acquire(1), acquire(0), release(0), release(1)]);
  expect(verdict(model([ab, ba], { locks: [sem, sem] }))).toBe("deadlock at 2");
  expect(verdict(model([ab, ab], { locks: [sem, sem] }))).toBe("clean");
});

it("sleeping inside a spinlock or an atomic section, not outside", () => {
  const sections = [
    { name: "irq", atomic: true },
    { name: "srcu", atomic: false },
  ];
  const inside = (section: number): Model =>
    model([thread([{ k: "enter", section }, { k: "sleep" }, { k: "leave", section }])], { sections });
  expect(verdict(inside(0))).toBe("sleep-in-atomic at 0");
  expect(verdict(inside(1))).toBe("clean");
  expect(verdict(model([thread([acquire(0), acquire(1, "read", true)])], { locks: [spin, sem] }))).toBe(
    "sleep-in-atomic at 0",
  );
});

it("a grace period waits for readers that were there, not for later ones", () => {
  const sections = [{ name: "rcu", atomic: true }];
  // Cell 0: published, cell 1: memory is live.
  const reader = thread([
    { k: "enter", section: 0 },
    load(0, 0),
    { k: "branch", cond: reg(0), t: 3, f: 4 },
    { k: "touch", live: one(1) },
    { k: "leave", section: 0 },
  ]);
  const cells = [
    { name: "published", init: 1 },
    { name: "live", init: 1 },
  ];
  const updater = (wait: Loose[]): Model =>
    model([reader, thread([store(0, 0), ...wait, { k: "free", live: one(1) }])], { sections, cells });
  expect(verdict(updater([]))).toBe("use-after-free at 2");
  expect(
    verdict(
      updater([
        { k: "snapshot", section: 0 },
        { k: "settle", section: 0 },
      ]),
    ),
  ).toBe("clean");
  // Freeing later, by a thread of its own.
  const later = thread(
    [
      { k: "settle", section: 0 },
      { k: "free", live: one(1) },
    ],
    { dormant: true },
  );
  const deferred = (section?: number): Model =>
    model([reader, thread([store(0, 0), { k: "spawn", thread: 2, section }]), later], { sections, cells });
  expect(verdict(deferred(0))).toBe("clean");
  expect(verdict(deferred())).toMatch(/^use-after-free/);
});

it("an interrupt handler comes when interrupts are on, and its host stands still", () => {
  const sections = [{ name: "irq", atomic: true }];
  const handler = thread([store(0, 1), store(0, 0)], { interrupts: { host: 0, section: 0 } });
  const check: Loose[] = [load(0, 0), { k: "assert", e: not(reg(0)), harm: 0 }];
  expect(verdict(model([thread(check), handler], { sections }))).toBe("clean");
  const tears = thread([store(1, 1), store(1, 0)], {});
  const looks = thread([load(0, 1), { k: "assert", e: not(reg(0)), harm: 0 }], { interrupts: { host: 0, section: 0 } });
  expect(verdict(model([tears, looks], { sections }))).toBe("harm at 1");
  const masked = thread([{ k: "enter", section: 0 }, store(1, 1), store(1, 0), { k: "leave", section: 0 }]);
  expect(verdict(model([masked, looks], { sections }))).toBe("clean");
});

it("references: not from zero, not below; memory freed once", () => {
  const cells = [
    { name: "refs", init: 1 },
    { name: "live", init: 1 },
  ];
  const put: Loose[] = [
    { k: "rmw", how: "add", r: 0, at: one(0), e: num(-1) },
    { k: "branch", cond: eq(reg(0), num(1)), t: 2, f: 3 },
    { k: "free", live: one(1) },
  ];
  const shift = (ops: Loose[], by: number): Loose[] =>
    ops.map((op) => (op.k === "branch" ? { ...op, t: op.t + by, f: op.f + by } : op));
  const user = (how: "add" | "addNonZero"): Thread =>
    thread([
      { k: "rmw", how, r: 1, at: one(0), e: num(1) },
      { k: "branch", cond: reg(1), t: 2, f: 6 },
      { k: "touch", live: one(1) },
      ...shift(put, 3),
    ]);
  expect(verdict(model([thread(put), user("addNonZero")], { cells }))).toBe("clean");
  expect(verdict(model([thread(put), thread([{ k: "touch", live: one(1) }])], { cells }))).toBe("use-after-free at 1");
  expect(
    verdict(model([thread([{ k: "free", live: one(1) }]), thread([{ k: "free", live: one(1) }])], { cells })),
  ).toBe("double-free at 1");
});

it("waiting for a condition that nobody makes true", () => {
  const waits = thread([{ k: "await", r: 0, from: one(0), cond: reg(0) }]);
  expect(verdict(model([waits, thread([store(0, 1)])]))).toBe("clean");
  expect(verdict(model([waits, thread([store(1, 1)])]))).toMatch(/^deadlock/);
});

it("unknown conditions go both ways, and the same way twice", () => {
  const twice = (memo?: number): Model =>
    model([
      thread([
        { k: "set", r: 0, e: num(-128) },
        { k: "branch", cond: reg(0), t: 3, f: 2, memo },
        { k: "set", r: 1, e: num(1) },
        { k: "branch", cond: reg(0), t: 4, f: 5, memo },
        { k: "assert", e: not(reg(1)), harm: 0 },
      ]),
    ]);
  expect(verdict(twice(2))).toBe("clean");
  expect(verdict(twice())).toBe("harm at 0");
});

it("says what it did not look at", () => {
  const grow = model([
    thread([
      { k: "set", r: 0, e: num(127) },
      { k: "set", r: 0, e: { k: "bin", op: "+", l: reg(0), r: num(1) } },
    ]),
  ]);
  expect(search(grow).overflow).toBe(true);
  const two = model([
    thread([store(0, 1), store(0, 2)]),
    thread([load(0, 0), { k: "assert", e: not(eq(reg(0), num(1))), harm: 0 }]),
  ]);
  expect(search(two, { switchBound: 0 })).toMatchObject({ violation: null, bounded: true });
  expect(search(two, { maxStates: 2, reduce: false })).toMatchObject({ capped: true });
  expect(search(two)).toMatchObject({ switches: 1, bounded: false, capped: false });
});

it("schedules are text, and say where they go wrong", () => {
  const m = model([
    thread([store(0, 1)]),
    thread([
      { k: "choose", r: 0, values: [0, 1] },
      { k: "assert", e: not(reg(0)), harm: 0 },
    ]),
  ]);
  const r = search(m);
  expect(formatSchedule(r.schedule)).toBe("B1B");
  expect(parseSchedule("AB1b", 2)).toEqual([
    { thread: 0, alt: 0, flush: false },
    { thread: 1, alt: 1, flush: false },
    { thread: 1, alt: 0, flush: true },
  ]);
  expect(parseSchedule("AC", 2)).toBe('"C" at position 2: there are only the threads A to B');
  expect(parseSchedule("A-B", 2)).toBe('"-" at position 2 is no step: expected letters A to B');
  expect(runSchedule(m, parseSchedule("AAAA", 2) as never).stuckAt).toBe(2);
});
