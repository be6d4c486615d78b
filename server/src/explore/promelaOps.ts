/** One op as Promela: in how many ways it can go on, and what each does. */
import { type Expr, type Mode, type Model, narrow, type Op, type Ref } from "./model";
import { promelaValue } from "./promelaValues";

/** A way of an op. */
export interface Way {
  /** Empty: always open. */
  guard: string;
  effects: string[];
  /** Absent: the op behind it. */
  to?: number;
}

const GONE = "gone = true; goto end;";
const OVER = "gone = true; over = true; goto end;";

export class OpExporter {
  private readonly n: number;
  /** What a thread does that comes to a bound: the others go on. */
  private giveUp = GONE;
  /** Names for values in between, of one op; most of any op so far. */
  private temps = 0;
  mostTemps = 0;

  constructor(private readonly m: Model) {
    this.n = m.threads.length;
  }

  /** Names for values in between may be used again: another op begins. */
  begin(): void {
    this.temps = 0;
    this.giveUp = GONE;
  }

  /** What comes now is tied to an op that others may have noticed: whoever gives up here leaves a state that there is not. */
  tie(): void {
    this.giveUp = OVER;
  }

  /** In how many ways the op at `pc` of thread `t` can go on. */
  alternatives(t: number, op: Op, pc: number): Way[] {
    const one = (effects: string[], guard = "", to?: number): Way[] => [{ guard, effects, to }];
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
          `if :: up[${op.thread}] -> ${this.giveUp} :: else fi;`,
          `up[${op.thread}] = true;`,
          ...(op.section === undefined ? [] : this.snapshot(op.section, op.thread)),
        ]);
      case "sleep":
        return one([`assert(!(${this.atomic(t)}));`]);
      case "cut":
        return one([this.giveUp]);
      case "stop": {
        const keeps = this.m.threads[t]!.keeps ?? [];
        const free = this.m.locks.flatMap((_, l) => (keeps.includes(l) ? [] : [`${this.hold(String(l), t)} == 0`]));
        const idle = this.m.threads[t]!.interrupts ? [`busy[${t}] = false;`] : [];
        return one([...free.map((x) => `assert(${x});`), `ended[${t}] = true;`, ...idle]);
      }
    }
  }

  private branch(op: Op & { k: "branch" }): Way[] {
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
      ...(bad ? [{ guard: `(${v}) == BAD`, effects: [this.giveUp], to: op.t }] : []),
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

  private acquire(op: Op & { k: "acquire" }, t: number, pc: number): Way[] {
    const { base, size, index } = narrow(op.lock);
    const n = index ? `(${this.pure(index)})` : "";
    const l = index ? `(${base} + ${n})` : String(base);
    const inside = index ? `${n} >= 0 && ${n} < ${size}` : "";
    const when = (condition: string): string => (inside ? `((${inside}) -> (${condition}) : false)` : condition);
    const own = this.own(l, t, op.mode);
    const free = this.free(l, t, op.mode);
    const sleeps = op.sleeps ? [`assert(!(${this.atomic(t)}));`] : [];
    const out: Way[] = [
      ...(inside ? [{ guard: `!(${inside})`, effects: [this.giveUp] }] : []),
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
    return [`${v} = ${text};`, `if :: ${v} == BAD -> ${this.giveUp} :: else fi;`, ...then(v)];
  }

  private indexed(wide: Ref, then: (at: string) => string[]): string[] {
    const ref = narrow(wide);
    if (!ref.index) return then(String(ref.base));
    const v = this.temp();
    const a = this.temp();
    return [
      `${v} = ${this.pure(ref.index)};`,
      `if :: ${v} < 0 || ${v} >= ${ref.size} -> ${this.giveUp} :: else fi;`,
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
      out.push(`${want} = ${this.pure(op.expect)};`, `if :: ${want} == U || ${old} == U -> ${this.giveUp} :: else fi;`);
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
        `if :: ${now} == BAD -> ${this.giveUp} :: else fi;`,
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
