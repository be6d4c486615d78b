/** Blocks while they are built, and their final form: reachable, threaded, in reverse post-order. */
import type { Block, Cfg, Instr, Term } from "./cfg";
import { successors } from "./cfg";

export class Graph {
  readonly blocks: { instrs: Instr[]; term: Term | null }[] = [];

  add(): number {
    this.blocks.push({ instrs: [], term: null });
    return this.blocks.length - 1;
  }

  /** Entry is block 0. Blocks without terminator end the function. */
  finish(end: number): Cfg {
    const blocks = this.blocks;
    for (const b of blocks) b.term ??= { k: "return", e: null, at: end, end };
    const target = this.threaded();
    const first = target[0] as number;
    let { order, heads } = postorder(blocks as Block[], target, first);
    // The entry is no loop head: states at function entry and on the back edge stay apart.
    if (heads.has(first) && first !== 0) ({ order, heads } = postorder(blocks as Block[], target, 0));
    const number = new Int32Array(blocks.length).fill(-1);
    order.forEach((old, i) => {
      number[old] = i;
    });
    const to = (t: number): number => number[target[t] as number] as number;
    const out: Block[] = order.map((old, id) => {
      const b = blocks[old] as Block;
      return { id, instrs: b.instrs, term: redirect(b.term, to) };
    });
    return { blocks: out, loopHeads: new Set([...heads].map((h) => number[h] as number)), order: out.map((b) => b.id) };
  }

  /** Where a jump to each block ends up when empty blocks are skipped. */
  private threaded(): Int32Array {
    const n = this.blocks.length;
    const target = new Int32Array(n).fill(-1);
    for (let i = 0; i < n; i++) {
      let b = i;
      const seen: number[] = [];
      while (target[b] === -1) {
        const block = this.blocks[b] as { instrs: Instr[]; term: Term | null };
        if (block.instrs.length > 0 || block.term?.k !== "goto") break;
        target[b] = -2;
        seen.push(b);
        b = block.term.to;
      }
      // -2: an empty endless loop; its last block stays.
      const known = target[b] as number;
      const final = known >= 0 ? known : b;
      if (known < 0) target[b] = b;
      for (const s of seen) target[s] = final;
    }
    return target;
  }
}

function redirect(t: Term, to: (block: number) => number): Term {
  switch (t.k) {
    case "goto":
      return { ...t, to: to(t.to) };
    case "branch":
    case "config":
    case "iterate":
      return { ...t, t: to(t.t), f: to(t.f) };
    case "switch":
      return { ...t, cases: t.cases.map((c) => ({ ...c, to: to(c.to) })), dflt: to(t.dflt) };
    default:
      return t;
  }
}

/** Reverse post-order in which a loop's body comes before its exit, and the targets of back edges. */
function postorder(blocks: Block[], target: Int32Array, entry: number): { order: number[]; heads: Set<number> } {
  const state = new Uint8Array(blocks.length);
  const heads = new Set<number>();
  const order: number[] = [];
  const stack: { b: number; next: number[]; i: number }[] = [];
  const enter = (b: number): void => {
    state[b] = 1;
    const next = successors(blocks[b] as Block);
    stack.push({ b, next, i: next.length });
  };
  enter(entry);
  for (let top = stack[stack.length - 1]; top; top = stack[stack.length - 1]) {
    // Last successor first: it ends up behind the others.
    const jump = top.next[--top.i];
    const s = jump === undefined ? -1 : (target[jump] as number);
    if (s < 0) {
      state[top.b] = 2;
      order.push(top.b);
      stack.pop();
    } else if (state[s] === 0) enter(s);
    else if (state[s] === 1) heads.add(s);
  }
  return { order: order.reverse(), heads };
}
