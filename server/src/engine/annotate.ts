/** A function's inferred contract, written into its code: assertions at its start, attributes behind its head. */
import { LineIndex } from "../base/lineIndex";
import { folderOf } from "../base/path";
import type { FunctionRef } from "../interproc/callGraph";
import type { Term } from "../locks/outcomes";
import { printTerm } from "./contract";
import type { EngineImpl } from "./engine";
import type { Fix } from "./types";

interface Required {
  cls: string;
  term: Term;
  mode: "read" | "write" | "any";
}

/** What can be written down and is not there yet; each way was checked to change no finding. */
export function annotationsOf(engine: EngineImpl, path: string, offset: number): Fix[] {
  const { program } = engine;
  const ref = program.functionsOf(path).find((r) => offset >= r.item.start && offset <= r.item.bodyStart);
  const text = engine.overlay.read(path);
  const dir = folderOf(path);
  if (!ref || text === undefined || !program.isRelevant(ref, dir)) return [];
  const body = text.slice(ref.item.start, ref.item.end);
  const texts = required(engine, ref, dir).map((r) => writtenAs(engine, ref, r));
  const fresh = (lines: (string | undefined)[]): string[] =>
    [...new Set(lines.filter((x): x is string => x !== undefined))].filter((x) => !body.includes(x));
  const asserts = fresh(texts.map((t) => t.assert));
  const attributes = fresh(texts.map((t) => t.attribute));
  const ways: Fix[] = [];
  if (asserts.length > 0) {
    const at = bodyPlace(engine, ref, text);
    if (at !== undefined)
      ways.push({ title: `Assert what it requires: ${asserts.join(" ")}`, start: at, end: at, text: lines(asserts) });
  }
  if (attributes.length > 0) {
    const at = ref.item.start + text.slice(ref.item.start, ref.item.bodyStart).trimEnd().length;
    const added = attributes.map((a) => `\n\t${a}`).join("");
    ways.push({ title: `Annotate what it requires: ${attributes.join(" ")}`, start: at, end: at, text: added });
  }
  const before = state(engine, path, ref);
  return ways.filter((way) => {
    const changed = text.slice(0, way.start) + way.text + text.slice(way.end);
    return engine.asIf(path, changed, () => state(engine, path, ref)) === before;
  });
}

const lines = (statements: readonly string[]): string => statements.map((s) => `\t${s}\n`).join("");

/** What must not change: the findings of the file, what the function requires of its caller, and its being understood. */
function state(engine: EngineImpl, path: string, ref: FunctionRef): string {
  const { findings, degraded } = engine.check(path);
  const locks = engine.contract(path, ref.item.name)?.requires.map((l) => `${l.lock} of ${l.object}`) ?? [];
  return JSON.stringify([
    findings.map((f) => `${f.rule} in ${f.function}`).sort(),
    degraded.length,
    [...new Set(locks)].sort(),
  ]);
}

function required(engine: EngineImpl, ref: FunctionRef, dir: string): Required[] {
  const model = engine.program.summary(ref, dir);
  if (!model) return [];
  const found: Required[] = model.needs.map((n) => ({ cls: n.cls, term: n.term, mode: n.mode }));
  for (const outcome of model.outcomes)
    for (const e of outcome.effects)
      if (e.k === "release" || e.k === "drop") found.push({ cls: e.cls, term: e.term, mode: e.mode ?? "any" });
  return found;
}

/** The statement and the attribute for one lock, where the data has them and the object can be named. */
function writtenAs(engine: EngineImpl, ref: FunctionRef, r: Required): { assert?: string; attribute?: string } {
  const how = engine.program.o.compiled.classes.get(r.cls)?.annotate;
  const params = engine.program.lowered(ref).ast.params.map((p) => p.name);
  const object = printTerm(r.term, params);
  if (!how || !/^[\w>.-]+$/.test(object) || !nameable(r.term)) return {};
  const address = r.term.k === "field" || r.term.k === "global" ? `&${object}` : object;
  const fill = (line: string | undefined): string | undefined =>
    line?.replaceAll("{object}", address.startsWith("&") ? address : object).replaceAll("{address}", address);
  const assert = fill(r.mode === "write" ? (how.write ?? how.any) : how.any);
  const attribute = fill(how.attribute);
  return { ...(assert === undefined ? {} : { assert }), ...(attribute === undefined ? {} : { attribute }) };
}

/** Parameters, globals and what is reached through their fields. */
function nameable(t: Term): boolean {
  if (t.k === "arg" || t.k === "global") return true;
  return (t.k === "field" || t.k === "load") && nameable(t.of);
}

/** Behind the declarations at the start of the body. */
function bodyPlace(engine: EngineImpl, ref: FunctionRef, text: string): number | undefined {
  const { ast } = engine.program.lowered(ref);
  const last = ast.body.findIndex((s) => s.k !== "decl");
  const decl = last < 0 ? ast.body.at(-1) : ast.body[last - 1];
  const index = new LineIndex(text);
  const from = decl?.k === "decl" ? ref.item.start + decl.end : ref.item.bodyStart;
  const { line } = index.positionAt(from);
  const next = index.lineText(line + 1).trim() === "" && decl ? line + 2 : line + 1;
  const at = index.offsetAt(next, 0);
  return at <= ref.item.end && text[at - 1] === "\n" ? at : undefined;
}
