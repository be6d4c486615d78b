import { outside } from "./scanBody";
import type { Head } from "./scanConditions";
import { startsFunction, wordIn } from "./scanHead";
import { EOF, type Lexer, NAME } from "./scanLexer";
import { ID, isAttribute, isKeyword } from "./scanTable";

/** Notes a name mentioned at file level. */
export function mentionAtFileLevel(lx: Lexer, id: number, stamp: number): void {
  if (isKeyword(id) || isAttribute(id) || lx.names.atFileLevel[id] === stamp) return;
  lx.names.atFileLevel[id] = stamp;
  lx.scan.mentions.push(lx.names.names[id] as string);
}

/**
 * Scans the brace block of a top-level initialiser, the lexer standing after its `{`. Fills slots and
 * file-level mentions. A nested block keeps the table's struct in arrays, takes the type of a
 * compound literal, and has none as the value of a field.
 */
export function scanInitialiser(lx: Lexer, head: Head, fileStamp: number): void {
  const { conditions } = lx;
  const { struct, table } = tableOf(lx, head);
  const contexts: (string | null)[] = [struct];
  let castTag: string | null = null;
  let tagNext = false;
  let previous = 123;
  let field: string | null = null;
  let armed = false;
  let value = -1;
  let valueAt = 0;
  let slotValue = false;
  conditions.enter();
  for (;;) {
    const kind = lx.next();
    if (kind === EOF || conditions.aborted) {
      if (kind === EOF) lx.problem(lx.at, "initialiser is not closed");
      break;
    }
    const column0 = (kind === NAME || kind === 125) && lx.atColumn0(lx.at);
    if (kind === NAME && column0 && startsFunction(lx, lx.at)) {
      lx.problem(lx.at, "function begins before the braces of the initialiser above are closed");
      lx.pos = lx.at;
      break;
    }
    if (value >= 0) {
      if (slotValue && field !== null && (kind === 44 || kind === 125)) {
        const context = contexts[Math.min(conditions.depth, contexts.length) - 1] ?? null;
        lx.scan.slots.push({ struct: context, table, field, value: lx.names.names[value] as string, at: valueAt });
      } else if (kind !== 40 && kind !== NAME) mentionAtFileLevel(lx, value, fileStamp);
      value = -1;
    }
    if (kind === NAME) {
      if (previous === 46) {
        field = lx.names.names[lx.id] as string;
        armed = false;
      } else if (tagNext) castTag = lx.names.names[lx.id] as string;
      else if (!isKeyword(lx.id) && previous !== 62) {
        value = lx.id;
        valueAt = lx.at;
        slotValue = armed;
      }
      tagNext = lx.id === ID.struct;
      armed = false;
    } else if (kind === 61) armed = field !== null && previous === NAME;
    else if (kind === 123) {
      const inherited = contexts[conditions.depth - 1] ?? null;
      contexts.length = conditions.depth;
      contexts.push(previous === 41 && castTag !== null ? castTag : armed ? null : inherited);
      conditions.depth++;
      armed = false;
      castTag = field = null;
    } else if (kind === 125) {
      conditions.depth--;
      field = null;
      if (conditions.depth === 0) break;
      if (column0 && (closesStatement(lx) || outside(lx.text, lx.pos, lx.n))) {
        lx.problem(lx.at, "braces not closed before this one");
        break;
      }
    } else if (kind === 44) {
      field = castTag = null;
      armed = false;
    } else if (kind !== 38) armed = false;
    previous = kind === 62 && previous !== 45 ? 0 : kind;
  }
  conditions.leave();
}

function closesStatement(lx: Lexer): boolean {
  return lx.text.charCodeAt(lx.pos) === 59;
}

/** Struct tag and name of the variable whose initialiser starts. */
function tableOf(lx: Lexer, head: Head): { struct: string | null; table: string } {
  const { kinds, ids, ats, ends } = head;
  const nameAt = (k: number): string => lx.names.names[ids[k] as number] as string;
  let struct: string | null = null;
  let equals = head.len - 1;
  for (let k = 0; k < head.len; k++) {
    if (struct === null && ids[k] === ID.struct && kinds[k + 1] === NAME) struct = nameAt(k + 1);
    if (kinds[k] === 61) equals = k;
  }
  let skipped = -1;
  for (let k = equals - 1; k >= 0; k--) {
    if (kinds[k] === 93) while (k > 0 && kinds[k] !== 91) k--;
    else if (kinds[k] === NAME) {
      const id = ids[k] as number;
      if (isKeyword(id) || ids[k - 1] === ID.struct) break;
      if (!isAttribute(id) && !nameAt(k).startsWith("__")) return { struct, table: nameAt(k) };
      if (!isAttribute(id) && skipped < 0) skipped = k;
    } else if (k > 0 && kinds[k - 1] === NAME && !isAttribute(ids[k - 1] as number)) {
      const inner = lx.text.slice(ats[k], ends[k]);
      const parts = /(?:struct\s+(\w+)\s*)?\W*(\w*)\W*$/.exec(inner.slice(0, 400));
      const tag = /\bstruct\s+(\w+)/.exec(inner.slice(0, 400));
      const first = wordIn(lx.text, (ats[k] as number) + 1);
      return { struct: struct ?? tag?.[1] ?? null, table: parts?.[2] || (first?.word ?? "") };
    }
  }
  return { struct, table: skipped < 0 ? "" : nameAt(skipped) };
}
