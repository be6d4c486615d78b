import { beforeAll, describe, expect, test } from "vitest";
import { parseC, testMacros, wasmParser } from "../../test/cParser";
import { buildCfg } from "../cfg/build";
import { showExpr } from "../cfg/dot";
import type { Expr, FunctionAst, Stmt } from "./ast";
import { classifyMacro, type MacroClass } from "./normaliseMacros";
import type { CParser } from "./parser";

let parser: CParser;
beforeAll(async () => {
  parser = await wasmParser();
});

const parse = (text: string, classes: Record<string, MacroClass> = {}): FunctionAst =>
  parseC(parser, text, (name) => classes[name]);
const body = (text: string, classes?: Record<string, MacroClass>): FunctionAst =>
  parse(`void f(void)\n{\n${text}\n}`, classes);
const exprOf = (s: Stmt | undefined): Expr => {
  if (s?.k !== "expr") throw new Error(`no expression: ${JSON.stringify(s)}`);
  return s.e;
};
const clean = (ast: FunctionAst): FunctionAst => {
  expect(ast.degraded).toEqual([]);
  return ast;
};

describe("header", () => {
  test("parameters, return type, attributes", () => {
    const f = clean(
      parse(`static __init inline struct page *
walk(struct mm *mm, unsigned long addr, void (*cb)(int, long), int v[4], const char *const name, ...)
	__must_hold(&mm->lock) __acquires(ptl)
{
}`),
    );
    expect(f).toMatchObject({
      name: "walk",
      kind: "function",
      returnType: "struct page *",
      isStatic: true,
      isInline: true,
    });
    expect(f.params.map((p) => [p.name, p.type])).toEqual([
      ["mm", "struct mm *"],
      ["addr", "unsigned long"],
      ["cb", "void ( * ) ( int , long )"],
      ["v", "int [4]"],
      ["name", "const char * const"],
    ]);
    expect(f.attributes).toEqual([
      { word: "__must_hold", args: "&mm->lock" },
      { word: "__acquires", args: "ptl" },
    ]);
  });

  test("a system call has its named parameters", () => {
    const f = clean(
      parse("SYSCALL_DEFINE3(munlock, unsigned long, start, size_t, len, void __user *, p)\n{\n\treturn 0;\n}"),
    );
    expect(f).toMatchObject({ name: "munlock", kind: "syscall" });
    expect(f.params).toEqual([
      { name: "start", type: "unsigned long" },
      { name: "len", type: "size_t" },
      { name: "p", type: "void *" },
    ]);
  });

  test("no parameters, unnamed parameters, an empty stub macro of the same name", () => {
    expect(parse("int f(void) {}").params).toEqual([]);
    expect(parse("int f(struct x *, int) {}").params).toEqual([
      { name: "", type: "struct x *" },
      { name: "", type: "int" },
    ]);
    expect(parse("void f(int a) {}", { f: { kind: "attribute" } })).toMatchObject({
      name: "f",
      params: [{ name: "a", type: "int" }],
    });
  });
});

describe("positions", () => {
  test("are offsets into the function's text", () => {
    const text =
      'int f(int a)\n{\n\t/* é */ char *s = "x" "y";\n\tlist_for_each_entry(p, &s->head, node)\n\t\tuse(p->q);\n}';
    const f = clean(parse(text));
    const loop = f.body[1];
    if (loop?.k !== "while" || loop.c.k !== "call") throw new Error("no loop");
    expect(text.slice(loop.c.at, loop.c.end)).toBe("list_for_each_entry(p, &s->head, node)");
    expect(loop.c.args.map((a) => text.slice(a.at, a.end))).toEqual(["p", "&s->head", "node"]);
    const call = exprOf(loop.body);
    expect(text.slice(call.at, call.end)).toBe("use(p->q)");
    const decl = f.body[0];
    expect(decl?.k === "decl" && decl.vars[0]?.init && text.slice(decl.vars[0].init.at, decl.vars[0].init.end)).toBe(
      '"x" "y"',
    );
  });
});

describe("declarations", () => {
  const types = (text: string) => {
    const out: [string, string][] = [];
    for (const s of clean(body(text)).body) if (s.k === "decl") for (const v of s.vars) out.push([v.name, v.type]);
    return out;
  };

  test("declared types", () => {
    expect(
      types(
        "\tconst struct page *p, **q, *arr[3];\n\ttypeof(*p) r;\n\tint (*cb)(int);\n\tu8 m[2][4];\n\tmember_type(struct x, y) z;",
      ),
    ).toEqual([
      ["p", "const struct page *"],
      ["q", "const struct page * *"],
      ["arr", "const struct page * []"],
      ["r", "typeof ( * p )"],
      ["cb", "int (*)()"],
      ["m", "u8 [] []"],
      ["z", "member_type ( struct x , y )"],
    ]);
  });

  test("cleanup, static, attributes", () => {
    const f = clean(body("\tstatic int n __aligned(8) = 1;\n\tstruct t *t __free(kfree) = g(), *u __maybe_unused;"));
    const vars = f.body.flatMap((s) => (s.k === "decl" ? s.vars : []));
    expect(vars.map((v) => [v.name, v.isStatic, v.cleanup])).toEqual([
      ["n", true, null],
      ["t", false, "kfree"],
      ["u", false, null],
    ]);
  });

  test("prototypes, typedefs and local types declare no variable", () => {
    expect(types("\textern int g(struct x *);\n\ttypedef int t;\n\tenum { A, B };\n\tint h(int);")).toEqual([]);
  });
});

describe("expressions", () => {
  const show = (text: string): string => showExpr(exprOf(clean(body(`\t${text};`)).body[0]));
  test.each([
    ["a = b ? c : d", "a = b ? c : d"],
    ["x = (gfp_t) & y", "x = (gfp_t)&y"],
    ["x = (u64)(y)", "x = (u64)y"],
    ["x = !(f(y)) && z", "x = !f(y) && z"],
    ["x = (f(y)) && z", "x = f(y) && z"],
    ["x = READ_ONCE(p->q)", "x = p->q"],
    ["f(struct x, unsigned long, y *, ==)", "f(_, _, _, _)"],
    ["f(a, , b)", "f(a, _, b)"],
    ["f(a, )", "f(a, _)"],
    ['f(KERN_INFO PFX "x" fmt("y") "z", a)', "f(_, a)"],
    ["x = sizeof(y) + offsetof(struct s, a.b[1])", "x = _ + _"],
    ["x = 0x10UL + 010 + 'a'", "x = (0x10UL + 010) + 'a'"],
    ["(*p->cb)(x), a[i++]--", "(*p->cb(x), a[i++]--)"],
    ["x = (struct s){ .a.b = 1, c: 2 }", "x = (struct s){.a.b = 1, .c = 2}"],
    ['asm volatile("x" : "=r"(a) : "r"(b))', "_"],
  ])("%s", (text, expected) => expect(show(text)).toBe(expected));

  test("numbers", () => {
    const values = (text: string) => {
      const e = exprOf(clean(body(`\tf(${text});`)).body[0]);
      return e.k === "call" ? e.args.map((a) => (a.k === "num" ? a.value : a.k)) : [];
    };
    expect(values("0, 42UL, 0x1F, 010, 0b11, '\\n', 'a', '\\0', '\\x41', -1, 0xffffffffffffffffULL")).toEqual([
      0,
      42,
      31,
      8,
      3,
      10,
      97,
      0,
      65,
      "un",
      null,
    ]);
  });
});

describe("statements", () => {
  test("guard, CLASS and labels", () => {
    const f = clean(body("\tguard(mutex)(&m);\n\tCLASS(fd, file)(1);\nout:\n\tint x;\nend:"));
    expect(f.body.map((s) => s.k)).toEqual(["guard", "decl", "label", "decl", "label"]);
  });

  test("macros without a semicolon, loops by indentation", () => {
    const f = clean(body("\tDO_IT(a)\n\tnext();\n\twalk(a)\n\t\tstep();\n\tlast();"));
    expect(f.body.map((s) => s.k)).toEqual(["expr", "expr", "while", "expr"]);
  });

  test("a macro's own definition decides", () => {
    const text = "\tdo_all(a) {\n\t\tstep();\n\t}\n\teach(a) step();\n\tint x __odd = 1;";
    const classes: Record<string, MacroClass> = {
      each: { kind: "alias", to: "walk_all" },
      walk_all: { kind: "iterator" },
      __odd: { kind: "attribute" },
    };
    expect(clean(body(text, classes)).body.map((s) => (s.k === "while" ? s.macro : s.k))).toEqual([
      "do_all",
      "each",
      "decl",
    ]);
  });

  test("an unknown macro with else is an if", () => {
    const f = clean(body("\ttry_lock_or(a) {\n\t\tb();\n\t} else {\n\t\tc();\n\t}"));
    expect(f.body[0]).toMatchObject({ k: "if", c: { k: "call" } });
  });

  test("statements as macro arguments", () => {
    const f = clean(body("\tEXPECT(test, a(); b());\n\tg();"));
    expect(f.body.map((s) => s.k)).toEqual(["expr", "expr"]);
  });
});

describe("degraded, and why", () => {
  const reasons = (text: string): string[] => [...new Set(body(text).degraded.map((d) => d.reason))];
  test.each([
    ["\tgoto *t[x];", ["computed goto"]],
    ["\tt[0] = &&label;\nlabel:", ["address of a label"]],
    ['\tasm goto("" : : : : out);\nout:', ["asm goto"]],
    ["\tCHECK(x, return -1);", ["return as macro argument"]],
    ["\ta(;", ["syntax error"]],
    [`\tx = ${"(".repeat(20000)}1${")".repeat(20000)};`, ["nesting too deep"]],
  ])("%s".slice(0, 40), (text, expected) => {
    const got = reasons(text);
    for (const r of expected) expect(got).toContain(r);
  });

  test("an error keeps the rest of the body", () => {
    const f = body("\tfirst();\n\tif (a b) {\n\t\tinner();\n\t}\n\tlast();");
    expect(f.degraded.length).toBeGreaterThan(0);
    expect(JSON.stringify(f.body)).toMatch(/first.*inner.*last/);
  });
});

describe("never fails", () => {
  const many = (text: string): string => text.repeat(20000);
  test.each([
    ["parentheses", many("(")],
    ["braces", many("{")],
    ["closers", many(")") + many("}")],
    ["unary", `x = ${many("!")}y;`],
    ["sum", `x = ${many("a + ")}b;`],
    ["else if", `${many("if (a) b(); else ")}c();`],
    ["casts", `x = ${many("(int)")}y;`],
    ["statement expressions", `${many("({")}1;${many("})")};`],
    ["conditionals", `${"if (a)\n#if A\n\tx();\n#endif\n".repeat(300)}`],
    ["directives", many("#\n")],
    ["quotes", `x = "${many("a")}`],
    ["no ASCII", "\ufeffé = 中(\u00a0);"],
    ["NUL", "a();\0b();"],
  ])("%s", (_, text) => {
    const ast = body(text);
    expect(() => buildCfg(ast, testMacros)).not.toThrow();
  });

  test("every prefix of a function", () => {
    const whole = `static int f(struct s *p)\n{\n#ifdef A\n\tguard(mutex)(&p->lock);\n#endif\n\tfor_each_vma(a, b) {\n\t\tif (g("x", 'c'))\n\t\t\tgoto out; /* c */\n\t}\nout:\n\treturn ({ h(p); });\n}`;
    for (let n = 0; n <= whole.length; n++) buildCfg(parse(whole.slice(0, n)), testMacros);
    expect(parse(whole).degraded).toEqual([]);
  });
});

describe("classifyMacro", () => {
  test.each<[string[] | null, string, MacroClass | undefined]>([
    [["p", "h"], "for (p = (h)->next; p; p = p->next)", { kind: "iterator" }],
    [["p"], "while (next(p))", { kind: "iterator" }],
    [["p"], "for (;;) if (!(p)) {} else", { kind: "iterator" }],
    [["p"], "first(p); for (; p; )", { kind: "iterator" }],
    [["p"], "list_for_each(p, \\\n\t&all)", { kind: "alias", to: "list_for_each" }],
    [["p"], "do { x(p); } while (0)", undefined],
    [["p"], "x(p); y(p);", { kind: "statement" }],
    [["p"], "(p)->x", undefined],
    [null, "/* nothing */", { kind: "attribute" }],
    [null, "__attribute__((cold))", { kind: "attribute" }],
    [null, "other_name", { kind: "alias", to: "other_name" }],
    [null, "42", undefined],
  ])("%j %s", (params, text, expected) => expect(classifyMacro(params, text)).toEqual(expected));
});
