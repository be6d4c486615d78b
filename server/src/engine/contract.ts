/** The inferred contract of a function, for people. */
import type { LineIndex } from "../base/lineIndex";
import type { FunctionRef } from "../interproc/callGraph";
import type { CallEffect, Clause, Term } from "../locks/outcomes";
import type { Contract, HeldLock } from "../protocol/finding";
import type { EngineImpl } from "./engine";

/** A term as the reader of the function would write it. */
export function printTerm(t: Term, params: string[], ret = "return value"): string {
  const p = (x: Term): string => printTerm(x, params, ret);
  switch (t.k) {
    case "arg":
      return params[t.index] ?? `arg${t.index}`;
    case "ret":
      return ret;
    case "global":
      return t.name;
    case "num":
      return String(t.n);
    case "sym":
      return t.name;
    case "field":
      return `${p(t.of)}->${t.field}`;
    case "load":
    case "after":
      return t.of.k === "field" ? p(t.of) : `*${p(t.of)}`;
    case "pure":
      return `${t.fn}(${t.args.map(p).join(", ")})`;
    case "op":
      return `${p(t.a)} ${t.op} ${p(t.b)}`;
    case "un":
      return `${t.op}${p(t.a)}`;
    case "any":
      return "any";
    case "path":
      return "…";
  }
}

function printClause(c: Clause, params: string[]): string {
  const v = printTerm(c.term, params);
  if (c.k === "equals") return `${v} ${c.positive ? "==" : "!="} ${printTerm(c.to, params)}`;
  if (c.k === "flags") return `${c.set ? "" : "!"}(${v} & ${c.flags.join("|")})`;
  const m = c.mask;
  if (m === 1) return `${v} == 0`;
  if (m === 4) return `${v} < 0`;
  if (m === 8) return `IS_ERR(${v})`;
  if (m === 2) return `${v} > 0`;
  if ((m & 1) === 0) return `${v} != 0`;
  if ((m & 4) === 0) return `${v} >= 0`;
  return "";
}

export function contractOf(engine: EngineImpl, ref: FunctionRef, dir: string, lines: LineIndex): Contract {
  const { program } = engine;
  const contract: Contract = {
    function: ref.item.name,
    file: ref.file,
    line: lines.positionAt(ref.item.nameAt).line + 1,
    requires: [],
    acquires: [],
    releases: [],
    drops: [],
    maySleep: "unknown",
    evidence: [],
  };
  if (!program.isRelevant(ref, dir)) {
    contract.evidence.push("touches no lock that the rules speak of");
    return contract;
  }
  const { ast } = program.lowered(ref);
  const model = program.summary(ref, dir);
  const analysis = program.analysis(ref, dir);
  if (!model || !analysis) return contract;
  const params = ast.params.map((p) => p.name);
  const seen = new Set<string>();
  const add = (to: HeldLock[], lock: string, object: Term, mode: HeldLock["mode"], when: string): void => {
    const entry = { lock, object: printTerm(object, params), mode, when };
    const key = JSON.stringify([to === contract.requires, to === contract.acquires, to === contract.releases, entry]);
    if (seen.has(key)) return;
    seen.add(key);
    to.push(entry);
  };
  for (const n of model.needs) add(contract.requires, n.cls, n.term, n.mode, "");
  for (const o of model.outcomes) {
    const when =
      model.outcomes.length > 1
        ? o.when
            .map((c) => printClause(c, params))
            .filter((x) => x !== "")
            .join(" && ")
        : "";
    for (const e of o.effects) addEffect(contract, add, e, when);
  }
  for (const e of analysis.events) {
    if (e.k !== "exit") continue;
    for (const l of e.state.locks.values()) {
      if (!l.entry) continue;
      const term = engine.queryTerm(analysis.machine, e.state, l.obj);
      if (!term) continue;
      add(contract.requires, l.cls, term, l.entryMode, "");
      if (l.origin.note) {
        const at = lines.positionAt(ref.item.start + l.origin.at).line + 1;
        const text = `${l.origin.note} (line ${at})`;
        if (!contract.evidence.includes(text)) contract.evidence.push(text);
      }
    }
  }
  contract.maySleep = model.sleeps === "yes" ? true : model.sleeps === "no" ? false : "unknown";
  const entry = program.entry(ref, dir);
  if (!entry.unknown && entry.why) {
    contract.evidence.push(entry.why);
    for (const h of entry.held)
      if (h.mode !== "free") contract.evidence.push(`${h.cls} of ${printTerm(h.term, params)}: ${h.why}`);
  }
  return contract;
}

type Add = (to: HeldLock[], lock: string, object: Term, mode: HeldLock["mode"], when: string) => void;

function addEffect(c: Contract, add: Add, e: CallEffect, when: string): void {
  if (e.k === "acquire") add(c.acquires, e.cls, e.term, e.mode, when);
  else if (e.k === "release") {
    add(c.releases, e.cls, e.term, e.mode, when);
    add(c.requires, e.cls, e.term, e.mode, "");
  } else if (e.k === "drop") {
    add(c.drops, e.cls, e.term, e.mode ?? "any", when);
    add(c.requires, e.cls, e.term, e.mode ?? "any", "");
  } else if (e.k === "downgrade") {
    add(c.releases, e.cls, e.term, "write", when);
    add(c.acquires, e.cls, e.term, "read", when);
  }
}
