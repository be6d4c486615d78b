/** Questions at a position: locks held, hover, highlight, definition, why. */
import { LineIndex } from "../base/lineIndex";
import { folderOf } from "../base/path";
import type { FunctionRef } from "../interproc/callGraph";
import type { FunctionAnalysis } from "../locks/analyse";
import { isHeld } from "../locks/query";
import type { State } from "../locks/state";
import { printValue } from "../locks/values";
import type { LockStateAt } from "../protocol/finding";
import { code } from "../protocol/markdown";
import { contractOf } from "./contract";
import type { EngineImpl } from "./engine";
import { argumentTexts, renderApi, renderContract, renderField } from "./hoverText";
import type { HoverResult, WhyResult } from "./types";

export class Queries {
  constructor(private readonly engine: EngineImpl) {}

  functionAt(path: string, offset: number): FunctionRef | undefined {
    return this.engine.program.functionsOf(path).find((r) => offset >= r.item.start && offset < r.item.end);
  }

  private analysisAt(path: string, offset: number): { ref: FunctionRef; analysis: FunctionAnalysis } | undefined {
    const ref = this.functionAt(path, offset);
    if (!ref) return undefined;
    const dir = folderOf(path);
    if (!this.engine.program.isRelevant(ref, dir)) return undefined;
    const analysis = this.engine.program.checked(ref, dir);
    return analysis ? { ref, analysis } : undefined;
  }

  /** States just before the instruction at or after an offset of the function. */
  private statesAt(a: FunctionAnalysis, offset: number): State[] {
    let block = -1;
    let best = Number.POSITIVE_INFINITY;
    for (const b of a.cfg.blocks) {
      const places = [
        ...b.instrs.map((i) => [i.at, i.end] as const),
        ...("end" in b.term ? [[b.term.at, b.term.end] as const] : []),
      ];
      for (const [at, end] of places) {
        const distance =
          offset >= at && offset <= end ? (end - at) / 1e6 : at >= offset ? at - offset : Number.POSITIVE_INFINITY;
        if (distance < best) {
          best = distance;
          block = b.id;
        }
      }
    }
    if (block < 0) return [];
    return a.statesBefore(block, offset);
  }

  lockStateAt(path: string, offset: number): LockStateAt {
    const found = this.analysisAt(path, offset);
    const text = this.engine.overlay.read(path) ?? "";
    if (!found) return { function: this.functionAt(path, offset)?.item.name ?? null, locks: [] };
    const lines = new LineIndex(text);
    const { ref, analysis } = found;
    const states = this.statesAt(analysis, offset - ref.item.start);
    const locks = new Map<string, LockStateAt["locks"][number] & { count: number }>();
    for (const s of states) {
      for (const e of s.locks.values()) {
        if (!isHeld(e)) continue;
        const c = analysis.machine.rules.classes.get(e.cls);
        if (c?.kind === "ref") continue;
        const key = `${e.cls}@${e.obj}`;
        const old = locks.get(key);
        const at = lines.positionAt(ref.item.start + e.origin.at).line;
        if (old) old.count++;
        else {
          locks.set(key, {
            lock: e.cls,
            object: printValue(analysis.machine.t, e.obj).replace(/^&/, ""),
            mode: e.mode === "down" ? "read" : e.mode === "top" ? "any" : e.mode,
            since: e.origin.end > 0 ? { line: at + 1, text: lines.lineText(at).trim() } : null,
            certain: true,
            count: 1,
          });
        }
      }
    }
    return {
      function: ref.item.name,
      locks: [...locks.values()].map(({ count, ...l }) => ({ ...l, certain: count === states.length })),
    };
  }

  why(path: string, line: number): WhyResult {
    const text = this.engine.overlay.read(path) ?? "";
    const lines = new LineIndex(text);
    const start = lines.offsetAt(line - 1, 0);
    const indent = /^\s*/.exec(lines.lineText(line - 1))?.[0].length ?? 0;
    const at = this.lockStateAt(path, start + indent);
    const ref = this.functionAt(path, start + indent);
    const findings = this.engine.check(path).findings.filter((f) => f.line === line);
    const evidence: string[] = [];
    const silent: WhyResult["silent"] = [];
    if (ref) {
      const dir = folderOf(path);
      const entry = this.engine.program.entry(ref, dir);
      evidence.push(
        entry.unknown
          ? "what callers hold is not known: nothing is assumed, and nothing is reported that depends on it"
          : entry.why,
      );
      evidence.push(...contractOf(this.engine, ref, dir, lines).evidence);
      const found = this.analysisAt(path, start + indent);
      if (found) {
        const from = start - ref.item.start;
        const to = from + lines.lineText(line - 1).length;
        const seen = new Set<string>();
        for (const e of found.analysis.events) {
          if (e.k !== "exit") continue;
          for (const n of e.state.needs.values()) {
            if (n.site.at < from || n.site.at > to || seen.has(n.rule)) continue;
            seen.add(n.rule);
            silent.push({
              rule: n.rule,
              reason: `needs ${n.cls}${n.mode === "any" ? "" : ` for ${n.mode}`}; the caller may hold it`,
            });
          }
        }
      }
    }
    return {
      function: at.function,
      locks: at.locks,
      evidence: [...new Set(evidence)].filter((x) => x !== ""),
      findings,
      silent,
    };
  }

  private wordAt(path: string, offset: number): { word: string; start: number; end: number; text: string } | undefined {
    const text = this.engine.overlay.read(path);
    if (text === undefined) return undefined;
    let start = offset;
    let end = offset;
    while (start > 0 && /\w/.test(text[start - 1] as string)) start--;
    while (end < text.length && /\w/.test(text[end] as string)) end++;
    const word = text.slice(start, end);
    return /^[A-Za-z_]\w*$/.test(word) ? { word, start, end, text } : undefined;
  }

  hover(path: string, offset: number): HoverResult | undefined {
    const w = this.wordAt(path, offset);
    if (!w) return undefined;
    const parts: string[] = [];
    const { compiled } = this.engine.program.o;
    const isField = /(?:->|\.)\s*$/.test(w.text.slice(Math.max(0, w.start - 4), w.start));
    if (isField) parts.push(...renderField(this.engine.checks, compiled, w.word));
    else {
      const api = compiled.api(w.word, -1);
      if (api) parts.push(renderApi(api, this.engine.checks, compiled, argumentTexts(w.text, w.end)));
      else {
        const target = this.engine.program.resolve(path, w.word, folderOf(path));
        const text = target && this.engine.overlay.read(target.file);
        if (target && text !== undefined)
          parts.push(renderContract(contractOf(this.engine, target, folderOf(path), new LineIndex(text))));
      }
    }
    if (parts.length === 0) return undefined;
    const held = this.lockStateAt(path, w.start);
    if (held.function !== null) {
      const list = held.locks
        .filter((l) => l.certain)
        .map(
          (l) =>
            `${code(l.lock)} (${l.mode}) of ${code(l.object)}${l.since ? `, since line ${l.since.line}` : ", since entry"}`,
        );
      parts.push(`**Held before this:** ${list.length > 0 ? list.join("; ") : "no lock known"}`);
    }
    return { markdown: parts.join("\n\n"), start: w.start, end: w.end };
  }

  highlight(path: string, offset: number): { start: number; end: number; kind: "acquire" | "release" }[] {
    const found = this.analysisAt(path, offset);
    if (!found) return [];
    const { ref, analysis } = found;
    const at = offset - ref.item.start;
    const places = new Map<string, { start: number; end: number; kind: "acquire" | "release"; origin: number }>();
    const note = (origin: { at: number; end: number }, last: { at: number; end: number } | null): void => {
      if (origin.end === 0) return;
      places.set(`a${origin.at}`, { start: origin.at, end: origin.end, kind: "acquire", origin: origin.at });
      if (last && last.at !== origin.at)
        places.set(`r${last.at}:${origin.at}`, { start: last.at, end: last.end, kind: "release", origin: origin.at });
    };
    for (const b of analysis.states)
      for (const s of b)
        for (const e of s.locks.values()) if (!e.entry || e.dropped) note(e.origin, e.mode === "free" ? e.last : null);
    for (const e of analysis.events)
      if (e.k === "exit") for (const l of e.state.locks.values()) note(l.origin, l.mode === "free" ? l.last : null);
    const all = [...places.values()];
    const origins = new Set(all.filter((p) => at >= p.start && at <= p.end).map((p) => p.origin));
    return all
      .filter((p) => origins.has(p.origin))
      .sort((a, b) => a.start - b.start)
      .filter((p, i, list) => i === 0 || p.start !== list[i - 1]?.start)
      .map((p) => ({ start: p.start + ref.item.start, end: p.end + ref.item.start, kind: p.kind }));
  }

  definition(path: string, offset: number): { file: string; start: number; end: number } | undefined {
    const w = this.wordAt(path, offset);
    if (!w) return undefined;
    const target = this.engine.index.resolve(path, w.word)[0];
    if (target)
      return { file: target.file, start: target.item.nameAt, end: target.item.nameAt + target.item.name.length };
    const macro = this.engine.index.macro(path, w.word)[0];
    return macro ? { file: macro.file, start: macro.item.start, end: macro.item.end } : undefined;
  }
}
