/** Replays functions of an installed kernel tree, as they are and with edits that stay in memory. */
import type { EngineImpl } from "../../src/engine/engine";
import { leavesLocks } from "../../src/engine/leaves";
import { heldBy } from "../../src/engine/replay";
import { createNodeHost } from "../../src/node/host";
import { findResources } from "../../src/node/resources";
import type { Trace } from "../../src/protocol/trace";
import { isHarmless } from "../../src/replay/relevance";
import { type ReplayInput, replay } from "../../src/replay/replay";
import { loadScenarios } from "../../src/replay/scenario";
import { loadRules } from "../../src/rules/load";
import type { FunctionAst } from "../../src/syntax/ast";
import { Tree } from "../mutations/tree";

export interface Subject {
  file: string;
  fn: string;
  scenario: string;
  profile?: string;
  /** Text on the line that does the harm, or would: the interleaving must pass it. In the text as it is after edits. */
  at: string;
}

/** A change of the function's text: what is found there (once or more often), and what stands there instead. */
export type Edit = [string | RegExp, string | ((found: string) => string)];

export class KernelReplay {
  private readonly tree: Tree;
  private readonly set = loadScenarios(findResources().rules());
  private engine!: EngineImpl;

  constructor(root: string) {
    this.tree = new Tree(root);
  }

  async open(): Promise<void> {
    const rules = loadRules(findResources().rules());
    this.engine = (await createNodeHost().createEngine(this.tree, rules)) as EngineImpl;
  }

  /** The function's text in the tree; without its name the fullest of its alternatives. */
  text(s: Subject): string {
    const found = this.engine.program.functionsOf(s.file).filter((r) => r.item.name === s.fn);
    const best = found.sort((a, b) => b.item.end - b.item.start - (a.item.end - a.item.start))[0];
    if (!best) throw new Error(`${s.file} has no ${s.fn}()`);
    return this.engine.program.textOf(best);
  }

  /** Parameters and local variables of the function. */
  localsOf(s: Subject): string[] {
    const { program } = this.engine;
    const refs = program.functionsOf(s.file).filter((r) => r.item.name === s.fn);
    return [...new Set(refs.flatMap((ref) => declaredIn(program.lowered(ref).ast)))].sort();
  }

  /** Functions of its file that it calls, directly or through others, if no rule data speaks of them. */
  helpersOf(s: Subject): string[] {
    const { program } = this.engine;
    const own = new Map(program.functionsOf(s.file).map((r) => [r.item.name, r.item]));
    const found = new Set([s.fn]);
    for (const name of found) for (const callee of own.get(name)!.calls) if (own.has(callee)) found.add(callee);
    found.delete(s.fn);
    return [...found].filter((n) => !this.isData(n)).sort();
  }

  /** Static functions of its file that it calls, directly or through others. */
  staticsOf(s: Subject): string[] {
    const own = new Map<string, { isStatic: boolean; calls: readonly string[] }[]>();
    for (const { item } of this.engine.program.functionsOf(s.file))
      own.set(item.name, [...(own.get(item.name) ?? []), item]);
    const found = new Set([s.fn]);
    for (const name of found)
      for (const callee of (own.get(name) ?? []).flatMap((f) => f.calls))
        if (own.get(callee)?.some((f) => f.isStatic)) found.add(callee);
    found.delete(s.fn);
    return [...found].sort();
  }

  isApi(name: string): boolean {
    return this.engine.program.o.compiled.api(name, -1) !== undefined;
  }

  /** Does rule data say what a function does? */
  private isData(name: string): boolean {
    const { compiled } = this.engine.program.o;
    const { primitives, scenarios } = this.set;
    const word = new RegExp(`\\b${name}\\b`);
    return (
      compiled.api(name, -1) !== undefined ||
      isHarmless(primitives, name) ||
      [primitives.code, ...scenarios.map((x) => x.models)].some((c) => word.test(c))
    );
  }

  /**
   * The verdict on the function after some edits of it, and of what stands before it in the file. With a `name` the
   * function gets it, and all its parameters, its locals and the functions of its file that it calls get new ones too.
   */
  run(s: Subject, edits: readonly Edit[] = [], before = "", name = s.fn): Trace & { ms: number } {
    let whole = this.tree.read(s.file)!;
    const original = whole;
    const old = this.text(s);
    let now = old;
    for (const [from, to] of edits) {
      // What protects it may stand in a helper of the same file.
      if (typeof from === "string" && !old.includes(from) && whole.includes(from)) {
        whole = whole.replaceAll(from, () => put(to, from));
        continue;
      }
      const next =
        typeof from === "string"
          ? now.replaceAll(from, () => put(to, from))
          : typeof to === "string"
            ? now.replace(from, to)
            : now.replace(from, to);
      if (next === now) throw new Error(`${s.fn}() has no ${String(from)}`);
      now = next;
    }
    const at = whole.indexOf(old);
    let place = s.at;
    let rest = whole.slice(at + old.length);
    let front = whole.slice(0, at);
    if (name !== s.fn) {
      const locals = this.localsOf(s);
      const renamed = (text: string): string => renameLocals(text, locals);
      const called = (text: string): string => text.replace(new RegExp(`\\b${s.fn}\\b`, "g"), name);
      now = called(renamed(now));
      if (old.includes(place)) place = called(renamed(place));
      [front, rest] = [called(front), called(rest)];
    }
    let text = front + before + now + rest;
    if (name !== s.fn)
      for (const helper of this.helpersOf(s)) {
        text = text.replace(new RegExp(`\\b${helper}\\b`, "g"), `lk_test_${helper}`);
        place = place.replace(new RegExp(`\\b${helper}\\b`, "g"), `lk_test_${helper}`);
      }
    this.engine.setOverlay(s.file, text === original ? null : text);
    try {
      return this.replay({ ...s, fn: name, at: place }, text);
    } finally {
      this.engine.setOverlay(s.file, null);
    }
  }

  private replay(s: Subject, text: string): Trace & { ms: number } {
    const input = this.input(s, text);
    const t0 = performance.now();
    const trace = replay(input);
    return { ...trace, ms: performance.now() - t0 };
  }

  /** What the replay needs for the function as it stands in a text of its file. */
  input(s: Subject, text = this.tree.read(s.file)!): ReplayInput {
    const { program } = this.engine;
    const found = program.functionsOf(s.file).filter((r) => r.item.name === s.fn);
    const subject = found.sort((a, b) => b.item.end - b.item.start - (a.item.end - a.item.start))[0]!;
    const scenario = this.set.scenarios.find((x) => x.id === s.scenario)!;
    const start = text.indexOf(s.at, subject.item.start);
    const from = start < 0 ? text.indexOf(s.at) : start;
    if (from < 0) throw new Error(`${s.file} has no ${s.at}`);
    return {
      program,
      textOf: (path) => this.engine.overlay.text(path),
      set: this.set,
      scenario,
      profile: s.profile ?? scenario.profiles[0] ?? null,
      subject,
      held: heldBy(this.engine, s.file, s.fn),
      leaves: leavesLocks(this.engine, s.file, s.fn),
      line: text.slice(0, from).split("\n").length,
    };
  }
}

function put(to: Edit[1], found: string): string {
  return typeof to === "string" ? to : to(found);
}

/** Names that a function declares. */
function declaredIn(fn: FunctionAst): string[] {
  const names = fn.params.map((p) => p.name);
  const visit = (x: unknown): void => {
    if (Array.isArray(x)) x.forEach(visit);
    else if (typeof x === "object" && x !== null) {
      const s = x as { k?: string; vars?: { name: string }[] };
      if (s.k === "decl" && s.vars) names.push(...s.vars.map((v) => v.name));
      Object.values(x).forEach(visit);
    }
  };
  visit(fn.body);
  return names.filter((n) => n !== "");
}

/** Variables get other names; fields and tags of the same name keep theirs. */
function renameLocals(text: string, locals: readonly string[]): string {
  return locals.reduce(
    (t, n) =>
      t.replace(new RegExp(`(?<!\\.|->|\\bstruct |\\benum |\\bgoto |[\\w"])${n}\\b(?!\\()`, "g"), `lk_test_${n}`),
    text,
  );
}
