/** Values in the words of a caller. */
import type { Machine } from "../locks/machine";
import type { Term } from "../locks/outcomes";
import type { State } from "../locks/state";
import type { ValueId } from "../locks/values";

/** Expresses a value by what a caller can see; null if it cannot. */
export function express(m: Machine, s: State, v: ValueId, ret: ValueId | null, depth = 6): Term | null {
  if (depth === 0) return null;
  const { t } = m;
  const x = t.get(v);
  const sub = (a: ValueId): Term | null => express(m, s, a, ret, depth - 1);
  if (ret !== null && v === ret && (x.k === "result" || x.k === "phi")) return { k: "ret" };
  switch (x.k) {
    case "param":
      return { k: "arg", index: x.index };
    case "num":
      return { k: "num", n: x.n };
    case "sym":
      return x.name.startsWith("config:") ? null : { k: "sym", name: x.name };
    case "global":
      return { k: "global", name: x.name };
    case "field": {
      const of = sub(x.base);
      return of && { k: "field", of, field: x.field };
    }
    case "load": {
      const of = sub(x.addr);
      return of && { k: "load", of };
    }
    case "pure": {
      const args = x.args.map(sub);
      return args.some((a) => a === null) ? null : { k: "pure", fn: x.fn, args: args as Term[] };
    }
    case "op": {
      const a = sub(x.a);
      const b = a && sub(x.b);
      return a && b && { k: "op", op: x.op, a, b };
    }
    case "un": {
      const a = sub(x.a);
      return a && { k: "un", op: x.op, a };
    }
    case "result":
    case "phi": {
      for (const [addr, content] of s.mem) {
        if (content !== v) continue;
        const of = t.root(addr).k === "param" ? sub(addr) : null;
        if (of) return { k: "after", of };
      }
      return null;
    }
    default:
      return null;
  }
}
