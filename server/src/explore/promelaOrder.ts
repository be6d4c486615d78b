/** Which ops of a thread need not give way to the others. */
import type { Footprints } from "./footprint";
import { type Model, nextPcs } from "./model";

/** Per pc: nobody else notices the op, so nobody need come in before it. */
export function followsAtOnce(m: Model, foot: Footprints, t: number): boolean[] {
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
