/**
 * A model as Promela, for the model checker Spin: same ops, same violations. Sequentially consistent only.
 * A thread that this program cuts or cannot follow ends there too (`gone`), and the others go on. What only its own thread notices
 * follows in the same atomic step.
 */
import { footprints } from "./footprint";
import { invariantsOf } from "./harms";
import { type Model, nextPcs, type Op } from "./model";
import { OpExporter } from "./promelaOps";
import { followsAtOnce } from "./promelaOrder";
import { promelaValue, VALUES } from "./promelaValues";

const HEADER = `/*
 * c cells, h holds of locks (128 for writing, else how often for reading), q writers in the queue, nest and w sections and who is
 * waited for in them; r registers. One operation per label; what nobody else notices follows at once. Who cannot go on is
 * found by init, so every label is a valid end for Spin.
 *   spin -a model.pml && gcc -O2 -DSAFETY -DNOREDUCE -DVECTORSZ=4096 -o pan pan.c && ./pan -m1000000
 */
${VALUES}
bool gone = false;	/* some thread reached a bound, or a value that the model does not have */
`;

export function toPromela(m: Model): string {
  return new Exporter(m).text();
}

/** Spin accepts that a process stands still where the label begins with `end`: at any op, whether or not others notice it. */
const label = (pc: number): string => `end${pc}`;

class Exporter {
  private readonly n: number;
  private readonly ops: OpExporter;
  /** Per thread and pc: follows the op before without giving way. */
  private readonly follows: boolean[][];
  /** Invariants to be looked at behind an op. */
  private readonly broken: number[][][];
  /** Some ops are tied to others. */
  private readonly ties: boolean;
  /** Some thread is woken by another, or is a handler. */
  private readonly sleepers: boolean;

  constructor(private readonly m: Model) {
    this.n = m.threads.length;
    this.ops = new OpExporter(m);
    const foot = footprints(m);
    this.follows = m.threads.map((_, t) => followsAtOnce(m, foot, t));
    this.broken = invariantsOf(m);
    this.ties = m.threads.some((t) => t.ops.some((op) => op.atomic));
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
      this.ties ? "bool over = false;\t/* in the middle of an atomic sequence: nobody goes on */" : "",
      // Of one atomic step: no part of a state.
      ...Array.from({ length: this.ops.mostTemps }, (_, i) => `hidden short x${i};`),
    ].filter(Boolean);
    lines.push("", ...processes);
    const init = m.cells.map((cell, i) => (cell.init === 0 ? "" : `c[${i}] = ${cell.init};`));
    const start = m.threads.map((thread, t) => (thread.dormant || !this.sleepers ? "" : `up[${t}] = true;`));
    lines.push("init {", "  atomic {", ...[...init, ...start].filter(Boolean).map((x) => `    ${x}`));
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
      const lines = [`${label(pc)}:`, "  if", ...this.step(t, pc, op), "  fi;"];
      (this.follows[t]![pc] ? following : out).push(...lines);
    });
    // A jump from one atomic step into the middle of another does not give way.
    if (following.length > 0) out.push("  atomic {", "  goto end;", ...following, "  }");
    out.push("end: false", "}", "");
    return out;
  }

  private asserts(t: number, pc: number): string[] {
    return this.broken[t]![pc]!.map((i) => `assert((${promelaValue(this.m.invariants[i]!.e).text}) != 0);`);
  }

  /** The alternatives of one op, each atomic with what is tied to it. */
  private step(t: number, pc: number, op: Op): string[] {
    const thread = this.m.threads[t]!;
    const follows = this.follows[t]![pc]!;
    const guards = this.ties ? ["!over"] : [];
    if (pc === 0 && (thread.dormant || thread.interrupts)) guards.push(`up[${t}]`);
    if (pc === 0 && thread.interrupts) {
      const { host, section } = thread.interrupts;
      guards.push(`nest[${section * this.n + host}] == 0`, `up[${host}]`);
    }
    this.m.threads.forEach((h, i) => {
      if (h.interrupts?.host === t) guards.push(`!busy[${i}]`);
    });
    this.ops.begin();
    // The interrupt has come with the first op that is done, not when it queues for a lock.
    const entry = (to: number | undefined): string[] =>
      thread.interrupts && pc === 0 && to !== pc ? [`busy[${t}] = true;`] : [];
    return this.ops.alternatives(t, op, pc).map(({ guard, effects, to }) => {
      // The last op may be a bound, or a branch with an overflow of its own: nothing follows it.
      const target = to ?? (op.k === "stop" || pc + 1 >= thread.ops.length ? null : pc + 1);
      const pairs: string[] = [...entry(to), ...effects];
      const tied = op.atomic === true && target !== null ? this.tied(t, target, pc) : [];
      // The rest of an atomic sequence is entered without giving way; invariants are looked at behind it.
      if (tied.length === 0) pairs.push(...this.asserts(t, pc));
      const jump = target === null ? "goto end" : `goto ${label(target)}`;
      const all = [...guards, ...(guard && guard !== "true" ? [guard] : [])].join(" && ") || "true";
      const gives = effects.at(-1)?.endsWith("goto end;") === true;
      const body = `${[...pairs, ...tied].join(" ")} ${tied.length > 0 || gives ? "" : jump}`.trim();
      return follows ? `  :: (${all}) -> ${body}` : `  :: atomic { (${all}) -> ${body} }`;
    });
  }

  /** Ops tied to the one before, in place: they neither wait nor have more than one outcome. `head`: the first of them. */
  private tied(t: number, pc: number, head: number): string[] {
    const op = this.m.threads[t]!.ops[pc]!;
    if (!this.follows[t]![head]) this.ops.tie();
    const ways = this.ops.alternatives(t, op, pc);
    const rest = (to: number): string =>
      op.atomic === true ? this.tied(t, to, head).join(" ") : `${this.asserts(t, head).join(" ")} goto ${label(to)}`;
    return [
      "if",
      ...ways.map((w) => `:: (${w.guard || "true"}) -> ${w.effects.join(" ")} ${rest(w.to ?? nextPcs(op, pc)[0]!)}`),
      "fi",
    ];
  }
}
