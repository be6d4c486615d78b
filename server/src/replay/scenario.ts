/**
 * Scenarios: what races with the user's function, over which shared state, and what harm it may do.
 * Data of rules/scenarios, loaded with file, line and column for every mistake. No user function is
 * named in them.
 */
import type { RuleProblem } from "../rules/model";
import { isMapping, type Key, Source } from "../rules/source";
import { scanFile } from "../syntax/scan";

export interface Role {
  name: string;
  /** Tags of structs, or typedefs, that a pointer to it may have: `mm_struct`, `pte_t`. */
  types: string[];
  /** The pointer's value in the model; fields and locks of instance n stand at index n - 1. */
  value: number;
  /** Whoever has such a pointer may get from it to other roles (tables of upper levels). */
  leads: boolean;
  /** What calls of which only the type is known return: a new object, or NULL. */
  fresh: number | null;
  /** Cell that is 0 once the object is freed. */
  live: string | null;
  /** Cells that `*pointer` means (for entries of page tables). */
  deref: string | null;
  /** Lock that a pointer of the type means, for lock pointers kept in variables. */
  lock: string | null;
  /** A value of the type itself, as a parameter, is read from this pointer before the function starts. */
  byValue: string | null;
  /** Found in the user's code, not declared by a scenario. */
  own?: true;
}

export interface Harm {
  /** C expression over cells, `done(thread)`, that must never be true. */
  when: string;
  /** What has happened then, in one clause. */
  text: string;
}

export interface Scenario {
  id: string;
  file: string;
  title: string;
  /** What the documents tell: shown by the command line. */
  about: string;
  profiles: string[];
  roles: Role[];
  /** Structs that belong to one call: each thread has its own. */
  perCall: ReadonlySet<string>;
  cells: { name: string; init: number[] }[];
  /** `struct.field` → cell, or a number for a field that never changes. */
  fields: Map<string, string | number>;
  /** Fields of which a model has no numbers: whatever the user's code stores there counts as this one. */
  stored: Map<string, number>;
  /** Lock name (a class of rules/apis, or its own) → kind. */
  locks: Map<string, "spin" | "mutex" | "rwsem">;
  sections: { name: string; atomic: boolean }[];
  constants: Map<string, number>;
  /** Fields that the user's function increments or assigns become cells with this initial value. */
  counters: number | null;
  /** Sleeping in atomic context is a harm here. */
  sleeps: boolean;
  /** Semantics of primitives that only this scenario gives, in place of the common ones. */
  models: string;
  modelsLine: number;
  subject: {
    name: string;
    prologue: string | null;
    epilogue: string | null;
    beforeRelease: string | null;
    present: string | null;
    keeps: string[];
  };
  racers: { name: string; call: string; handler: boolean }[];
  harms: Harm[];
  /** C of the racing threads, and where it begins in the file. */
  code: string;
  codeLine: number;
}

/** Semantics of primitives as C over cells, shared by all scenarios. */
export interface Primitives {
  file: string;
  code: string;
  codeLine: number;
  constants: Map<string, number>;
  /** Calls that do nothing a model speaks of. */
  harmless: Set<string>;
  /** Beginnings of such names. */
  harmlessStart: string[];
}

/**
 * Another form of some primitives, in trees that have it: what they do there, and the cells that take the place of a lock.
 * Applied to scenarios that have this lock (forms.ts).
 */
export interface Form {
  name: string;
  file: string;
  /** `+symbol`, `-symbol`: what the tree must define, or must not. */
  applies: string[];
  /** Assumption that traces list. */
  says: string;
  /** Lock of the scenarios that becomes cells. */
  instead: string;
  cells: Scenario["cells"];
  constants: Map<string, number>;
  harms: Harm[];
  /** Harms of functions that callers do not expect to keep what they took. */
  kept: Harm[];
  code: string;
  codeLine: number;
}

export interface ScenarioSet {
  scenarios: Scenario[];
  forms: Form[];
  /** What races of two functions of the user start from; without racing threads of its own. */
  generic: Scenario | null;
  primitives: Primitives;
  problems: RuleProblem[];
}

const SCENARIO_KEYS = new Set(
  "id title about profiles roles cells fields locks sections constants counters sleeps subject racers harms models code generic perCall".split(
    " ",
  ),
);
const FORM_KEYS = new Set("form applies says instead cells constants harms kept code".split(" "));
const KINDS = ["spin", "mutex", "rwsem"] as const;

/** Loads what stands under rules/scenarios; files of other folders are left alone. Never throws. */
export function loadScenarios(files: readonly { path: string; text: string }[]): ScenarioSet {
  const problems: RuleProblem[] = [];
  const scenarios: Scenario[] = [];
  const forms: Form[] = [];
  let generic: Scenario | null = null;
  let primitives: Primitives = {
    file: "",
    code: "",
    codeLine: 1,
    constants: new Map(),
    harmless: new Set(),
    harmlessStart: [],
  };
  for (const file of files) {
    if (!/(^|\/)scenarios\/[^/]+\.yaml$/.test(file.path)) continue;
    const source = new Source(file.path, file.text, problems);
    if (!source.ok) continue;
    const loader = new Loader(source, file.text);
    if (isMapping(source.value) && "harmless" in source.value) primitives = loader.primitives();
    else if (isMapping(source.value) && "form" in source.value) {
      const form = loader.form();
      if (form) forms.push(form);
    } else {
      const scenario = loader.scenario();
      if (scenario && loader.isGeneric) generic = scenario;
      else if (scenario) scenarios.push(scenario);
    }
  }
  scenarios.sort((a, b) => (a.id < b.id ? -1 : 1));
  forms.sort((a, b) => (a.name < b.name ? -1 : 1));
  return { scenarios, forms, generic, primitives, problems };
}

class Loader {
  private readonly top: Record<string, unknown>;
  private failed = false;

  constructor(
    private readonly source: Source,
    private readonly text: string,
  ) {
    this.top = isMapping(source.value) ? source.value : {};
  }

  primitives(): Primitives {
    return {
      file: this.source.file,
      code: this.string(["code"]),
      codeLine: this.lineOf("code"),
      constants: this.numbers("constants"),
      harmless: new Set(this.strings(["harmless"]).filter((x) => !x.endsWith("*"))),
      harmlessStart: this.strings(["harmless"]).flatMap((x) => (x.endsWith("*") ? [x.slice(0, -1)] : [])),
    };
  }

  form(): Form | null {
    this.knownKeys(FORM_KEYS);
    const form: Form = {
      name: this.string(["form"]),
      file: this.source.file,
      applies: this.strings(["applies"]),
      says: this.string(["says"]),
      instead: this.string(["instead"]),
      cells: this.cells(),
      constants: this.numbers("constants"),
      harms: this.harms("harms"),
      kept: this.harms("kept"),
      code: this.string(["code"]),
      codeLine: this.lineOf("code"),
    };
    for (const text of form.applies)
      if (!/^[+-]\w+$/.test(text))
        this.problem(["applies"], `"${text}": write +symbol (defined) or -symbol (not defined)`);
    return this.failed ? null : form;
  }

  get isGeneric(): boolean {
    return this.top.generic === true;
  }

  scenario(): Scenario | null {
    this.knownKeys(SCENARIO_KEYS);
    const id = this.string(["id"]);
    const stem = this.source.file.replace(/^.*\//, "").replace(/\.yaml$/, "");
    if (id !== "" && id !== stem) this.problem(["id"], `the id is the name of the file: ${stem}`);
    const cells = this.cells();
    const known = new Set(cells.map((c) => c.name));
    const roles = this.source.entries(["roles"]).map(({ name, path, value }) => this.role(name, path, value, known));
    const fields = new Map<string, string | number>();
    const stored = new Map<string, number>();
    for (const { name, path, value } of this.source.entries(["fields"])) {
      if (!/^\w+\.[\w.]+$/.test(name)) this.problem(path, `"${name}" is no field: expected struct.field`, "key");
      const { cell, stored: as } = isMapping(value) ? value : { cell: value, stored: undefined };
      if (typeof as === "number") stored.set(name, as);
      if (typeof value === "number" || (typeof cell === "string" && known.has(cell)))
        fields.set(name, typeof value === "number" ? value : (cell as string));
      else this.problem(path, `expected a number or one of the cells ${[...known].join(", ")}`);
    }
    const locks = new Map<string, (typeof KINDS)[number]>();
    for (const { name, path, value } of this.source.entries(["locks"])) {
      const kind = KINDS.find((k) => k === value);
      if (kind) locks.set(name, kind);
      else this.problem(path, `a lock is one of ${KINDS.join(", ")}`);
    }
    const scenario: Scenario = {
      id,
      file: this.source.file,
      title: this.string(["title"]),
      about: this.string(["about"]),
      profiles: "profiles" in this.top ? this.strings(["profiles"]) : [],
      roles,
      perCall: new Set(this.strings(["perCall"], true)),
      cells,
      fields,
      stored,
      locks,
      sections: this.source.entries(["sections"]).map(({ name, value }) => ({ name, atomic: value === "atomic" })),
      constants: this.numbers("constants"),
      sleeps: this.top.sleeps === true,
      models: "models" in this.top ? this.string(["models"]) : "",
      modelsLine: "models" in this.top ? this.lineOf("models") : 1,
      counters: typeof this.top.counters === "number" ? this.top.counters : null,
      subject: {
        name: this.string(["subject", "name"]),
        prologue: this.optional(["subject", "prologue"]),
        epilogue: this.optional(["subject", "epilogue"]),
        beforeRelease: this.optional(["subject", "beforeRelease"]),
        present: this.optional(["subject", "present"]),
        keeps: this.strings(["subject", "keeps"], true),
      },
      racers: (this.isGeneric ? [] : this.list("racers")).map((value, n) => ({
        name: this.string(["racers", n, "name"]),
        call: this.string(["racers", n, "call"]),
        handler: isMapping(value) && value.handler === true,
      })),
      harms: this.harms("harms"),
      code: this.string(["code"]),
      codeLine: this.lineOf("code"),
    };
    const functions = new Set(scanFile(scenario.code).functions.map((f) => f.name));
    scenario.racers.forEach((r, n) => {
      if (r.call !== "" && !functions.has(r.call))
        this.problem(["racers", n, "call"], `the code has no function ${r.call}()`);
    });
    for (const key of ["prologue", "epilogue", "beforeRelease"] as const) {
      const name = scenario.subject[key];
      if (name !== null && !functions.has(name)) this.problem(["subject", key], `the code has no function ${name}()`);
    }
    return this.failed ? null : scenario;
  }

  private role(name: string, path: Key[], value: unknown, cells: ReadonlySet<string>): Role {
    const raw = isMapping(value) ? value : {};
    for (const key of Object.keys(raw))
      if (!["types", "value", "leads", "fresh", "live", "deref", "lock", "byValue"].includes(key))
        this.problem(
          [...path, key],
          `unknown key "${key}"; expected types, value, leads, fresh, live, deref, lock or byValue`,
          "key",
        );
    const cell = (key: string): string | null => {
      const found = raw[key];
      if (found === undefined) return null;
      if (typeof found === "string" && cells.has(found)) return found;
      this.problem([...path, key], `expected one of the cells ${[...cells].join(", ")}`);
      return null;
    };
    return {
      name,
      types: this.strings([...path, "types"]),
      value: typeof raw.value === "number" ? raw.value : 1,
      leads: raw.leads === true,
      fresh: typeof raw.fresh === "number" ? raw.fresh : null,
      live: cell("live"),
      deref: cell("deref"),
      lock: typeof raw.lock === "string" ? raw.lock : null,
      byValue: typeof raw.byValue === "string" ? raw.byValue : null,
    };
  }

  private knownKeys(keys: ReadonlySet<string>): void {
    for (const { name, path } of this.source.entries([]))
      if (!keys.has(name)) this.problem(path, `unknown key "${name}"; expected one of ${[...keys].join(", ")}`, "key");
  }

  private cells(): Scenario["cells"] {
    return this.source.entries(["cells"]).map(({ name, path, value }) => {
      const init = Array.isArray(value) ? value : [value];
      if (!init.every((x) => Number.isInteger(x) && Math.abs(x as number) <= 127))
        this.problem(path, "a cell starts as a number from -127 to 127, or a list of them");
      return { name, init: init.map(Number) };
    });
  }

  private harms(key: string): Harm[] {
    return this.list(key, true).map((_, n) => ({
      when: this.string([key, n, "when"]),
      text: this.string([key, n, "text"]),
    }));
  }

  private problem(path: Key[], message: string, at: "value" | "key" = "value"): void {
    this.failed = true;
    this.source.problem(path, message, at);
  }

  private at(path: Key[]): unknown {
    let value: unknown = this.top;
    for (const key of path)
      value = isMapping(value) ? value[key] : Array.isArray(value) ? value[Number(key)] : undefined;
    return value;
  }

  private string(path: Key[]): string {
    const value = this.at(path);
    if (typeof value === "string" && value.trim() !== "") return value;
    this.problem(path, `${path.join(".")} is missing: expected a text`);
    return "";
  }

  private optional(path: Key[]): string | null {
    return this.at(path) === undefined ? null : this.string(path);
  }

  private strings(path: Key[], optional = false): string[] {
    const value = this.at(path);
    if (value === undefined && optional) return [];
    if (typeof value === "string") return [value];
    if (Array.isArray(value) && value.every((x) => typeof x === "string")) return value;
    this.problem(path, `${path.join(".")}: expected a list of words`);
    return [];
  }

  private list(key: string, mayBeEmpty = false): unknown[] {
    const value = this.top[key];
    if (mayBeEmpty && Array.isArray(value) && value.length === 0) return [];
    if (Array.isArray(value) && value.length > 0) return value;
    this.problem([key], `${key}: expected a list with at least one entry`);
    return [];
  }

  private numbers(key: string): Map<string, number> {
    const out = new Map<string, number>();
    for (const { name, path, value } of this.source.entries([key])) {
      if (Number.isInteger(value) && Math.abs(value as number) <= 127) out.set(name, value as number);
      else this.problem(path, "expected a number from -127 to 127");
    }
    return out;
  }

  /** Line of the first line of a `key: |` block. */
  private lineOf(key: string): number {
    return this.text.split("\n").findIndex((line) => line.startsWith(`${key}:`)) + 2;
  }
}
