/** The shared state of one replay: the scenario's cells and locks, and what the user's structs add to them. */
import type { Cell, Expr, Invariant, Lock, Ref, Section } from "../explore/model";
import type { Role, Scenario } from "./scenario";

/** A kind of lock by what it waits for. */
export type LockKind = Lock["kind"];

/** Small negative result of a call that failed; which one does not matter. */
export const FAILED = -11;

export class World {
  readonly cells: Cell[] = [];
  readonly locks: Lock[] = [];
  readonly sections: Section[];
  readonly harms: string[];
  readonly profile: string | null;
  private readonly cellAt = new Map<string, Ref>();
  private readonly lockAt = new Map<string, number>();
  /** `struct.field` of the user's own structs that became cells. */
  private readonly tracked: ReadonlySet<string>;

  constructor(
    readonly scenario: Scenario,
    profile: string | null,
    tracked: ReadonlySet<string>,
  ) {
    this.profile = profile;
    this.tracked = tracked;
    for (const c of scenario.cells) {
      this.cellAt.set(c.name, { base: this.cells.length, size: c.init.length });
      c.init.forEach((init, i) => {
        this.cells.push({ name: c.init.length > 1 ? `${c.name}[${i}]` : c.name, init });
      });
    }
    for (const field of tracked) {
      this.cellAt.set(field, { base: this.cells.length, size: 1 });
      // Scenarios speak of the first one as `counter`.
      if (!this.cellAt.has("counter")) this.cellAt.set("counter", this.cellAt.get(field)!);
      this.cells.push({ name: field, init: scenario.counters ?? 0 });
    }
    for (const [name, kind] of scenario.locks) this.lock(name, kind);
    this.sections = scenario.sections;
    this.harms = scenario.harms.map((h) => h.text);
  }

  /** Adds cells under one name. */
  grow(name: string, cells: readonly Cell[]): Ref {
    const ref = { base: this.cells.length, size: cells.length };
    this.cells.push(...cells);
    this.cellAt.set(name, ref);
    return ref;
  }

  cell(name: string): Ref | undefined {
    return this.cellAt.get(name);
  }

  /** Cell or constant of a field, if the model has it. */
  field(tag: string, field: string): Ref | number | undefined {
    const key = `${tag}.${field}`;
    if (this.tracked.has(key)) return this.cellAt.get(key);
    const known = this.scenario.fields.get(key);
    return typeof known === "string" ? this.cellAt.get(known) : known;
  }

  hasLock(name: string): boolean {
    return this.lockAt.has(name);
  }

  /** The lock of that name; a new one of that kind if there is none. */
  lock(name: string, kind: LockKind): Ref {
    let at = this.lockAt.get(name);
    if (at === undefined) {
      at = this.locks.length;
      this.lockAt.set(name, at);
      this.locks.push({ name, kind });
    }
    return { base: at, size: 1 };
  }

  section(name: string): number {
    return this.sections.findIndex((s) => s.name === name);
  }

  /** Role of a type as written: `struct mm_struct *`, `pte_t *`. */
  roleOf(type: string): Role | undefined {
    if (!type.includes("*") || /\*\s*\*/.test(type)) return undefined;
    return this.roleNamed(type);
  }

  /** Role that a value of this very type (no pointer) is read through. */
  valueRole(type: string): Role | undefined {
    return type.includes("*")
      ? undefined
      : this.scenario.roles.find((r) => r.byValue !== null && r.byValue === bare(type));
  }

  private roleNamed(type: string): Role | undefined {
    return this.scenario.roles.find((r) => r.types.includes(bare(type)));
  }
}

/** `const struct mm_struct *` → `mm_struct`; `pte_t *` → `pte_t`. */
export function bare(type: string): string {
  return type
    .replace(/\[[^\]]*\]/g, "")
    .replace(/\b(?:const|volatile|struct|union|enum|unsigned|signed|__user)\b|\*/g, " ")
    .trim()
    .replace(/\s+/g, " ");
}

export const num = (v: number): Expr => ({ k: "num", v });
export const reg = (r: number): Expr => ({ k: "reg", r });
export const same = (l: Expr, r: Expr): Expr => ({ k: "bin", op: "==", l, r });
export const never = (e: Expr): Invariant["e"] => ({ k: "un", op: "!", e });
