/**
 * Which calls can matter to a scenario. A function matters if it, or anything it calls, touches a cell, a lock or a section
 * that the scenario has. The question is answered from names and texts, without parsing: saying yes too often costs time,
 * never an answer.
 */
import type { Effect } from "../rules/model";
import { type Node, walk, walkInto } from "../syntax/walk";
import type { Code, Located, UserCode } from "./code";
import type { Primitives } from "./scenario";
import { bare, type LockKind, type World } from "./world";

/** Names looked at for one question. Beyond, the answer is no, and nothing is called clean. */
const MAX_LOOK = 4000;
const MAX_PASSED = 4;

export interface RelevanceInput {
  user: UserCode;
  world: World;
  primitives: ReadonlyMap<string, Code>;
  about: Primitives;
  /** Locks of the user's own structs matter, because racing threads run the user's code as well. */
  ownLocks: boolean;
  /** File of the user's function: locks of its structs are taken there. */
  subjectFile: string;
  /** File of the other function, in a race of two. */
  otherFile?: string;
  /** Only bodies in these two files are followed. */
  shallow?: boolean;
  /** Globals that may be shared, as they stand in texts. */
  globals?: RegExp;
  /** Sections that somebody waits for, or in which sleeping is a harm. */
  waited: ReadonlySet<string>;
}

export class Relevance {
  /** Calls that lead to more functions than were looked at. */
  readonly unlooked = new Set<string>();
  private readonly known = new Map<string, boolean>();
  /** Calls from deeper down that lead to nothing. */
  private readonly inner = new Set<string>();
  private readonly spoken = new Map<string, boolean>();
  private readonly acting = new Map<string, boolean>();
  private readonly sections = new Map<string, readonly [Set<string>, Set<string>]>();
  private readonly passed = new Map<string, boolean>();
  private readonly carriers = new Map<string, boolean>();
  private readonly fields: RegExp | null;
  private readonly pointers: RegExp | null;
  /** Struct that holds the scenario's sleeping lock. */
  private readonly lockOwner: string | null;
  private readonly lockPointers: RegExp | null;

  constructor(private readonly o: RelevanceInput) {
    const { world } = o;
    const names = [
      ...[...world.scenario.fields].flatMap(([f, to]) => (typeof to === "string" ? [f] : [])),
      ...world.cells.map((c) => c.name),
    ].flatMap((f) => (f.includes(".") ? [f.slice(f.lastIndexOf(".") + 1)] : []));
    this.fields = names.length > 0 ? new RegExp(`(?:->|\\.)\\s*(?:${names.join("|")})\\b`) : null;
    const { classes } = o.user.program.o.compiled;
    this.lockOwner = [...classes.values()].find((c) => c.field && world.scenario.locks.has(c.id))?.objectType ?? null;
    const kept = [...o.user.program.o.compiled.lockFields].filter(([, cls]) => world.hasLock(cls));
    const lockNames = [...new Set(kept.map(([f]) => f.slice(f.indexOf(".") + 1)))];
    this.lockPointers =
      lockNames.length > 0 ? new RegExp(`lock\\w*\\s*\\([^()]*->\\s*(?:${lockNames.join("|")})\\b`) : null;
    const types = world.scenario.roles.flatMap((r) => (r.deref === null ? [] : r.types));
    this.pointers = types.length > 0 ? new RegExp(`\\b(?:${types.join("|")})\\s*\\*\\s*(\\w+)`, "g") : null;
  }

  /** Does calling `name` from a file do anything that the model has? */
  matters(file: string, name: string): boolean {
    const root = `${file}|${name}`;
    const old = this.known.get(root);
    if (old !== undefined) return old;
    const seen = new Set([root]);
    const queue: [string, string][] = [[file, name]];
    for (let at = 0; at < queue.length && seen.size < MAX_LOOK; at++) {
      const [from, callee] = queue[at]!;
      const told = at > 0 && this.inner.has(`${from}|${callee}`) ? false : this.byName(callee, at > 0, from);
      if (told === true) return this.settle(root, true);
      if (told === false) continue;
      for (const body of this.o.user.bodies(from, callee)) {
        const { file: there, text, calls } = body;
        if (this.o.shallow && !this.isOwnFile(there)) continue;
        if (at > 0 && !this.carries(body)) continue;
        if (at > 0 && this.known.get(`${from}|${callee}`) === true) return this.settle(root, true);
        if (this.mentions(text) || this.leavesOpen(calls)) return this.settle(root, true);
        for (const next of calls) {
          const key = `${there}|${next}`;
          if (seen.has(key)) continue;
          seen.add(key);
          queue.push([there, next]);
        }
      }
    }
    if (seen.size >= MAX_LOOK) this.unlooked.add(name);
    else for (const key of seen) if (key !== root) this.inner.add(key);
    return this.settle(root, false);
  }

  /**
   * Can a body get at one of the scenario's objects? Nobody reaches an entry or a VMA but through a parameter that leads
   * to one. Without this, every allocation would matter, because reclaim takes entries away.
   */
  private carries(body: Located): boolean {
    if (this.isOwnFile(body.file)) return true;
    if (body.types === null || /\bcurrent->mm\b/.test(body.text)) return true;
    return body.types.some((type) => {
      const tag = bare(type);
      const key = `${body.file}|${tag}`;
      let found = this.carriers.get(key);
      if (found === undefined) {
        found =
          this.isTarget(tag) ||
          this.o.user.fieldTypes(body.file, tag).some((t) => t.includes("*") && this.isTarget(bare(t)));
        this.carriers.set(key, found);
      }
      return found;
    });
  }

  private isOwnFile(file: string): boolean {
    return this.o.ownLocks && (file === this.o.subjectFile || file === this.o.otherFile);
  }

  /** Types whose objects the scenario has state for. */
  private isTarget(tag: string): boolean {
    const { scenario } = this.o.world;
    return (
      scenario.roles.some(
        (r) =>
          r.types.includes(tag) &&
          (r.own === true || r.leads || r.deref !== null || r.live !== null || r.lock !== null),
      ) ||
      [...scenario.fields].some(([f, to]) => typeof to === "string" && f.startsWith(`${tag}.`)) ||
      tag === this.lockOwner
    );
  }

  private settle(key: string, answer: boolean): boolean {
    this.known.set(key, answer);
    return answer;
  }

  /** What the data alone says of a name; null: look at its body. */
  private byName(name: string, inside: boolean, from: string): boolean | null {
    const { about, user } = this.o;
    const primitive = this.o.primitives.get(name);
    if (primitive) return this.speaks(primitive) && this.acts(primitive, inside);
    if (isHarmless(about, name) || user.program.o.compiled.isAccessor(name)) return false;
    const entry = user.program.o.compiled.api(name, -1) ?? user.program.o.compiled.api(name, 1);
    if (!entry) return null;
    // Deeper down, a section is left where it was entered, and a lock named by a pointer is somebody else's.
    const own = this.isOwnFile(from);
    const counts = (x: Effect): boolean => !inside || (this.sectionOf(x) === undefined && (own || !this.isGeneral(x)));
    if (entry.effects.some((x) => this.onOurs(x) && counts(x))) return true;
    // What it does to entries, its body says.
    return entry.opaque === false || entry.effects.some((x) => x.does !== undefined) ? null : false;
  }

  /** Is an effect about a lock or a section that the scenario has? */
  onOurs(x: Effect): boolean {
    const cls = x.acquire ?? x.release ?? x.downgrade;
    if (cls === undefined) return false;
    const { world } = this.o;
    if (world.hasLock(cls) || this.o.waited.has(cls)) return true;
    const found = this.o.user.program.o.compiled.classes.get(cls);
    if (!found || lockKindOf(found.kind) === undefined) return false;
    // A general lock may be one of ours, if roles say that pointers to locks are.
    return found.generic === true && (this.o.ownLocks || world.scenario.roles.some((r) => r.lock !== null));
  }

  private isGeneral(x: Effect): boolean {
    const cls = x.acquire ?? x.release ?? x.downgrade;
    return cls !== undefined && this.o.user.program.o.compiled.classes.get(cls)?.generic === true;
  }

  private sectionOf(x: Effect): string | undefined {
    const cls = x.acquire ?? x.release;
    return cls !== undefined && this.o.waited.has(cls) ? cls : undefined;
  }

  /** Does a body enter a section without leaving it, or the other way round? One that does both keeps it to itself. */
  private leavesOpen(calls: readonly string[]): boolean {
    if (this.o.waited.size === 0) return false;
    const entered = new Set<string>();
    const left = new Set<string>();
    for (const name of calls) {
      const primitive = this.o.primitives.get(name);
      if (primitive) {
        const [enters, leaves] = this.sectionsOf(primitive);
        for (const s of enters) if (this.o.waited.has(s)) entered.add(s);
        for (const s of leaves) if (this.o.waited.has(s)) left.add(s);
        continue;
      }
      for (const x of this.o.user.program.o.compiled.api(name, -1)?.effects ?? []) {
        const section = this.sectionOf(x);
        if (section !== undefined) (x.acquire ? entered : left).add(section);
      }
    }
    return [...entered].some((s) => !left.has(s)) || [...left].some((s) => !entered.has(s));
  }

  /** Sections that a primitive, or one that it calls, is still inside afterwards, and those that it leaves. */
  private sectionsOf(code: Code): readonly [ReadonlySet<string>, ReadonlySet<string>] {
    const old = this.sections.get(code.name);
    if (old) return old;
    const enters = new Set<string>();
    const leaves = new Set<string>();
    this.sections.set(code.name, [enters, leaves]);
    walk(code.ast.body, (node) => {
      if (node.k !== "call" || node.fn.k !== "id") return;
      const inner = this.o.primitives.get(node.fn.name);
      const section = node.args[0]?.k === "id" ? node.args[0].name : "";
      if (node.fn.name === "lk_enter") enters.add(section);
      else if (node.fn.name === "lk_leave") leaves.add(section);
      else if (inner) {
        const [more, less] = this.sectionsOf(inner);
        for (const s of more) enters.add(s);
        for (const s of less) leaves.add(s);
      }
    });
    // One that enters may leave again where it fails.
    for (const s of enters) leaves.delete(s);
    return [enters, leaves];
  }

  private mentions(text: string): boolean {
    if (this.fields?.test(text) || this.lockPointers?.test(text) || this.o.globals?.test(text)) return true;
    if (!this.pointers) return false;
    const body = text.slice(text.indexOf("{"));
    for (const [, name] of text.matchAll(this.pointers))
      if (new RegExp(`(?:^|[^\\w\\s*]|\\breturn)\\s*\\*\\s*\\(?${name}\\b`, "m").test(body)) return true;
    return false;
  }

  /** Does the primitive work only on what this scenario has? */
  speaks(code: Code): boolean {
    const old = this.spoken.get(code.name);
    if (old !== undefined) return old;
    this.spoken.set(code.name, true);
    const { world, about, primitives } = this.o;
    const known = new Set(code.ast.params.map((p) => p.name));
    let speaks = true;
    const see = (node: Node): boolean => {
      if (node.k === "decl") for (const v of node.vars) known.add(v.name);
      if (node.k === "call" && node.fn.k === "id") {
        const inner = primitives.get(node.fn.name);
        if (inner && !this.speaks(inner)) speaks = false;
        if (!/^lk_(?:profile|form|slot|has_slot)$/.test(node.fn.name)) for (const a of node.args) walkInto(a, see);
        return false;
      }
      if (node.k === "id") {
        const n = node.name;
        speaks &&=
          known.has(n) ||
          world.cell(n) !== undefined ||
          world.hasLock(n) ||
          world.section(n) >= 0 ||
          world.scenario.constants.has(n) ||
          about.constants.has(n) ||
          /^(?:NULL|true|false|read|write|[A-Z][A-Z0-9_]*)$/.test(n);
      }
      return true;
    };
    walk(code.ast.body, see);
    this.spoken.set(code.name, speaks);
    return speaks;
  }

  /** Does the primitive touch shared state, or only compute? */
  private acts(code: Code, inside: boolean): boolean {
    const key = `${code.name}|${inside}`;
    const old = this.acting.get(key);
    if (old !== undefined) return old;
    this.acting.set(key, false);
    const word = inside
      ? /^lk_(?:acquire|try|release|downgrade|snapshot|settle|sleep|drop|new)/
      : /^lk_(?:acquire|try|release|downgrade|snapshot|settle|sleep|drop|new|enter|leave)/;
    let acts = false;
    walk(code.ast.body, (node) => {
      if (node.k === "id" && this.o.world.cell(node.name)) acts = true;
      if (node.k === "un" && node.op === "*") acts ||= this.pointers !== null;
      if (node.k === "call" && node.fn.k === "id") {
        const inner = this.o.primitives.get(node.fn.name);
        if (inner ? this.acts(inner, inside) : word.test(node.fn.name)) acts = true;
      }
    });
    this.acting.set(key, acts);
    return acts;
  }

  /** Does a function that does not matter look into the object that an argument points to? */
  looksInto(file: string, name: string, arg: number, depth = MAX_PASSED): boolean {
    const key = `${file}|${name}|${arg}`;
    const old = this.passed.get(key);
    if (old !== undefined) return old;
    this.passed.set(key, false);
    const found = this.o.user.bodies(file, name).some((body) => this.usesParameter(body, arg, depth));
    this.passed.set(key, found);
    return found;
  }

  private usesParameter(body: Located, arg: number, depth: number): boolean {
    const param = body.params[arg];
    if (param === undefined) return false;
    if (new RegExp(`\\b${param}\\b\\s*\\)?\\s*->`).test(body.text)) return true;
    if (depth === 0) return false;
    for (const [, callee, list] of body.text.matchAll(/(\w+)\s*\(([^()]*)\)/g)) {
      const at = list!.split(",").findIndex((x) => x.trim() === param);
      if (at >= 0 && callee !== body.name && this.looksInto(body.file, callee!, at, depth - 1)) return true;
    }
    return false;
  }
}

/** A call that does nothing any model speaks of: by its name, or by a pattern that ends with `*`. */
export function isHarmless(about: Primitives, name: string): boolean {
  return about.harmless.has(name) || about.harmlessStart.some((p) => name.startsWith(p));
}

/** Kind of a lock class's locks; undefined if nobody can wait for one. */
export function lockKindOf(kind: string): LockKind | undefined {
  if (kind === "bit") return "mutex";
  return kind === "spin" || kind === "mutex" || kind === "rwsem" ? kind : undefined;
}
