/** Words of scenario C that only mean something in races of two of the user's functions: objects that come and go. */
import type { Expr as CExpr } from "../syntax/ast";
import type { Lowering } from "./lower";
import type { Place, Value } from "./place";
import { num, reg } from "./world";

/** An atomic access by a primitive: both a read and a write, and a count up or down if the number is known. */
export function noteCounted(l: Lowering, name: string, place: Place, amount: CExpr | undefined): void {
  const { sharing } = l.ctx;
  if (!sharing) return;
  sharing.note(place, "read");
  if (name === "lk_await" || name === "lk_touch") return;
  const by = amount && (name === "lk_add" || name === "lk_get") ? l.values.value(amount).e : num(0);
  sharing.note(place, "write", by.k === "num" ? by.v : by.k === "un" && by.e.k === "num" ? -by.e.v : 0);
}

/** Null: no such word, or no such race. */
export function raceWord(l: Lowering, name: string, args: readonly CExpr[]): Value | null {
  const { sharing, world } = l.ctx;
  if (!sharing) return null;
  const { values, out } = l;
  const arg = (n: number): Value => (args[n] ? values.value(args[n]) : values.unknown(""));
  switch (name) {
    case "lk_look":
      sharing.use(l, arg(1), "touch");
      return values.unknown("");
    case "lk_drop":
      sharing.use(l, arg(1), "free");
      return values.unknown("");
    case "lk_drop_later": {
      // What callbacks of RCU free: after all who read now have left. One of them per thread.
      const section = world.section("rcu");
      const kept = out.regFor(LATER);
      if (section >= 0) out.emit({ k: "snapshot", section });
      sharing.learnt.frees.add(sharing.thread);
      sharing.later = true;
      out.set(kept, arg(1).e);
      return values.unknown("");
    }
    case "lk_owner": {
      const v = arg(0);
      return sharing.ownerOf(v) ?? { ...v, key: null };
    }
    case "lk_new": {
      const flags = args[1] ? values.value(args[1]).key : null;
      const { compiled } = l.ctx.user.program.o;
      if (flags !== null && compiled.gfpSleeps([flags]) === "yes") out.emit({ k: "sleep" });
      const object = sharing.allocate();
      if (object === null) return values.unknown("void *");
      const r = out.reg();
      out.emit({ k: "choose", r, values: [object, 0] });
      return { e: reg(r), type: "void *", key: null, vars: new Set() };
    }
    case "lk_fresh": {
      const role = world.scenario.roles.find((r) => args[0]?.k === "id" && r.name === args[0].name);
      const r = out.reg();
      out.emit({ k: "choose", r, values: [role?.fresh ?? role?.value ?? 1, 0] });
      return { e: reg(r), type: "", key: null, vars: new Set() };
    }
    case "lk_call": {
      const called = arg(0).key;
      const from = [...l.callers()].find((code) => code.user);
      const code = from && called !== null && /^\w+$/.test(called) ? l.ctx.user.callee(from, called) : undefined;
      if (code && code.ast.degraded.length === 0)
        return l.inline(
          code,
          args.slice(1).map((a) => values.value(a)),
          null,
        );
      out.notes.unmodelled.add(called ?? "a callback");
      out.cut(`${called ?? "a callback"}() is not modelled`);
      return values.unknown("");
    }
    default:
      return null;
  }
}

/** Register of the object that goes once its readers have left. */
const LATER = "freed after a grace period";

/** At the end of a thread: the grace period passes, and the object goes. */
export function finishLater(l: Lowering): void {
  const { sharing, world } = l.ctx;
  const section = world.section("rcu");
  if (!sharing?.later) return;
  if (section >= 0) l.out.emit({ k: "settle", section });
  sharing.use(l, { e: reg(l.out.regFor(LATER)), type: "", key: null, vars: new Set() }, "free");
}
