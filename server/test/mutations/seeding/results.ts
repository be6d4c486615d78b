/** Where the result of a conditional acquire is tested, and with which sense. */
import { type Cond, leavesOf, readCondition } from "../conditions";
import type { SourceFile } from "../functions";
import type { Taken } from "../model";
import type { Site } from "../sites";
import { nextSiblings, type Stmt } from "../statements";
import { escapeRegExp } from "../text";

export interface ResultTest {
  stmt: Stmt;
  leaf: Cond;
  /** Value of the leaf's core when the lock was taken. */
  whenTaken: boolean;
}

/** The test of a site's result: in the condition around the call, or of the assigned variable close behind. */
export function resultTest(file: SourceFile, site: Site): ResultTest | undefined {
  if (!site.api.taken) return undefined;
  if (site.role === "condition" && site.stmt.cond) {
    const leaf = leavesOf(readCondition(file.code, site.stmt.cond)).find(
      (l) => l.start <= site.call.start && site.call.end <= l.end,
    );
    if (!leaf) return undefined;
    const text = file.code.slice(leaf.core.start, leaf.core.end);
    if (site.lhs === undefined && (leaf.core.start !== site.call.start || leaf.core.end !== site.call.end))
      return undefined;
    const whenTaken =
      site.lhs !== undefined && /[=!]=/.test(text.replace(/^[^(]*\([^)]*$/, ""))
        ? undefined
        : truthWhenTaken(site.api.taken);
    return whenTaken === undefined ? undefined : { stmt: site.stmt, leaf, whenTaken };
  }
  return site.lhs === undefined ? undefined : testOfVariable(file, site.stmt, site.lhs, site.api.taken);
}

function truthWhenTaken(taken: Taken): boolean {
  return taken === "nonzero" || taken === "nonnull";
}

/** First test of `name` in the next statements of the same block. */
export function testOfVariable(file: SourceFile, after: Stmt, name: string, taken: Taken): ResultTest | undefined {
  const n = escapeRegExp(name);
  const assigned = new RegExp(`(?:^|[^\\w.>])${n}\\s*=[^=]`);
  for (const stmt of nextSiblings(after).slice(0, 4)) {
    if (stmt.kind === "if" && stmt.cond) {
      for (const leaf of leavesOf(readCondition(file.code, stmt.cond))) {
        if (leaf.parent && leaf.parent.op === (leaf.negated ? "&&" : "||") && taken !== "zero" && taken !== "noerr")
          continue;
        const whenTaken = sense(file.code.slice(leaf.core.start, leaf.core.end), n, taken);
        if (whenTaken !== undefined) return { stmt, leaf, whenTaken };
      }
    }
    if (assigned.test(file.code.slice(stmt.start, stmt.end))) return undefined;
  }
  return undefined;
}

function sense(text: string, name: string, taken: Taken): boolean | undefined {
  const pointer = taken === "nonnull" || taken === "nonzero";
  if (new RegExp(`^${name}$`).test(text)) return pointer ? true : taken === "zero" ? false : undefined;
  if (new RegExp(`^${name}\\s*==\\s*(?:NULL|0)$`).test(text))
    return pointer ? false : taken === "zero" ? true : undefined;
  if (new RegExp(`^${name}\\s*!=\\s*(?:NULL|0)$`).test(text))
    return pointer ? true : taken === "zero" ? false : undefined;
  if (new RegExp(`^IS_ERR(?:_OR_NULL)?\\(\\s*${name}\\s*\\)$`).test(text)) return taken === "noerr" ? false : undefined;
  return undefined;
}
