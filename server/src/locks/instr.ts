/** Instructions of a CFG on the abstract machine. */
import type { Instr } from "../cfg/cfg";
import type { Expr } from "../syntax/ast";
import { applyModel } from "./calls";
import type { Machine } from "./machine";
import type { State } from "./state";
import type { ValueId, ValueTable } from "./values";

export function runInstr(m: Machine, s: State, i: Instr): void {
  switch (i.k) {
    case "eval": {
      const v = m.eval(s, i.e);
      noteIgnored(m, s, i.e, v);
      break;
    }
    case "decl": {
      m.types.set(i.v.name, i.v.type);
      const addr = m.t.local(i.v.name);
      if (i.v.init === null) {
        if (!i.v.isStatic) forgetCells(m.t, s, addr);
        break;
      }
      if (i.v.init.k === "init") {
        forgetCells(m.t, s, addr);
        m.initialise(s, addr, i.v.init);
      } else {
        const v = m.eval(s, i.v.init);
        m.store(s, addr, v);
        m.noteStruct(v, i.v.type);
      }
      break;
    }
    case "temp":
      m.types.set(i.name, "int");
      m.store(s, m.t.local(i.name), m.eval(s, i.e));
      break;
    case "guard":
      runGuard(m, s, i, i.acquire ?? null);
      break;
    case "unguard":
      runGuard(m, s, i, i.release ?? null);
      break;
    case "free":
      break;
  }
}

function runGuard(m: Machine, s: State, i: Extract<Instr, { k: "guard" | "unguard" }>, call: string | null): void {
  const g = m.rules.guard(i.name);
  const name = call ?? (i.k === "guard" ? g?.acquire : g?.release);
  const model = name ? m.scope.call(name, i.args.length) : null;
  if (!model) return;
  const frame = { args: i.args.map((a) => m.eval(s, a)), lvalues: i.args.map(() => null), ret: m.t.zero };
  applyModel(m, s, model, frame, m.site(i.at, i.end, ""));
}

function noteIgnored(m: Machine, s: State, e: Expr, v: ValueId): void {
  if (!m.sink || e.k !== "call" || e.fn.k !== "id") return;
  const model = m.scope.call(e.fn.name, e.args.length);
  if (model?.mustCheck && m.fallible.has(v)) {
    m.emit({ k: "ignored-result", api: e.fn.name, site: m.site(e.at, e.end, ""), state: s.fork() });
  }
}

function forgetCells(t: ValueTable, s: State, addr: ValueId): void {
  s.dropMem(addr);
  for (const a of s.mem.keys()) {
    const v = t.get(a);
    if (v.k === "field" && v.base === addr) s.dropMem(a);
  }
}
