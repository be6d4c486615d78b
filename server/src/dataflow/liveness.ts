/** Live local variables at the entry of each block (backward may-analysis; Aho et al., section 9.2.5). */
import type { Block, Cfg, Instr } from "../cfg/cfg";
import { successors } from "../cfg/cfg";
import type { Expr } from "../syntax/ast";

export interface Liveness {
  liveIn: ReadonlySet<string>[];
  /** Variables whose address is taken: live everywhere. */
  escaping: ReadonlySet<string>;
}

class Uses {
  readonly used = new Set<string>();
  readonly defined = new Set<string>();

  constructor(private readonly escaping: Set<string>) {}

  use(e: Expr): void {
    switch (e.k) {
      case "id":
        if (!this.defined.has(e.name)) this.used.add(e.name);
        return;
      case "assign":
        this.use(e.r);
        if (e.l.k === "id") {
          if (e.op !== "=") this.use(e.l);
          this.defined.add(e.l.name);
        } else this.use(e.l);
        return;
      case "un":
        if (e.op === "&") this.escape(e.e);
        this.use(e.e);
        return;
      case "mem":
        this.use(e.base);
        return;
      case "idx":
        this.use(e.base);
        this.use(e.index);
        return;
      case "incdec":
      case "cast":
        this.use(e.e);
        return;
      case "bin":
      case "comma":
        this.use(e.l);
        this.use(e.r);
        return;
      case "cond":
        this.use(e.c);
        if (e.t) this.use(e.t);
        this.use(e.f);
        return;
      case "call":
        this.use(e.fn);
        for (const a of e.args) this.use(a);
        return;
      case "init":
        for (const i of e.items) this.use(i.value);
        return;
      case "unknown":
        for (const p of e.parts) this.use(p);
        return;
    }
  }

  private escape(e: Expr): void {
    if (e.k === "id") this.escaping.add(e.name);
    else if (e.k === "mem" && !e.arrow) this.escape(e.base);
    else if (e.k === "idx") this.escape(e.base);
  }

  instr(i: Instr): void {
    switch (i.k) {
      case "eval":
        this.use(i.e);
        break;
      case "decl":
        if (i.v.init) this.use(i.v.init);
        this.defined.add(i.v.name);
        break;
      case "temp":
        this.use(i.e);
        this.defined.add(i.name);
        break;
      case "guard":
      case "unguard":
        for (const a of i.args) this.use(a);
        break;
      case "free":
        if (!this.defined.has(i.variable)) this.used.add(i.variable);
        break;
    }
  }

  term(b: Block): void {
    const t = b.term;
    if (t.k === "branch") this.use(t.cond);
    else if (t.k === "iterate") this.use(t.call);
    else if (t.k === "switch") this.use(t.e);
    else if (t.k === "return" && t.e) this.use(t.e);
  }
}

const known = new WeakMap<Cfg, Liveness>();

/** Computed once per graph. */
export function liveness(cfg: Cfg): Liveness {
  let found = known.get(cfg);
  if (found === undefined) {
    found = compute(cfg);
    known.set(cfg, found);
  }
  return found;
}

function compute(cfg: Cfg): Liveness {
  const escaping = new Set<string>();
  const uses = cfg.blocks.map((b) => {
    const u = new Uses(escaping);
    for (const i of b.instrs) u.instr(i);
    u.term(b);
    return u;
  });
  // Bit sets over the variables that any block uses.
  const numbers = new Map<string, number>();
  for (const u of uses) for (const name of u.used) if (!numbers.has(name)) numbers.set(name, numbers.size);
  const words = (numbers.size + 31) >>> 5;
  const live = new Int32Array(cfg.blocks.length * words);
  const kept = new Int32Array(cfg.blocks.length * words).fill(-1);
  uses.forEach((u, id) => {
    for (const name of u.used) {
      const n = numbers.get(name) as number;
      live[id * words + (n >>> 5)]! |= 1 << (n & 31);
    }
    for (const name of u.defined) {
      const n = numbers.get(name);
      if (n !== undefined) kept[id * words + (n >>> 5)]! &= ~(1 << (n & 31));
    }
  });
  const backwards = [...cfg.order].reverse();
  for (let changed = true; changed; ) {
    changed = false;
    for (const id of backwards) {
      for (const next of successors(cfg.blocks[id] as Block)) {
        for (let w = 0; w < words; w++) {
          const at = id * words + w;
          const now = (live[at] as number) | ((live[next * words + w] as number) & (kept[at] as number));
          if (now === live[at]) continue;
          live[at] = now;
          changed = true;
        }
      }
    }
  }
  const names = [...numbers.keys()];
  const liveIn = uses.map(
    (_, id) => new Set(names.filter((_, n) => (live[id * words + (n >>> 5)] as number) & (1 << (n & 31)))),
  );
  return { liveIn, escaping };
}
