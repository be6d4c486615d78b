/**
 * A model as Promela, for the model checker Spin: same ops, same violations. Sequentially consistent only.
 * A path that this program cuts or cannot follow ends there too (`gone`). What only its own thread notices follows in the same atomic step.
 */
import { type Footprints, footprints } from "./footprint";
import { invariantsOf } from "./harms";
import { type Expr, type Mode, type Model, narrow, nextPcs, type Op, type Ref } from "./model";
import { promelaValue, VALUES } from "./promelaValues";

const HEADER = `/*
 * c cells, h holds of locks (128 for writing, else how often for reading), q writers in the queue, nest and w sections and who is
 * waited for in them; r registers. One operation per label; what nobody else notices follows at once. Who cannot go on is
 * found by init, so every label is a valid end for Spin.
 *   spin -a model.pml && gcc -O2 -DSAFETY -DNOREDUCE -DVECTORSZ=4096 -o pan pan.c && ./pan -m1000000
 */
${VALUES}
bool gone = false;	/* a bound was reached, or a value that the model does not have */
`;

export function toPromela(m: Model): string {
  return new Exporter(m).text();
}

class Exporter {
  private readonly n: number;
  /** Names for values in between, of one op; most of any op so far. */
  private temps = 0;
  private mostTemps = 0;
  /** Per thread and pc: follows the op before without giving way. */
  private readonly follows: boolean[][];
  /** Invariants to be looked at behind an op. */
  private readonly broken: number[][][];
  /** Some thread is woken by another, or is a handler. */
  private readonly sleepers: boolean;

  constructor(private readonly m: Model) {
    this.n = m.threads.length;
    const foot = footprints(m);
    this.follows = m.threads.map((_, t) => followsAtOnce(m, foot, t));
    this.broken = invariantsOf(m);
    this.sleepers = m.threads.some((t) => t.dormant || t.interrupts || t.ops.some((op) => op.k === "spawn"));
  }

  text(): string {
    const { m, n } = this;
    const processes = m.threads.flatMap((_, t) => this.process(t));
    const array = (type: string, name: string, size: number): string => (size > 0 ? `${type} ${name}[${size}];` : "");
    const lines = [
      HEADER,
      array("short", "c", m.cells.length),
      array("byte", "h", m.locks.length * n),
      array("bool", "q", m.locks.length * n),
      array("byte", "nest", m.sections.length * n),
      array("bool", "w", m.sections.length * n * n),
      array("bool", "up", this.sleepers ? n : 0),
      array("bool", "busy", m.threads.some((t) => t.interrupts) ? n : 0),
      array("bool", "ended", n),
      // Of one atomic step: no part of a state.
      ...Array.from({ length: this.mostTemps }, (_, i) => `hidden short x${i};`),
    ].filter(Boolean);
    lines.push("", ...processes);
    const init = m.cells.map((cell, i) => (cell.init === 0 ? "" : `c[${i}] = ${cell.init};`));
    const start = m.threads.map((thread, t) => (thread.dormant || !this.sleepers ? "" : `up[${t}] = true;`));
    lines.push("init {", "  atomic {", ...[...init, ...start].filter(Boolean).map((x) => `    ${x}`));
    lines.push(...m.invariants.map((i) => `    assert((${this.pure(i.e)}) != 0);`));
    lines.push(...m.threads.map((_, t) => `    run T${t}();`), "  }");
    lines.push("  /* nobody can go on: has everybody who was woken come to an end? */");
    const ends = m.threads.map((thread, t) =>
      thread.interrupts ? `!busy[${t}]` : thread.dormant ? `(ended[${t}] || !up[${t}])` : `ended[${t}]`,
    );
    lines.push(`  timeout -> assert(gone || (${ends.join(" && ")}))`, "}", "");
    return lines.join("\n");
  }

  private process(t: number): string[] {
    const thread = this.m.threads[t]!;
    const out = [`proctype T${t}() {`, `  /* ${thread.name.replaceAll("*/", "* /")} */`];
    for (let r = 0; r < thread.registers; r++) out.push(`  short r${r} = 0;`);
    out.push("");
    const following: string[] = [];
    thread.ops.forEach((op, pc) => {
      const lines = [`${this.label(t, pc)}:`, "  if", ...this.step(t, pc, op), "  fi;"];
      (this.follows[t]![pc] ? following : out).push(...lines);
    });
    // A jump from one atomic step into the middle of another does not give way.
    if (following.length > 0) out.push("  atomic {", "  goto end;", ...following, "  }");
    out.push("end: false", "}", "");
    return out;
  }

  /** Labels that begin with `end` are places to stand still. */
  private label(t: number, pc: number): string {
    return this.follows[t]![pc] ? `op${pc}` : `end${pc}`;
  }

  private asserts(t: number, pc: number): string[] {
    return this.broken[t]![pc]!.map((i) => `assert((${this.pure(this.m.invariants[i]!.e)}) != 0);`);
  }

  /** The alternatives of one op, each atomic with what is tied to it. */
  private step(t: number, pc: number, op: Op): string[] {
    const thread = this.m.threads[t]!;
    const follows = this.follows[t]![pc]!;
    const guards = follows ? [] : ["!gone"];
    if (pc === 0 && (thread.dormant || thread.interrupts)) guards.push(`up[${t}]`);
    if (pc === 0 && thread.interrupts) {
      const { host, section } = thread.interrupts;
      guards.push(`nest[${section * this.n + host}] == 0`, `up[${host}]`);
    }
    this.m.threads.forEach((h, i) => {
      if (h.interrupts?.host === t) guards.push(`!busy[${i}]`);
    });
    this.temps = 0;
    const entry = thread.interrupts && pc === 0 ? [`busy[${t}] = true;`] : [];
    return this.alternatives(t, op, pc).map(({ guard, effects, to }) => {
      // The last op may be a bound, or a branch with an overflow of its own: nothing follows it.
      const target = to ?? (op.k === "stop" || pc + 1 >= thread.ops.length ? null : pc + 1);
      const pairs: string[] = [...entry, ...effects];
      const tied = op.atomic === true && target !== null ? this.tied(t, target, pc) : [];
      // The rest of an atomic sequence is entered without giving way; invariants are looked at behind it.
      if (tied.length === 0) pairs.push(...this.asserts(t, pc));
      const jump = target === null ? "goto end" : `goto ${this.label(t, target)}`;
      const all = [...guards, ...(guard && guard !== "true" ? [guard] : [])].join(" && ") || "true";
      const gives = effects.at(-1)?.endsWith("goto end;") === true;
      const body = `${[...pairs, ...tied].join(" ")} ${tied.length > 0 || gives ? "" : jump}`.trim();
      return follows ? `  :: (${all}) -> ${body}` : `  :: atomic { (${all}) -> ${body} }`;
    });
  }

  /** Ops tied to the one before, in place: they neither wait nor have more than one outcome. `head`: the first of them. */
  private tied(t: number, pc: number, head: number): string[] {
    const op = this.m.threads[t]!.ops[pc]!;
    const ways = this.alternatives(t, op, pc);
    const rest = (to: number): string =>
      op.atomic === true
        ? this.tied(t, to, head).join(" ")
        : `${this.asserts(t, head).join(" ")} goto ${this.label(t, to)}`;
    return [
      "if",
      ...ways.map((w) => `:: (${w.guard || "true"}) -> ${w.effects.join(" ")} ${rest(w.to ?? nextPcs(op, pc)[0]!)}`),
      "fi",
    ];
  }

  private alternatives(t: number, op: Op, pc: number): { guard: string; effects: string[]; to?: number }[] {
    const one = (effects: string[], guard = "", to?: number): { guard: string; effects: string[]; to?: number }[] => [
      { guard, effects, to },
    ];
    switch (op.k) {
      case "set":
        return one(this.checked(op.e, (v) => [`r${op.r} = ${v};`]));
      case "load":
        return one(this.indexed(op.from, (at) => [...this.alive(op.live), `r${op.r} = c[${at}];`]));
      case "await": {
        const { base, size, index: i } = narrow(op.from);
        const n = i ? this.pure(i) : "0";
        const inside = `(${n}) >= 0 && (${n}) < ${size}`;
        const value = `c[${base}${i ? ` + (${n})` : ""}]`;
        const ok = `((${inside}) -> ((${this.pure(op.cond, op.r, value)}) != 0) : true)`;
        return one(
          this.indexed(op.from, (at) => [...this.alive(op.live), `r${op.r} = c[${at}];`]),
          i ? ok : `(${this.pure(op.cond, op.r, value)}) != 0`,
        );
      }
      case "store":
        return one(
          this.indexed(op.to, (at) => [...this.alive(op.live), ...this.checked(op.e, (v) => [`c[${at}] = ${v};`])]),
        );
      case "rmw":
      case "compareSwap":
        return one(this.indexed(op.at, (at) => [...this.alive(op.live), ...this.readModifyWrite(op, at)]));
      case "touch":
        return one(this.alive(op.live));
      case "free":
        return one(this.indexed(op.live, (at) => [`assert(c[${at}] != 0);`, `c[${at}] = 0;`]));
      case "jump":
        return one([], "", op.to);
      case "branch":
        return this.branch(op);
      case "choose":
        return op.values.map((v) => ({ guard: "", effects: [`r${op.r} = ${v};`] }));
      case "assert":
        return one(this.checked(op.e, (v) => [`assert(${v} != 0);`]));
      case "acquire":
        return this.acquire(op, t, pc);
      case "try":
        return one(
          this.indexed(op.lock, (l) => [
            `if :: (${this.free(l, t, op.mode)}) && !(${this.own(l, t, op.mode)}) -> ${this.take(l, t, op.mode)} r${op.r} = 1 :: else -> r${op.r} = 0 fi;`,
          ]),
        );
      case "release":
        return one(
          this.indexed(op.lock, (l) => {
            const mine = this.hold(l, t);
            const right =
              op.mode === "write"
                ? `${mine} == 128`
                : op.mode === "read"
                  ? `${mine} > 0 && ${mine} != 128`
                  : `${mine} != 0`;
            if (op.mode === "ifHeld") return [`${mine} = (${mine} == 128 || ${mine} == 0 -> 0 : ${mine} - 1);`];
            return [`assert(${right});`, `${mine} = (${mine} == 128 -> 0 : ${mine} - 1);`];
          }),
        );
      case "downgrade":
        return one(this.indexed(op.lock, (l) => [`assert(${this.hold(l, t)} == 128);`, `${this.hold(l, t)} = 1;`]));
      case "enter":
        return one([`nest[${op.section * this.n + t}]++;`]);
      case "leave": {
        const at = `nest[${op.section * this.n + t}]`;
        const clear = this.each((u) => `w[${this.waiting(op.section, u, t)}] = false;`);
        return one([`assert(${at} > 0);`, `${at}--;`, `if :: ${at} == 0 -> ${clear.join(" ")} :: else fi;`]);
      }
      case "snapshot":
        return one(this.snapshot(op.section, t));
      case "settle": {
        const free = this.each((u) => `!w[${this.waiting(op.section, t, u)}]`).join(" && ");
        return one([`assert(!(${this.atomic(t)}));`], free);
      }
      case "spawn":
        return one([
          `if :: up[${op.thread}] -> gone = true; goto end :: else fi;`,
          `up[${op.thread}] = true;`,
          ...(op.section === undefined ? [] : this.snapshot(op.section, op.thread)),
        ]);
      case "sleep":
        return one([`assert(!(${this.atomic(t)}));`]);
      case "cut":
        return one(["gone = true; goto end;"]);
      case "stop": {
        const keeps = this.m.threads[t]!.keeps ?? [];
        const free = this.m.locks.flatMap((_, l) => (keeps.includes(l) ? [] : [`${this.hold(String(l), t)} == 0`]));
        const idle = this.m.threads[t]!.interrupts ? [`busy[${t}] = false;`] : [];
        return one([...free.map((x) => `assert(${x});`), `ended[${t}] = true;`, ...idle]);
      }
    }
  }

  private branch(op: Op & { k: "branch" }): { guard: string; effects: string[]; to: number }[] {
    const { text: v, unknown, bad } = promelaValue(op.cond);
    if (!unknown && !bad)
      return [
        { guard: `(${v}) != 0`, effects: [], to: op.t },
        { guard: `(${v}) == 0`, effects: [], to: op.f },
      ];
    const kept = op.memo === undefined ? "" : `r${op.memo}`;
    const note = (x: number): string[] => (kept ? [`${kept} = ${x};`] : []);
    const asked = kept ? `(${v}) == U && ${kept} == 0` : `(${v}) == U`;
    const yes = `(${v}) != 0 && (${v}) != U${bad ? ` && (${v}) != BAD` : ""}`;
    return [
      ...(bad ? [{ guard: `(${v}) == BAD`, effects: ["gone = true; goto end;"], to: op.t }] : []),
      ...(op.assume === false ? [] : [{ guard: asked, effects: note(1), to: op.t }]),
      ...(op.assume === true ? [] : [{ guard: asked, effects: note(2), to: op.f }]),
      { guard: kept ? `(${yes} || ((${v}) == U && ${kept} == 1))` : `(${yes})`, effects: [], to: op.t },
      { guard: kept ? `((${v}) == 0 || ((${v}) == U && ${kept} == 2))` : `(${v}) == 0`, effects: [], to: op.f },
    ];
  }

  private each(f: (u: number) => string): string[] {
    return Array.from({ length: this.n }, (_, u) => f(u));
  }

  // ---- locks and sections ----

  private acquire(
    op: Op & { k: "acquire" },
    t: number,
    pc: number,
  ): { guard: string; effects: string[]; to?: number }[] {
    const { base, size, index } = narrow(op.lock);
    const n = index ? `(${this.pure(index)})` : "";
    const l = index ? `(${base} + ${n})` : String(base);
    const inside = index ? `${n} >= 0 && ${n} < ${size}` : "";
    const when = (condition: string): string => (inside ? `((${inside}) -> (${condition}) : false)` : condition);
    const own = this.own(l, t, op.mode);
    const free = this.free(l, t, op.mode);
    const sleeps = op.sleeps ? [`assert(!(${this.atomic(t)}));`] : [];
    const out: { guard: string; effects: string[]; to?: number }[] = [
      ...(inside ? [{ guard: `!(${inside})`, effects: ["gone = true; goto end;"] }] : []),
      { guard: when(own), effects: [...sleeps, "assert(false);"] },
      { guard: when(`!(${own}) && ${free}`), effects: [...sleeps, this.take(l, t, op.mode)] },
    ];
    const kinds = this.m.locks.slice(base, base + size).map((x) => x.kind);
    if (op.mode === "write" && kinds.includes("rwsem")) {
      const isRw = kinds.map((k, i) => (k === "rwsem" ? `(${l}) == ${base + i}` : "false")).join(" || ");
      const queued = this.queued(l, t);
      out.push({
        guard: when(`${inside ? `(${isRw}) && ` : ""}!(${own}) && !(${free}) && !${queued}`),
        effects: [...sleeps, `${queued} = true;`],
        to: pc,
      });
    }
    return out;
  }

  private hold(l: string, t: number): string {
    return `h[${this.place(l, t)}]`;
  }

  private queued(l: string, t: number): string {
    return `q[${this.place(l, t)}]`;
  }

  private place(l: string, t: number): string {
    return /^\d+$/.test(l) ? String(Number(l) * this.n + t) : `(${l}) * ${this.n} + ${t}`;
  }

  private own(l: string, t: number, mode: Mode): string {
    return mode === "write" ? `${this.hold(l, t)} != 0` : `${this.hold(l, t)} == 128`;
  }

  private free(l: string, t: number, mode: Mode): string {
    const others = this.each((u) =>
      u === t
        ? ""
        : mode === "write"
          ? `${this.hold(l, u)} == 0`
          : `${this.hold(l, u)} != 128 && !${this.queued(l, u)}`,
    );
    return others.filter(Boolean).join(" && ") || "true";
  }

  private take(l: string, t: number, mode: Mode): string {
    return `${this.queued(l, t)} = false; ${this.hold(l, t)} = ${mode === "write" ? "128" : `${this.hold(l, t)} + 1`};`;
  }

  private waiting(section: number, who: number, forWhom: number): number {
    return (section * this.n + who) * this.n + forWhom;
  }

  private snapshot(section: number, t: number): string[] {
    return this.each((u) =>
      u === t
        ? `w[${this.waiting(section, t, u)}] = false;`
        : `w[${this.waiting(section, t, u)}] = (nest[${section * this.n + u}] > 0);`,
    );
  }

  private atomic(t: number): string {
    const parts = [
      ...this.m.sections.flatMap((s, k) => (s.atomic ? [`nest[${k * this.n + t}] > 0`] : [])),
      ...this.m.locks.flatMap((l, k) => (l.kind === "spin" ? [`${this.hold(String(k), t)} != 0`] : [])),
    ];
    return parts.join(" || ") || "false";
  }

  // ---- values ----

  private temp(): string {
    const name = `x${this.temps++}`;
    this.mostTemps = Math.max(this.mostTemps, this.temps);
    return name;
  }

  private checked(e: Expr, then: (v: string) => string[]): string[] {
    const { text, bad } = promelaValue(e);
    if (!bad) return then(text);
    const v = this.temp();
    return [`${v} = ${text};`, `if :: ${v} == BAD -> gone = true; goto end :: else fi;`, ...then(v)];
  }

  private indexed(wide: Ref, then: (at: string) => string[]): string[] {
    const ref = narrow(wide);
    if (!ref.index) return then(String(ref.base));
    const v = this.temp();
    const a = this.temp();
    return [
      `${v} = ${this.pure(ref.index)};`,
      `if :: ${v} < 0 || ${v} >= ${ref.size} -> gone = true; goto end :: else fi;`,
      `${a} = ${ref.base} + ${v};`,
      ...then(a),
    ];
  }

  private alive(live: Ref | undefined): string[] {
    return live ? this.indexed(live, (at) => [`assert(c[${at}] != 0);`]) : [];
  }

  private readModifyWrite(op: Op & { k: "rmw" | "compareSwap" }, at: string): string[] {
    const old = this.temp();
    const now = this.temp();
    const out = [`${old} = c[${at}];`];
    if (op.k === "compareSwap") {
      const want = this.temp();
      out.push(
        `${want} = ${this.pure(op.expect)};`,
        `if :: ${want} == U || ${old} == U -> gone = true; goto end :: else fi;`,
      );
      return [
        ...out,
        ...this.checked(op.e, (v) => [
          `${now} = (${old} == ${want} -> ${v} : ${old});`,
          `c[${at}] = ${now};`,
          `r${op.r} = ${old};`,
        ]),
      ];
    }
    const sum = { add: "+", or: "|", and: "&" } as const;
    return [
      ...out,
      ...this.checked(op.e, (v) => [
        op.how === "exchange"
          ? `${now} = ${v};`
          : `${now} = ((${old} == U || ${v} == U) -> U : ${op.how === "addNonZero" ? `(${old} == 0 -> 0 : CLIP(${old} + ${v}))` : `CLIP(${old} ${sum[op.how]} ${v})`});`,
        `if :: ${now} == BAD -> gone = true; goto end :: else fi;`,
        `c[${at}] = ${now};`,
        ...(op.r === null ? [] : [`r${op.r} = ${old};`]),
      ]),
    ];
  }

  /** An expression without side effects; register `r` may be replaced by `as`. */
  private pure(e: Expr, r = -1, as = ""): string {
    return promelaValue(e, r, as).text;
  }
}

/** Per pc: nobody else notices the op, so nobody need come in before it. */
function followsAtOnce(m: Model, foot: Footprints, t: number): boolean[] {
  const { ops } = m.threads[t]!;
  const alone = ops.map(
    (_, pc) =>
      pc > 0 &&
      m.threads.every((_, u) => {
        if (u === t) return true;
        const r = foot.reads[t]![pc]!;
        const w = foot.writes[t]![pc]!;
        const fr = foot.futureReads[u]![0]!;
        const fw = foot.futureWrites[u]![0]!;
        return w.every((x, i) => (x & (fr[i]! | fw[i]!)) === 0 && (r[i]! & fw[i]!) === 0);
      }),
  );
  // A loop of such ops gives way once a turn: what never ends in one atomic step is never seen to go round.
  const state = new Uint8Array(ops.length);
  for (let start = 0; start < ops.length; start++) {
    const stack = state[start] === 0 ? [{ pc: start, next: nextPcs(ops[start]!, start) }] : [];
    if (stack.length > 0) state[start] = 1;
    for (let top = stack.at(-1); top; top = stack.at(-1)) {
      const to = top.next.pop();
      if (to === undefined) {
        state[top.pc] = 2;
        stack.pop();
      } else if (state[to] === 1) alone[to] = false;
      else if (state[to] === 0) {
        state[to] = 1;
        stack.push({ pc: to, next: nextPcs(ops[to]!, to) });
      }
    }
  }
  return alone;
}
