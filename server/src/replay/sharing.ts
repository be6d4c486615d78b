/**
 * What two functions of the user share when they race: objects by number, and the fields and globals that both use and one
 * of them changes. Found by laying both out until nothing new turns up.
 */
import type { Expr, Ref } from "../explore/model";
import type { Expr as CExpr } from "../syntax/ast";
import type { Lowering } from "./lower";
import type { Place, Value } from "./place";
import type { Role, Scenario } from "./scenario";
import { bare, num, type World } from "./world";

/** Cell of each object: 0 once it is freed. */
export const LIVE = "object_live";
/** The object that a pointer means, if that is known before the search. */
function objectOf(v: Value): number | null {
  if (v.e.k === "num") return v.e.v;
  const named = /^object (\d+)$/.exec(v.key ?? "");
  return named ? Number(named[1]) : null;
}

/** A pointer as the number of its object, if that is known. */
function known(v: Value): Expr {
  const n = objectOf(v);
  return n === null ? v.e : num(n);
}

/** Key of a parameter that means an object. */
export function objectKey(n: number): string {
  return `object ${n}`;
}

/** More objects than the numbers of the model tell apart. */
const MAX_OBJECTS = 60;

/** How the threads use one field or global. */
export interface Use {
  path: string;
  type: string;
  reads: Set<number>;
  writes: Set<number>;
  /** Threads that count it down without having counted it up. */
  puts: Set<number>;
  gets: Set<number>;
  /** Per thread, the objects whose field it is; ANY if that is not known before the search. */
  objects: Set<number>[];
}

const ANY = -1;

/** What the layouts so far have found out. Grows only. */
export interface Learnt {
  /** Structs whose pointers the functions follow, in the order met. */
  tags: string[];
  uses: Map<string, Use>;
  /** Objects that each thread allocates, at most. */
  fresh: number[];
  /** Threads that free objects. */
  frees: Set<number>;
  /** Locks that each thread takes or drops. */
  locks: Map<string, Set<number>>;
  /** Threads by array, or by pointer to plain memory, whose elements they use. */
  elements: Map<string, Set<number>>;
}

export function newLearnt(threads: number): Learnt {
  return {
    tags: [],
    uses: new Map(),
    fresh: new Array(threads).fill(0),
    frees: new Set(),
    locks: new Map(),
    elements: new Map(),
  };
}

/** How much is known: the same twice means that nothing more will come. */
export function extentOf(l: Learnt): string {
  const uses = [...l.uses.values()].map((u) => [
    u.path,
    ...[u.reads, u.writes, u.puts, u.gets, ...u.objects].map((s) => s.size),
  ]);
  return JSON.stringify([l.tags, uses, l.fresh, [...l.frees], [...l.locks].map(([n, t]) => [n, t.size])]);
}

/** Does more than one thread use it, and one of them change it? */
export function isShared(u: Use): boolean {
  return u.writes.size > 0 && usedByBoth(u);
}

/** Do two threads use it in one object? */
export function usedByBoth(u: Use): boolean {
  const [a, b] = u.objects;
  if (!a || !b || a.size === 0 || b.size === 0) return false;
  return a.has(ANY) || b.has(ANY) || [...a].some((n) => b.has(n));
}

export interface ObjectName {
  name: string;
  /** Struct of the object; null for memory behind a plain pointer. */
  tag: string | null;
}

export class Sharing {
  readonly roles: Role[] = [];
  /** Those of the generic scenario. */
  readonly common: Role[] = [];
  /** Structs of which each thread has its own objects. */
  readonly apart = new Set<string>();
  private readonly exchanged: [Role, number][] = [];
  readonly objects: ObjectName[] = [];
  /** Thread that is laid out. */
  thread = 0;
  /** The thread frees something after a grace period. */
  later = false;
  private readonly cells = new Map<string, Ref>();
  private readonly own = new Map<string, number[]>();
  private readonly buffers = new Map<string, number>();
  private allocated: number[];
  private firstFresh = 0;

  /** `parameters`: per thread, how many parameters of each struct it has; only looked at if objects are distinct. */
  constructor(
    readonly learnt: Learnt,
    private readonly distinct: boolean,
    private readonly parameters: readonly ReadonlyMap<string, number>[],
    private readonly generic: Scenario,
    private readonly allowed: ReadonlySet<string>,
  ) {
    const taken = (tag: string): boolean => this.generic.roles.some((r) => r.types.includes(tag));
    for (const r of generic.roles) {
      const role = { ...r };
      this.common.push(role);
      if (role.fresh !== null) this.exchanged.push([role, role.fresh]);
    }
    this.allocated = learnt.fresh.map(() => 0);
    for (const tag of learnt.tags) {
      if (taken(tag)) continue;
      // Distinct: one for each parameter, and one per thread for what is reached through others.
      const count = distinct ? parameters.reduce((n, p) => n + (p.get(tag) ?? 0), 0) + parameters.length : 1;
      const numbers = Array.from({ length: count }, (_, i) => this.object(count > 1 ? `${tag} ${i + 1}` : tag, tag));
      this.own.set(tag, numbers);
      this.roles.push({
        name: tag,
        types: [tag],
        value: numbers[0]!,
        leads: false,
        fresh: null,
        live: learnt.frees.size > 0 ? LIVE : null,
        deref: null,
        lock: null,
        byValue: null,
        own: true,
      });
    }
    for (const u of learnt.uses.values())
      if (isShared(u) && u.type.includes("*") && !this.own.has(bare(u.type)) && !taken(bare(u.type)))
        this.buffers.set(u.path, this.object(`the memory at ${u.path}`, null));
    this.firstFresh = this.objects.length + 1;
    learnt.fresh.forEach((n, t) => {
      for (let i = 0; i < n; i++) this.object(`new object of CPU${t}`, null);
    });
  }

  private object(name: string, tag: string | null): number {
    if (this.objects.length >= MAX_OBJECTS) return MAX_OBJECTS;
    return this.objects.push({ name, tag });
  }

  get tooMany(): boolean {
    return this.objects.length >= MAX_OBJECTS;
  }

  /** Gives the shared state its cells, and pointers to objects their values. */
  settle(world: World): void {
    const live = world.grow(
      LIVE,
      this.objects.map((o) => ({ name: `${o.name}_live`, init: 1 })),
    );
    if (live.size > 0) this.cells.set(LIVE, live);
    const extra = this.objects.length - this.firstFresh + 1;
    for (const u of this.learnt.uses.values()) {
      if (!isShared(u)) continue;
      const tag = /^([^.]*)\./.exec(u.path)?.[1];
      const owners = tag === undefined ? 0 : (this.own.get(tag)?.length ?? 0);
      const size = owners === 0 ? 1 : owners + extra;
      const names = Array.from({ length: size }, (_, i) => ({
        name: i === 0 ? u.path : i < owners ? `${u.path} of object ${i + 1}` : `new ${u.path}`,
        init: 0,
      }));
      this.cells.set(u.path, world.grow(u.path, names));
    }
  }

  /** Cells by path, without those of liveness. */
  get shared(): [string, Ref][] {
    return [...this.cells].filter(([path]) => path !== LIVE);
  }

  /** Is it a global or a field that became a cell? */
  has(path: string): boolean {
    return this.cells.has(path);
  }

  /** What a pointer field holds if it is not NULL; undefined if it is no pointer. */
  pointee(path: string): number | undefined {
    const u = this.learnt.uses.get(path);
    if (!u?.type.includes("*")) return undefined;
    return this.buffers.get(path) ?? this.own.get(bare(u.type))?.[0] ?? 1;
  }

  /** Begins a thread: which objects its pointers mean. */
  enter(thread: number): void {
    this.thread = thread;
    this.later = false;
    // What a thread allocates is its own.
    for (const [role, first] of this.exchanged) {
      role.fresh = first + thread;
      if (this.distinct) role.value = role.fresh;
    }
    if (!this.distinct) return;
    for (const role of this.roles) {
      const numbers = this.own.get(role.name)!;
      role.value = numbers[numbers.length - this.parameters.length + thread]!;
    }
  }

  /** Object of the `nth` parameter of a struct in this thread. */
  parameter(role: Role, nth: number): number {
    const numbers = this.own.get(role.name);
    if (!numbers || !this.distinct) return role.value;
    const before = this.parameters.slice(0, this.thread).reduce((n, p) => n + (p.get(role.name) ?? 0), 0);
    return numbers[before + nth] ?? role.value;
  }

  /** Number of the next object that this thread allocates, or null: the model has no more. */
  allocate(): number | null {
    const nth = this.allocated[this.thread]!++;
    this.learnt.fresh[this.thread] = Math.max(this.learnt.fresh[this.thread]!, Math.min(nth + 1, 2));
    const before = this.learnt.fresh.slice(0, this.thread).reduce((a, b) => a + b, 0);
    const n = this.firstFresh + before + nth;
    return nth >= 2 || n > this.objects.length ? null : n;
  }

  /** The memory that `base->field` or `base.field` means, if it is an object of the user or a global. */
  member(
    l: Lowering,
    at: { base: Place | null; pointer: Value | null; tag: string; field: string; type: string; effects: boolean },
  ): Place | null {
    const { base, pointer, tag, field, type, effects } = at;
    const outer = base?.k === "none" || base?.k === "cell" ? base : null;
    if (l.ctx.world.field(tag, field) !== undefined || this.generic.perCall.has(tag)) return null;
    let path: string;
    let owner: Value | undefined;
    if (outer?.path !== undefined) {
      path = `${outer.path}.${field}`;
      owner = outer.owner;
    } else if (pointer && !pointer.addr && tag !== "") {
      path = `${tag}.${field}`;
      owner = pointer;
      if (!this.learnt.tags.includes(tag)) {
        const common = this.common.some((r) => r.types.includes(tag));
        if (!common && !this.allowed.has(tag)) {
          this.apart.add(tag);
          return null;
        }
        this.learnt.tags.push(tag);
      }
    } else return null;
    const role = owner && l.ctx.world.roleOf(owner.type);
    if (effects && pointer && pointer === owner) this.notNull(l, pointer);
    const live = role?.live && owner ? this.live(l, role, owner, effects) : undefined;
    return this.at(l, path, type, owner, live, effects);
  }

  /** A global variable; only asked for names that are nothing else. */
  global(l: Lowering, name: string): Place {
    return this.at(l, name, l.ctx.user.globalType(l.frame.code.file, name), undefined, undefined, true);
  }

  private at(
    l: Lowering,
    path: string,
    type: string,
    owner: Value | undefined,
    live: Ref | undefined,
    effects: boolean,
  ): Place {
    const more = { path, ...(owner ? { owner } : {}), ...(live ? { live } : {}) };
    const cell = this.cells.get(path);
    if (cell) return { k: "cell", ref: this.indexed(l, cell, owner, effects), type, ...more };
    return { k: "none", type, name: path, base: owner ?? null, ...more };
  }

  private live(l: Lowering, role: Role, owner: Value, effects: boolean): Ref | undefined {
    const cell = this.cells.get(role.live!) ?? l.ctx.world.cell(role.live!);
    if (!cell || cell.size === 0) return undefined;
    if (cell.size === 1) return cell;
    return this.slot(l, cell, known(owner), (v) => v - 1, { k: "bin", op: "-", l: owner.e, r: num(1) }, effects);
  }

  private indexed(l: Lowering, cell: Ref, owner: Value | undefined, effects: boolean): Ref {
    if (cell.size === 1 || !owner) return { base: cell.base, size: 1 };
    const numbers = this.own.get(bare(owner.type)) ?? [1];
    const [first, count, fresh] = [numbers[0]!, numbers.length, this.firstFresh];
    const place = (v: number): number => (v >= fresh ? count + v - fresh : v - first);
    const e = known(owner);
    const isNew: Expr = { k: "bin", op: ">=", l: e, r: num(fresh) };
    const when = (c: Expr, shift: number): Expr => ({
      k: "bin",
      op: "*",
      l: c,
      r: { k: "bin", op: "-", l: e, r: num(shift) },
    });
    const index: Expr = {
      k: "bin",
      op: "+",
      l: when(isNew, fresh - count),
      r: when({ k: "un", op: "!", e: isNew }, first),
    };
    return this.slot(l, cell, e, place, index, effects);
  }

  private slot(l: Lowering, cell: Ref, e: Expr, place: (v: number) => number, index: Expr, effects: boolean): Ref {
    if (e.k === "num") {
      const n = place(e.v);
      if (n >= 0 && n < cell.size) return { base: cell.base + n, size: 1 };
    }
    return { ...cell, index: effects ? l.out.temp(index) : index };
  }

  /** Following a NULL pointer is a harm of its own. */
  private notNull(l: Lowering, pointer: Value): void {
    if (objectOf(pointer) !== null) return;
    const e = l.out.temp(pointer.e);
    this.known(l, { k: "bin", op: "==", l: e, r: num(0) }, () =>
      l.out.emit({ k: "assert", e: num(0), harm: this.thread }),
    );
  }

  /** Runs `then` where a condition is known to be true; unknown values are not accused of anything. */
  private known(l: Lowering, condition: Expr, then: () => void): void {
    const { out } = l;
    const [yes, on] = [out.label(), out.label()];
    out.emit({ k: "branch", cond: condition, t: yes, f: on, assume: false });
    out.place(yes);
    then();
    out.place(on);
  }

  /** An element of an array, or of memory behind a plain pointer: which one is not followed. */
  element(l: Lowering, e: CExpr & { k: "idx" }): void {
    const place = l.places.place(e.base);
    if (!place) return;
    this.use(l, l.places.read(place, e.base), "touch");
    if ((place.k !== "none" && place.k !== "cell") || place.path === undefined) return;
    const threads = this.learnt.elements.get(place.path) ?? new Set();
    this.learnt.elements.set(place.path, threads.add(this.thread));
  }

  /** The memory behind a pointer is looked at, or given back. */
  use(l: Lowering, v: Value, how: "touch" | "free"): void {
    if (how === "free") this.learnt.frees.add(this.thread);
    const role = l.ctx.world.roleOf(v.type);
    const cell = role && !role.own && role.live ? l.ctx.world.cell(role.live) : this.cells.get(LIVE);
    if (!cell || cell.size === 0) return;
    const e = l.out.temp(v.addr ? num(0) : v.e);
    this.known(l, { k: "bin", op: ">", l: e, r: num(0) }, () => {
      const live = this.slot(l, cell, e, (n) => n - 1, { k: "bin", op: "-", l: e, r: num(1) }, true);
      l.out.emit({ k: how, live: cell.size === 1 ? { base: cell.base, size: 1 } : live });
    });
  }

  /** Notes that the thread uses a place. `how`: read, written, or counted by `by`. */
  note(place: Place | null, how: "read" | "write", by = 0): void {
    if (!place || (place.k !== "none" && place.k !== "cell") || place.path === undefined) return;
    const { uses } = this.learnt;
    let u = uses.get(place.path);
    if (!u) {
      const objects = this.learnt.fresh.map(() => new Set<number>());
      u = {
        path: place.path,
        type: "",
        reads: new Set(),
        writes: new Set(),
        puts: new Set(),
        gets: new Set(),
        objects,
      };
      uses.set(place.path, u);
    }
    if (u.type === "") u.type = place.type;
    (how === "read" ? u.reads : u.writes).add(this.thread);
    const { owner } = place;
    u.objects[this.thread]!.add(owner === undefined ? 0 : (objectOf(place.owner!) ?? ANY));
    if (by < 0) u.puts.add(this.thread);
    if (by > 0) u.gets.add(this.thread);
  }

  /** Name of a lock in an object; it tells objects apart if those are distinct. */
  lockName(place: Place | undefined): string | null {
    if (place?.k !== "none" && place?.k !== "cell") return null;
    const object = place.owner && this.distinct ? objectOf(place.owner) : null;
    const at = object === null ? "" : ` of object ${object}`;
    return place.path === undefined ? null : `${place.path}${at}`;
  }

  noteLock(name: string): void {
    const threads = this.learnt.locks.get(name) ?? new Set();
    this.learnt.locks.set(name, threads.add(this.thread));
  }

  /** Pointers of which nothing is known are taken as the one object of their type. */
  taken(l: Lowering, type: string, v: Value, what: string): Value {
    const role = l.ctx.world.roleOf(type);
    if (!role?.own || v.e.k !== "num" || v.e.v !== -128) return v;
    l.out.notes.assumptions.add(`${what} is taken as the ${role.name}`);
    return { ...v, e: num(role.value), type };
  }

  /** The object that an address lies in: what `container_of()` and callbacks of RCU are given. */
  ownerOf(v: Value): Value | null {
    const place = v.addr?.k === "alias" ? v.addr.to : v.addr;
    if (place && (place.k === "none" || place.k === "cell") && place.owner) return place.owner;
    return null;
  }
}
