/** Placeholders of fixes: `{object}`, `{step1.arg0}`, `{*step1.arg3}`, `{param1}`, `{fail}` … → text of the function at hand. */
import type { RuleFix } from "../rules/model";
import { isPointer } from "../syntax/types";
import { callAt, callIn, failureTest, jumpFor, resultOf, wayOut } from "./calls";
import { type Draft, Inapplicable } from "./draft";

/** Fills the placeholders of a line. A placeholder without a value makes the fix inapplicable. */
export class Words {
  constructor(
    private readonly draft: Draft,
    private readonly fix: RuleFix,
    private readonly said: Readonly<Record<string, string>>,
  ) {}

  fill(line: string): string {
    return line.replace(
      /\{(\*?)([a-z]\w*)(?:\.(\w+))?(?::(\w+))?(?:\|(\w+)=(\w+))?\}/g,
      (_, star, name, part, extra, from, to) => {
        const value = this.value(name, part, extra);
        if (value === undefined || value === "") throw new Inapplicable(`nothing for {${name}}`);
        // A condition that is asked again must look again, not at what was found before.
        if (from !== undefined && !value.includes(from) && !/\*\s*\w/.test(value))
          throw new Inapplicable("no new look");
        const changed = from === undefined ? value : value.replaceAll(from, to);
        return star === "*" ? pointee(changed) : changed.replaceAll("\n", `\n${/^\t*/.exec(line)?.[0] ?? ""}`);
      },
    );
  }

  /** The names a condition of the fix compares: the call at a place, or a word of the message. */
  subject(name: string): string | undefined {
    const mark = this.draft.marks.get(name);
    return mark ? callAt(this.draft, mark)?.callee : this.said[name];
  }

  private value(name: string, part: string | undefined, extra: string | undefined): string | undefined {
    if (name === "fail") return failure(this.draft.fn.returnType, extra, ERROR_POINTER.exec(this.draft.text)?.[1]);
    const param = /^param(\d)$/.exec(name);
    if (param) return this.draft.fn.params[Number(param[1])]?.name;
    if (part !== undefined) return this.ofPlace(name, part, extra);
    if (Object.hasOwn(this.fix.let, name)) return this.byType(this.fix.let[name] ?? {});
    if (name === "assignment") return this.assignment();
    const word = this.said[name];
    // A call as it stands in the function.
    if (name === "release") return word !== undefined && /^\w+\(.*\)$/s.test(word) ? word : undefined;
    // What has no name in the source (results, temporaries) cannot be written down.
    return word !== undefined && /^[^(){}:]*$/.test(word) ? word : undefined;
  }

  private ofPlace(name: string, part: string, extra: string | undefined): string | undefined {
    const mark = this.draft.mark(name);
    const call = callAt(this.draft, mark);
    const arg = /^arg(\d)$/.exec(part);
    if (arg) return call?.args[Number(arg[1])];
    if (part === "callee") return call?.callee;
    if (part === "result") {
      const own = callIn(this.draft, mark);
      return own && resultOf(this.draft, own);
    }
    const here = this.draft.statementAt(mark.at);
    const text = this.draft.slice(here.stmt);
    switch (part) {
      case "text":
        return text;
      case "source":
        // What was handed down, not a look at the entry itself.
        return callIn(this.draft, mark) === undefined && this.draft.text[mark.at] !== "*"
          ? this.draft.slice(mark)
          : undefined;
      case "condition":
        return here.stmt.k === "if" ? this.draft.slice(here.stmt.c) : undefined;
      case "guard": {
        let around = here.parent;
        while (around && around.stmt.k !== "if") around = around.parent;
        return around?.stmt.k === "if" ? this.draft.slice(around.stmt.c) : undefined;
      }
      case "base":
        return /^(.*)->\w+\s*[-+|&^]?=[^=]/.exec(text)?.[1];
      case "undo":
        return undone(text);
      case "before":
      case "after": {
        const s = part === "before" ? this.draft.previous(here) : this.draft.next(here);
        return s?.k === "expr" ? this.draft.slice(s) : undefined;
      }
      case "bail": {
        const test = failureTest(this.draft, here, call && resultOf(this.draft, call));
        const way = wayOut(test?.t);
        if (way.length === 0) return failure(this.draft.fn.returnType, extra, ERROR_POINTER.exec(this.draft.text)?.[1]);
        return way.map((s) => this.draft.slice(s)).join("\n");
      }
      case "skip": {
        let around = here.parent;
        while (around && around.stmt.k !== "while" && around.stmt.k !== "for" && around.stmt.k !== "do")
          around = around.parent;
        return around ? "continue;" : undefined;
      }
      case "again": {
        const jump = jumpFor(this.draft, here, extra ?? "");
        return jump && this.draft.slice(jump);
      }
      default:
        return undefined;
    }
  }

  /** The first parameter or local of one of the types. */
  private byType(texts: Readonly<Record<string, string>>): string | undefined {
    const declared = this.draft.fn.params.map((p) => ({ name: p.name, type: p.type }));
    this.draft.visit(({ stmt }) => {
      if (stmt.k === "decl") declared.push(...stmt.vars.map((v) => ({ name: v.name, type: v.type })));
    });
    for (const [type, text] of Object.entries(texts)) {
      const found = declared.find((d) => plain(d.type) === plain(type));
      if (found) return text.replaceAll("{it}", found.name);
    }
    return undefined;
  }

  /** The statement that gave the object its value last before the site. */
  private assignment(): string | undefined {
    const object = this.said.object ?? "";
    const site = this.draft.mark("site");
    let found: string | undefined;
    this.draft.visit(({ stmt }) => {
      if (stmt.end > site.at) return;
      if (stmt.k === "expr" && stmt.e.k === "assign" && this.draft.slice(stmt.e.l) === object)
        found = this.draft.slice(stmt);
      if (stmt.k !== "decl") return;
      const v = stmt.vars.find((d) => d.name === object && d.init);
      if (v?.init) found = `${object} = ${this.draft.slice(v.init)};`;
    });
    return found;
  }
}

/** `&x` → `x`, `x` → `*x`. */
function pointee(text: string): string {
  return text.startsWith("&") ? text.slice(1) : `*${text}`;
}

function plain(type: string): string {
  return type.replace(/\bconst\b/g, "").replace(/\s+/g, "");
}

/** `x++` is undone by `x--`, `x += n` by `x -= n`. */
function undone(text: string): string | undefined {
  if (/\+\+;$/.test(text)) return text.replace(/\+\+;$/, "--;");
  if (/\+=/.test(text)) return text.replace("+=", "-=");
  return undefined;
}

/** How a function that returns pointers wraps an error: `return wrap(-ENOENT);`. */
const ERROR_POINTER = /\breturn (\w+)\(-E[A-Z]+\);/;

/** How a function of that type says that it did not do it. */
export function failure(returnType: string, error = "EAGAIN", wrap?: string): string {
  const type = returnType.replace(/\b(static|inline|const|extern|__always_inline|noinline)\b/g, "").trim();
  if (type === "void") return "return;";
  if (isPointer(type)) return wrap ? `return ${wrap}(-${error});` : "return NULL;";
  if (/\bbool\b/.test(type)) return "return false;";
  if (/\bunsigned\b/.test(type) || !/^(int|long|ssize_t|s32|s64|signed)\b/.test(type)) return "return 0;";
  return `return -${error};`;
}
