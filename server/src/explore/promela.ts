/**
 * A model as Promela, for the model checker Spin: same ops, same violations. Sequentially consistent only.
 * A path that this program cuts or cannot follow ends there too (`gone`).
 */
import { type Expr, type Mode, type Model, nextPcs, type Op, type Ref } from "./model";

const HEADER = `#define U (-128)
#define BAD 1000
#define CLIP(v) (((v) > 127 || (v) < -127) -> BAD : (v))
#define TWO(a, b, v) (((a) == BAD || (b) == BAD) -> BAD : (((a) == U || (b) == U) -> U : (v)))
#define ONE(a, v) (((a) == BAD || (a) == U) -> (a) : (v))
bool gone = false;
`;

export function toPromela(m: Model): string {
  return new Exporter(m).text();
}

class Exporter {
  private readonly n: number;
  private temps: string[] = [];

  constructor(private readonly m: Model) {
    this.n = m.threads.length;
  }

  text(): string {
    const { m, n } = this;
    const size = (x: number): number => Math.max(1, x);
    const lines = [
      HEADER,
      `int c[${size(m.cells.length)}];`,
      // 128 stands for a write hold, else the number of reads.
      `int h[${size(m.locks.length * n)}];`,
      `bool q[${size(m.locks.length * n)}];`,
      `int nest[${size(m.sections.length * n)}];`,
      `bool w[${size(m.sections.length * n * n)}];`,
      `bool up[${n}];`,
      `bool busy[${n}];`,
      `bool ended[${n}];`,
    ];
    m.threads.forEach((_, t) => {
      lines.push(...this.process(t));
    });
    const init = m.cells.map((cell, i) => `c[${i}] = ${cell.init};`);
    const start = m.threads.map((thread, t) => (thread.dormant ? "" : `up[${t}] = true;`));
    lines.push("init {", "  atomic {", ...[...init, ...start].filter(Boolean).map((x) => `    ${x}`));
    lines.push(...m.threads.map((_, t) => `    run T${t}();`), "  }", "}", "");
    return lines.join("\n");
  }

  private process(t: number): string[] {
    const thread = this.m.threads[t]!;
    const out = [`proctype T${t}() {`];
    for (let r = 0; r < thread.registers; r++) out.push(`  int r${r} = 0;`);
    const body: string[] = [];
    this.temps = [];
    thread.ops.forEach((op, pc) => {
      const idle = pc === 0 && (thread.dormant || thread.interrupts);
      body.push(`${idle ? "end_" : ""}op${pc}:`, "  if", "  :: gone -> goto fin", ...this.step(t, pc, op), "  fi;");
    });
    out.push(...this.temps.map((x) => `  int ${x};`), ...body, "fin: skip", "}", "");
    return out;
  }

  /** The alternatives of one op, each atomic with what is tied to it. */
  private step(t: number, pc: number, op: Op): string[] {
    const thread = this.m.threads[t]!;
    const guards = ["!gone"];
    if (pc === 0) guards.push(`up[${t}]`);
    if (pc === 0 && thread.interrupts) {
      const { host, section } = thread.interrupts;
      guards.push(`nest[${section * this.n + host}] == 0`, `up[${host}]`);
    }
    this.m.threads.forEach((h, i) => {
      if (h.interrupts?.host === t) guards.push(`!busy[${i}]`);
    });
    const label = (to: number): string =>
      to === 0 && (thread.dormant || thread.interrupts) ? `end_op${to}` : `op${to}`;
    const entry = thread.interrupts && pc === 0 ? [`busy[${t}] = true;`] : [];
    return this.alternatives(t, op).map(({ guard, effects, to }) => {
      // The last op may be a bound, or a branch with an overflow of its own: nothing follows it.
      const target = to ?? (op.k === "stop" || pc + 1 >= thread.ops.length ? null : pc + 1);
      const stay = to === pc && op.k === "acquire";
      const pairs: string[] = [...entry, ...effects];
      // The rest of an atomic sequence is entered without giving way; invariants are looked at behind it.
      if (op.atomic !== true || op.k === "stop")
        pairs.push(...this.m.invariants.map((i) => `assert((${this.pure(i.e, t)}) != 0);`));
      const jump = target === null ? "goto fin" : stay ? `goto ${label(pc)}` : `goto ${label(target)}`;
      const all = [...guards, ...(guard ? [guard] : [])].join(" && ");
      const tied = op.atomic === true && target !== null ? this.tied(t, target) : [];
      return `  :: atomic { (${all}) -> ${[...pairs, ...tied].join(" ")} ${tied.length > 0 ? "" : jump} }`;
    });
  }

  /** Ops tied to the one before, in place: they neither wait nor have more than one outcome. */
  private tied(t: number, pc: number): string[] {
    const op = this.m.threads[t]!.ops[pc]!;
    const ways = this.alternatives(t, op);
    const rest = (to: number): string =>
      op.atomic === true
        ? this.tied(t, to).join(" ")
        : `${this.m.invariants.map((i) => `assert((${this.pure(i.e, t)}) != 0);`).join(" ")} goto op${to}`;
    return [
      "if",
      ...ways.map((w) => `:: (${w.guard || "true"}) -> ${w.effects.join(" ")} ${rest(w.to ?? nextPcs(op, pc)[0]!)}`),
      "fi",
    ];
  }

  private alternatives(t: number, op: Op): { guard: string; effects: string[]; to?: number }[] {
    const one = (effects: string[], guard = "", to?: number): { guard: string; effects: string[]; to?: number }[] => [
      { guard, effects, to },
    ];
    switch (op.k) {
      case "set":
        return one(this.checked(op.e, t, (v) => [`r${op.r} = ${v};`]));
      case "load":
        return one(this.cell(op.from, t, (at) => [...this.alive(op.live, t), `r${op.r} = c[${at}];`]));
      case "await": {
        const i = op.from.index;
        const n = i ? this.pure(i, t) : "0";
        const inside = `(${n}) >= 0 && (${n}) < ${op.from.size}`;
        const value = `c[${op.from.base}${i ? ` + (${n})` : ""}]`;
        const ok = `((${inside}) -> ((${this.pure(op.cond, t, op.r, value)}) != 0) : true)`;
        return one(
          this.cell(op.from, t, (at) => [...this.alive(op.live, t), `r${op.r} = c[${at}];`]),
          i ? ok : `(${this.pure(op.cond, t, op.r, value)}) != 0`,
        );
      }
      case "store":
        return one(
          this.cell(op.to, t, (at) => [
            ...this.alive(op.live, t),
            ...this.checked(op.e, t, (v) => [`c[${at}] = ${v};`]),
          ]),
        );
      case "rmw":
      case "compareSwap":
        return one(this.cell(op.at, t, (at) => [...this.alive(op.live, t), ...this.readModifyWrite(op, t, at)]));
      case "touch":
        return one(this.alive(op.live, t));
      case "free":
        return one(this.cell(op.live, t, (at) => [`assert(c[${at}] != 0);`, `c[${at}] = 0;`]));
      case "jump":
        return one([], "", op.to);
      case "branch": {
        const v = this.pure(op.cond, t);
        const kept = op.memo === undefined ? "0" : `r${op.memo}`;
        const note = (x: number): string[] => (op.memo === undefined ? [] : [`r${op.memo} = ${x};`]);
        return [
          { guard: `(${v}) == BAD`, effects: ["gone = true; goto fin;"], to: op.t },
          ...(op.assume === false ? [] : [{ guard: `(${v}) == U && ${kept} == 0`, effects: note(1), to: op.t }]),
          ...(op.assume === true ? [] : [{ guard: `(${v}) == U && ${kept} == 0`, effects: note(2), to: op.f }]),
          { guard: `((${v}) == U -> ${kept} == 1 : ((${v}) != 0 && (${v}) != BAD))`, effects: [], to: op.t },
          { guard: `((${v}) == U -> ${kept} == 2 : (${v}) == 0)`, effects: [], to: op.f },
        ];
      }
      case "choose":
        return op.values.map((v) => ({ guard: "", effects: [`r${op.r} = ${v};`] }));
      case "assert":
        return one(this.checked(op.e, t, (v) => [`assert(${v} != 0);`]));
      case "acquire":
        return this.acquire(op, t);
      case "try":
        return one(
          this.lock(op.lock, t, (l) => [
            `if :: (${this.free(l, t, op.mode)}) && !(${this.own(l, t, op.mode)}) -> ${this.take(l, t, op.mode)} r${op.r} = 1 :: else -> r${op.r} = 0 fi;`,
          ]),
        );
      case "release":
        return one(
          this.lock(op.lock, t, (l) => {
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
        return one(this.lock(op.lock, t, (l) => [`assert(${this.hold(l, t)} == 128);`, `${this.hold(l, t)} = 1;`]));
      case "enter":
        return one([`nest[${op.section * this.n + t}]++;`]);
      case "leave": {
        const at = `nest[${op.section * this.n + t}]`;
        const clear = this.each((u) => `w[${this.waiting(op.section, u, t)}] = false;`);
        return one([`assert(${at} > 0);`, `${at}--;`, `if :: ${at} == 0 -> ${clear.join(" ")} :: else -> skip fi;`]);
      }
      case "snapshot":
        return one(this.snapshot(op.section, t));
      case "settle": {
        const free = this.each((u) => `!w[${this.waiting(op.section, t, u)}]`).join(" && ");
        return one([`assert(!(${this.atomic(t)}));`], free);
      }
      case "spawn":
        return one([
          `if :: up[${op.thread}] -> gone = true; goto fin :: else -> skip fi;`,
          `up[${op.thread}] = true;`,
          ...(op.section === undefined ? [] : this.snapshot(op.section, op.thread)),
        ]);
      case "sleep":
        return one([`assert(!(${this.atomic(t)}));`]);
      case "cut":
        return one(["gone = true; goto fin;"]);
      case "stop": {
        const keeps = this.m.threads[t]!.keeps ?? [];
        const free = this.m.locks.flatMap((_, l) => (keeps.includes(l) ? [] : [`${this.hold(String(l), t)} == 0`]));
        return one([...free.map((x) => `assert(${x});`), `ended[${t}] = true;`, `busy[${t}] = false;`]);
      }
    }
  }

  private each(f: (u: number) => string): string[] {
    return Array.from({ length: this.n }, (_, u) => f(u));
  }

  // ---- locks and sections ----

  private acquire(op: Op & { k: "acquire" }, t: number): { guard: string; effects: string[]; to?: number }[] {
    const pc = this.m.threads[t]!.ops.indexOf(op);
    const base = String(op.lock.base);
    const l = op.lock.index ? `(${base} + (${this.pure(op.lock.index, t)}))` : base;
    const wild = op.lock.index
      ? `(${this.pure(op.lock.index, t)}) < 0 || (${this.pure(op.lock.index, t)}) >= ${op.lock.size}`
      : "false";
    const sleeps = op.sleeps ? [`assert(!(${this.atomic(t)}));`] : [];
    const out: { guard: string; effects: string[]; to?: number }[] = [
      { guard: wild, effects: ["gone = true; goto fin;"] },
      { guard: `((${wild}) -> false : (${this.own(l, t, op.mode)}))`, effects: [...sleeps, "assert(false);"] },
      {
        guard: `((${wild}) -> false : (!(${this.own(l, t, op.mode)}) && (${this.free(l, t, op.mode)})))`,
        effects: [...sleeps, this.take(l, t, op.mode)],
      },
    ];
    const kinds = this.m.locks.slice(op.lock.base, op.lock.base + op.lock.size).map((x) => x.kind);
    if (op.mode === "write" && kinds.includes("rwsem")) {
      const isRw = kinds.map((k, i) => (k === "rwsem" ? `(${l}) == ${op.lock.base + i}` : "false")).join(" || ");
      out.push({
        guard: `((${wild}) -> false : ((${isRw}) && !(${this.own(l, t, op.mode)}) && !(${this.free(l, t, op.mode)}) && !q[(${l}) * ${this.n} + ${t}]))`,
        effects: [...sleeps, `q[(${l}) * ${this.n} + ${t}] = true;`],
        to: pc,
      });
    }
    return out;
  }

  private hold(l: string, t: number): string {
    return `h[(${l}) * ${this.n} + ${t}]`;
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
          : `${this.hold(l, u)} != 128 && !q[(${l}) * ${this.n} + ${u}]`,
    );
    return others.filter(Boolean).join(" && ") || "true";
  }

  private take(l: string, t: number, mode: Mode): string {
    return `q[(${l}) * ${this.n} + ${t}] = false; ${this.hold(l, t)} = ${mode === "write" ? "128" : `${this.hold(l, t)} + 1`};`;
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
    const name = `x${this.temps.length}`;
    this.temps.push(name);
    return name;
  }

  private checked(e: Expr, t: number, then: (v: string) => string[]): string[] {
    const v = this.temp();
    return [`${v} = ${this.pure(e, t)};`, `if :: ${v} == BAD -> gone = true; goto fin :: else -> skip fi;`, ...then(v)];
  }

  private cell(ref: Ref, t: number, then: (at: string) => string[]): string[] {
    return this.indexed(ref, t, then);
  }

  private lock(ref: Ref, t: number, then: (at: string) => string[]): string[] {
    return this.indexed(ref, t, then);
  }

  private indexed(ref: Ref, t: number, then: (at: string) => string[]): string[] {
    if (!ref.index) return then(String(ref.base));
    const v = this.temp();
    const a = this.temp();
    return [
      `${v} = ${this.pure(ref.index, t)};`,
      `if :: ${v} < 0 || ${v} >= ${ref.size} -> gone = true; goto fin :: else -> skip fi;`,
      `${a} = ${ref.base} + ${v};`,
      ...then(a),
    ];
  }

  private alive(live: Ref | undefined, t: number): string[] {
    return live ? this.indexed(live, t, (at) => [`assert(c[${at}] != 0);`]) : [];
  }

  private readModifyWrite(op: Op & { k: "rmw" | "compareSwap" }, t: number, at: string): string[] {
    const old = this.temp();
    const now = this.temp();
    const out = [`${old} = c[${at}];`];
    if (op.k === "compareSwap") {
      const want = this.temp();
      out.push(
        `${want} = ${this.pure(op.expect, t)};`,
        `if :: ${want} == U || ${old} == U -> gone = true; goto fin :: else -> skip fi;`,
      );
      return [
        ...out,
        ...this.checked(op.e, t, (v) => [
          `${now} = (${old} == ${want} -> ${v} : ${old});`,
          `c[${at}] = ${now};`,
          `r${op.r} = ${old};`,
        ]),
      ];
    }
    const sum = { add: "+", or: "|", and: "&" } as const;
    return [
      ...out,
      ...this.checked(op.e, t, (v) => [
        op.how === "exchange"
          ? `${now} = ${v};`
          : `${now} = ((${old} == U || ${v} == U) -> U : ${op.how === "addNonZero" ? `(${old} == 0 -> 0 : CLIP(${old} + ${v}))` : `CLIP(${old} ${sum[op.how]} ${v})`});`,
        `if :: ${now} == BAD -> gone = true; goto fin :: else -> skip fi;`,
        `c[${at}] = ${now};`,
        ...(op.r === null ? [] : [`r${op.r} = ${old};`]),
      ]),
    ];
  }

  /** An expression without side effects; register `r` may be replaced by `as`. */
  private pure(e: Expr, t: number, r = -1, as = ""): string {
    const sub = (x: Expr): string => this.pure(x, t, r, as);
    switch (e.k) {
      case "num":
        return e.v < 0 ? `(${e.v})` : String(e.v);
      case "reg":
        return e.r === r ? as : `r${e.r}`;
      case "cell":
        return `c[${e.c}]`;
      case "done":
        return `(ended[${e.t}] -> 1 : 0)`;
      case "un": {
        const v = sub(e.e);
        const one = e.op === "!" ? `((${v}) == 0 -> 1 : 0)` : e.op === "-" ? `CLIP(-(${v}))` : `CLIP(~(${v}))`;
        return `ONE(${v}, ${one})`;
      }
      case "bin": {
        const a = sub(e.l);
        const b = sub(e.r);
        if (e.op === "&&")
          return `(((${a}) == BAD || (${b}) == BAD) -> BAD : (((${a}) == 0 || (${b}) == 0) -> 0 : (((${a}) == U || (${b}) == U) -> U : 1)))`;
        if (e.op === "||")
          return `(((${a}) == BAD || (${b}) == BAD) -> BAD : ((((${a}) != 0 && (${a}) != U) || ((${b}) != 0 && (${b}) != U)) -> 1 : (((${a}) == U || (${b}) == U) -> U : 0)))`;
        const raw = `(${a}) ${e.op} (${b})`;
        if (["==", "!=", "<", "<=", ">", ">="].includes(e.op)) return `TWO(${a}, ${b}, (${raw} -> 1 : 0))`;
        if (e.op === "<<") return `TWO(${a}, ${b}, (((${b}) < 0 || (${b}) > 7) -> BAD : CLIP(${raw})))`;
        if (e.op === ">>") return `TWO(${a}, ${b}, ((${b}) < 0 -> BAD : ((${a}) >> (${b}))))`;
        return `TWO(${a}, ${b}, CLIP(${raw}))`;
      }
    }
  }
}
