import { beforeAll, describe, expect, test } from "vitest";
import { parseC, testMacros, wasmParser } from "../../test/cParser";
import { normaliseBody } from "./normalise";
import { callsInAst, callsInText } from "./normaliseCalls";
import type { CParser } from "./parser";

const normalise = (src: string): string => normaliseBody(src, src.indexOf("{"), { macros: testMacros }).text;

test("length and lines stay", () => {
  const src =
    'void f(int a)\r\n{\r\n\tfor_each_vma(a, b) /* c\n d */ {\n#ifdef X /* y */\n\t\tg("s" M "t");\n#endif\n\t}\n}';
  const out = normalise(src);
  expect(out).toHaveLength(src.length);
  expect(out.indexOf("g(")).toBe(src.indexOf("g("));
});

test.each([
  ["{ int x __maybe_unused; }", "{ int x               ; }"],
  ["{ int x __aligned(8) = 1; }", "{ int x              = 1; }"],
  ["{ for_each_vma(a, b) c(); }", "{ while       (a, b) c(); }"],
  ["{ container_of(p, struct x, m) }", "{ container_of(p, 0       , 0) }"],
  ["{ min_t(u64, a, b) }", "{ min_t(0  , a, b) }"],
  ["{ sizeof(struct x) }", "{ 0000000000000000 }"],
  ["{ typeof(a) b; }", "{ int       b; }"],
  ['{ f("a" "b"); }', "{ f(0000000); }"],
  ["{ out: }", "{ out; }"],
  ["{ a ? b ? c : d : e; }", "{ a ? b ? c : d : e; }"],
  ["{ switch (x) { case A: b: c(); } }", "{ switch (x) { case A: b; c(); } }"],
  ["{ switch (x) { case 1 ... 2: ; } }", "{ switch (x) { case 1  || 2: ; } }"],
  ["{ struct { int a:1; } s; }", "{ struct { int a:1; } s; }"],
  ["{ x = (struct s){ a: 1 }; }", "{ x = (struct s){ a: 1 }; }"],
  ["{ if (a) out; }", "{ if (a) out; }"],
  ["{ static DEFINE_LOCK(x); }", "{        DEFINE_LOCK(x); }"],
  ["{ f(15_0); }", "{ f(0000); }"],
])("%s", (src, expected) => expect(normalise(src)).toBe(expected));

describe("conditionals", () => {
  const conditionals = (body: string) => {
    const src = `void f(void)\n{\n${body}\n}`;
    return normaliseBody(src, src.indexOf("{"), { macros: testMacros }).conditionals.map((c) => [
      c.split,
      c.inList,
      c.branches.map((b) => b.cond),
    ]);
  };
  test.each<[string, unknown[]]>([
    ["#ifdef A\n\ta();\n#else\n\tb();\n#endif", [[false, false, ["defined(A)", ""]]]],
    ["#if A && \\\n\tB // c\n#elif C\n#endif", [[false, false, ["A && B", "C"]]]],
    ["\tif (x)\n#ifndef A\n\t\ta();\n#endif\n\tb();", [[true, false, ["!defined(A)"]]]],
    ["\tif (x) {\n#ifdef A\n\t} else if (y) {\n#endif\n\t}", [[true, false, ["defined(A)"]]]],
    ["\ta();\n#ifdef A\n\telse b();\n#endif", [[true, false, ["defined(A)"]]]],
    ["#ifdef A\n\tif (x)\n#endif\n\t\ta();", [[true, false, ["defined(A)"]]]],
    ["\tf(a,\n#ifdef A\n\t  b,\n#endif\n\t  c);", [[false, true, ["defined(A)"]]]],
    [
      "#ifdef A\n#ifdef B\n\ta();\n#endif\n#endif",
      [
        [false, false, ["defined(A)"]],
        [false, false, ["defined(B)"]],
      ],
    ],
  ])("%s", (text, expected) => expect(conditionals(text)).toEqual(expected));
});

describe("no call is swallowed", () => {
  let parser: CParser;
  beforeAll(async () => {
    parser = await wasmParser();
  });

  /** Names of calls that the text has and the AST lacks. */
  const lost = (src: string): string[] => {
    const found = callsInAst(parseC(parser, src));
    return [...callsInText(src, src.indexOf("{"), testMacros)].filter(([at]) => !found.has(at)).map(([, name]) => name);
  };

  test("in a body full of macros", () => {
    const src = `static int f(struct s *p) __must_hold(g(p))
{
	struct t *t __free(kfree) = alloc(p);
	int n = min_t(int, size(p), sizeof(never(p)));

	guard(mutex)(&p->lock);
	list_for_each_entry(q, head(p), node) {
		if (likely(check(q)) && !(test(q)))
			p->ops->call(container_of(get(q), struct s, m));
#ifdef CONFIG_A
		switch (kind(q)) {
		case 1 ... 2:
			one(({ int v = two(q); three(v); }));
		}
#endif
		if (q)
#ifdef CONFIG_B
			four(q);
#else
			five(q);
#endif
	}
	scoped_guard(spinlock, lock_of(p))
		six(p);
	return (*p->fn)(seven(p), "text" FMT, eight(p));
}`;
    expect(lost(src)).toEqual([]);
    expect(parseC(parser, src).degraded).toEqual([]);
  });

  test("the comparison notices a lost call", () => {
    const src = "int f(void)\n{\n\ta(b());\n}";
    const ast = parseC(parser, src);
    ast.body = [];
    expect(callsInAst(ast).size).toBe(0);
    expect([...callsInText(src, src.indexOf("{"), testMacros).values()]).toEqual(["a", "b"]);
  });
});
