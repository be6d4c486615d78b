/** Memory of one thread: variables of its frames, and objects that no other thread knows. */
import { UNKNOWN } from "../explore/model";
import type { Expr as CExpr, VarDecl } from "../syntax/ast";
import { clearBits } from "./bits";
import type { Lowering } from "./lower";
import type { Place, Value } from "./place";
import { resolveName } from "./scopes";
import { bare, num } from "./world";

/** A field behind the user's own pointer: a register, one object per pointer. */
export function heapField(l: Lowering, pointer: Value, name: string, field: string, type: string): Place {
  const id = `heap ${pointer.key}.${field}`;
  if (l.isStruct(type)) return { k: "struct", id, type, name };
  const { heap } = l.out.knowledge;
  const old = heap.get(id);
  if (old) for (const v of pointer.vars) old.vars.add(v);
  else heap.set(id, { type, vars: new Set(pointer.vars) });
  return { k: "reg", r: l.out.regFor(id), type, id, name };
}

/** What the fields of such objects hold before anybody writes them: pointers to roles are those, all else is unknown. */
export function startHeap(l: Lowering): void {
  const { out } = l;
  const { world } = l.ctx;
  out.defer(() =>
    [...out.knowledge.heap].map(([id, { type }]) => {
      const r = out.regFor(id);
      const through = world.valueRole(type);
      const cell = through?.deref ? world.cell(through.deref) : undefined;
      // Entries kept in such fields are what they were when the function was called for.
      if (through && cell) return [r, num(world.cells[cell.base + through.value - 1]!.init)];
      return [r, num(world.roleOf(type)?.value ?? UNKNOWN)];
    }),
  );
}

/** A variable whose address went to a call of which nothing is known. */
export function forget(l: Lowering, v: Value): void {
  if (v.addr?.k !== "reg" || l.ctx.world.roleOf(v.addr.type)) return;
  l.out.set(v.addr.r, num(UNKNOWN));
  l.out.assigned(v.addr.id);
}

/** A declaration: a register, a struct on the stack, or a name for what an address stands for. */
export function declare(l: Lowering, v: VarDecl): void {
  const { frame, out, values } = l;
  const name = resolveName(frame.code.ast, v.name, v.at);
  const id = `${frame.id}:${name}`;
  if (l.isStruct(v.type)) {
    frame.vars.set(name, { k: "struct", id, type: v.type });
    const items = v.init?.k === "init" ? v.init.items : [];
    const given = new Map(items.flatMap((x) => (x.field === null ? [] : [[x.field, values.value(x.value)] as const])));
    if (v.init && v.init.k !== "init") values.value(v.init);
    out.assignedFields(id, given, v.init ? { e: num(0), bits: clearBits } : { e: num(UNKNOWN) });
    return;
  }
  const known = v.init === null ? null : values.value(v.init);
  const init = known && (l.ctx.sharing?.taken(l, v.type, known, v.name) ?? known);
  if (init?.addr && init.addr.k !== "reg") {
    frame.vars.set(name, { k: "alias", to: init.addr, type: v.type });
    return;
  }
  const r = out.regFor(id);
  // A pointer that an iterator sets means the object of its type.
  const none = l.ctx.sharing && l.ctx.world.roleOf(v.type)?.own ? num(l.ctx.world.roleOf(v.type)!.value) : num(UNKNOWN);
  out.set(r, init ? init.e : none);
  frame.vars.set(name, { k: "reg", r, type: v.type, id });
  out.assigned(id, init?.bits);
}

/** `&p->page` where the part plays the same role as the whole. */
export function sameObject(l: Lowering, e: CExpr): Value | null {
  if (e.k !== "mem" || !e.arrow) return null;
  const whole = l.ctx.world.roleOf(`${l.places.quiet(e.base).type}`);
  if (!whole) return null;
  const tag = whole.types.find((t) => bare(l.places.quiet(e.base).type) === t) ?? "";
  const type = l.ctx.user.fieldType(l.frame.code, tag, e.field);
  if (l.ctx.world.roleOf(`${type} *`) !== whole) return null;
  return { ...l.values.value(e.base), type: `${type} *` };
}
