/** Splits a C file into functions (kernel style: braces in column 0) with parameters and typed locals. */
import { parseBody, type Stmt, walk } from "./statements";
import { blankNonCode, matchBracket, type Span, splitTop, trimSpan } from "./text";

export interface Variable {
  name: string;
  /** `struct mm_struct *`, `spinlock_t *`, `int`. */
  type: string;
  param: boolean;
}

export interface Fn extends Span {
  name: string;
  /** `static int`, without attributes it does not know. */
  returns: string;
  isStatic: boolean;
  header: Span;
  body: Stmt;
  variables: Map<string, Variable>;
  /** Where a new definition can go, in front of the function and its comment. */
  insertAt: number;
  /** The body has preprocessor lines. */
  conditional: boolean;
}

export interface SourceFile {
  path: string;
  text: string;
  code: string;
  functions: Fn[];
}

const attributeCalls =
  /^(?:__attribute__|__printf|__scanf|__acquires|__releases|__must_hold|__cond_acquires|__alloc_size|__section|__aligned|__no_sanitize|__diag\w*|EXPORT_\w+|MODULE_\w+|__bpf_kfunc\w*)$/;
const syscall = /^(?:COMPAT_)?SYSCALL_DEFINE\d$/;

export function readSource(path: string, text: string): SourceFile {
  const code = blankNonCode(text);
  const functions: Fn[] = [];
  const absent = withoutMmu(text);
  const re = /^\{/gm;
  for (let m = re.exec(code); m; m = re.exec(code)) {
    const close = closingBrace(code, m.index);
    if (close < 0) continue;
    const fn = readFunction(text, code, m.index, close);
    const brace = m.index;
    if (fn && !absent.some((r) => r.start <= brace && brace < r.end)) functions.push(fn);
    re.lastIndex = close;
  }
  return { path, text, code, functions };
}

/** Regions that only a kernel without MMU compiles. */
function withoutMmu(text: string): Span[] {
  const regions: Span[] = [];
  if (!text.includes("CONFIG_MMU\n") && !text.includes("(CONFIG_MMU)")) return regions;
  const stack: { mmu: boolean; absentFrom: number }[] = [];
  for (const m of text.matchAll(/^[ \t]*#[ \t]*(ifdef|ifndef|if|else|elif|endif)\b([^\n]*)/gm)) {
    const top = stack[stack.length - 1];
    if (m[1] === "ifdef" || m[1] === "if")
      stack.push({
        mmu: /^\s*(?:CONFIG_MMU|defined\(CONFIG_MMU\))\s*(?:\/\*.*)?$/.test(m[2] as string),
        absentFrom: -1,
      });
    else if (m[1] === "ifndef")
      stack.push({ mmu: false, absentFrom: /^\s*CONFIG_MMU\s*$/.test(m[2] as string) ? m.index : -1 });
    else if (m[1] === "endif") {
      if (top && top.absentFrom >= 0) regions.push({ start: top.absentFrom, end: m.index });
      stack.pop();
    } else if (top?.mmu) top.absentFrom = m.index;
    else if (top && top.absentFrom >= 0) {
      regions.push({ start: top.absentFrom, end: m.index });
      top.absentFrom = -1;
    }
  }
  return regions;
}

function closingBrace(code: string, open: number): number {
  const at = code.indexOf("\n}", open);
  return at < 0 ? -1 : at + 2;
}

function readFunction(text: string, code: string, open: number, close: number): Fn | undefined {
  const before = code.slice(0, open);
  const stop = Math.max(before.lastIndexOf(";"), before.lastIndexOf("}")) + 1;
  const directive = lastDirectiveEnd(text, code, stop, open);
  const header = trimSpan(code, { start: Math.max(stop, directive), end: open });
  const call = nameAndParameters(code, header);
  if (!call) return undefined;
  const body = parseBody(code, open, close);
  if (!body) return undefined;
  const variables = new Map<string, Variable>();
  for (const v of call.params) variables.set(v.name, v);
  for (const s of walk(body)) {
    if (s.kind !== "decl") continue;
    for (const v of declared(code.slice(s.start, s.end - 1))) variables.set(v.name, v);
  }
  const returns = code.slice(header.start, call.at).replace(/\s+/g, " ").trim();
  return {
    name: call.name,
    returns,
    isStatic: /\bstatic\b/.test(returns),
    header,
    start: header.start,
    end: close,
    body,
    variables,
    insertAt: Math.max(stop, directive),
    conditional: /^[ \t]*#/m.test(text.slice(open, close)),
  };
}

/** End of the last preprocessor line between two offsets: blank in `code`, `#` first in `text`. */
function lastDirectiveEnd(text: string, code: string, from: number, to: number): number {
  let end = 0;
  if (!text.slice(from, to).includes("#")) return end;
  const re = /^[ \t]*#(?:[^\n\\]|\\\n|\\.)*\n?/gm;
  re.lastIndex = from;
  for (let m = re.exec(text); m && m.index < to; m = re.exec(text)) {
    const open = text.lastIndexOf("/*", m.index);
    const commented = open >= from && text.indexOf("*/", open) > m.index;
    if (!commented && code.slice(m.index, m.index + m[0].length).trim() === "") end = m.index + m[0].length;
  }
  return end;
}

function nameAndParameters(code: string, header: Span): { name: string; at: number; params: Variable[] } | undefined {
  const re = /[A-Za-z_]\w*(?=\s*\()/g;
  re.lastIndex = header.start;
  for (let m = re.exec(code); m && m.index < header.end; m = re.exec(code)) {
    const open = code.indexOf("(", m.index);
    const end = matchBracket(code, open, header.end);
    if (end < 0) return undefined;
    if (attributeCalls.test(m[0])) {
      re.lastIndex = end;
      continue;
    }
    const parts = splitTop(code, { start: open + 1, end: end - 1 }, ",").map((p) => code.slice(p.start, p.end));
    if (syscall.test(m[0])) {
      const params: Variable[] = [];
      for (let i = 1; i + 1 < parts.length; i += 2)
        params.push({ type: parts[i] as string, name: parts[i + 1] as string, param: true });
      return { name: parts[0] ?? m[0], at: m.index, params };
    }
    return { name: m[0], at: m.index, params: parts.flatMap(parameter) };
  }
  return undefined;
}

function parameter(part: string): Variable[] {
  const m = /^([\s\S]*?[\s*])([A-Za-z_]\w*)\s*(\[[^\]]*\])?$/.exec(part.trim());
  if (!m || part.includes("(")) return [];
  return [{ type: cleanType(m[1] as string) + (m[3] ? " *" : ""), name: m[2] as string, param: true }];
}

/** Variables of one declaration, without its semicolon. */
export function declared(text: string): Variable[] {
  const m =
    /^((?:(?:static|const|volatile|register|__maybe_unused)\s+)*(?:struct\s+\w+|union\s+\w+|enum\s+\w+|\w+)(?:\s+(?:int|long|short|char|unsigned|const|__user|__rcu))*)(?=[\s*])/.exec(
      text,
    );
  if (!m || /\bstatic\b/.test(m[1] as string)) return [];
  const base = cleanType(m[1] as string);
  const rest = text.slice((m[1] as string).length);
  const out: Variable[] = [];
  for (const part of splitTop(rest, { start: 0, end: rest.length }, ",")) {
    const d = /^([\s*]*)((?:__maybe_unused\s+)?)([A-Za-z_]\w*)\s*(\[)?/.exec(rest.slice(part.start, part.end));
    if (!d) continue;
    const stars = (d[1] as string).replace(/\s/g, "");
    out.push({ name: d[3] as string, type: `${base}${stars ? ` ${stars}` : ""}${d[4] ? " []" : ""}`, param: false });
  }
  return out;
}

function cleanType(type: string): string {
  return type
    .replace(/\b(?:const|volatile|register|__maybe_unused|__user|__rcu)\b/g, " ")
    .replace(/\s+/g, " ")
    .replace(/\s*\*/g, " *")
    .trim();
}

/** A plausible value to leave the function with. */
export function failureValue(fn: Fn): string | undefined {
  const type = fn.returns
    .replace(/\b(?:static|inline|__always_inline|noinline|__\w+|noinline_for_stack)\b/g, "")
    .replace(/\s+/g, " ")
    .trim();
  if (/\*$/.test(type)) return "NULL";
  if (type === "void") return "";
  if (/\bvm_fault_t$/.test(type)) return "VM_FAULT_SIGBUS";
  if (/\bbool$/.test(type)) return "false";
  if (/^(?:int|long|ssize_t|asmlinkage long|signed long)$/.test(type) || type === "") return "-EINTR";
  if (/\b(?:unsigned|u\d+|size_t)\b/.test(type)) return "0";
  return undefined;
}
