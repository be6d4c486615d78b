import { expect, test } from "vitest";
import { scanFile } from "./scan";

const fns = (text: string): string[] => scanFile(text).functions.map((f) => f.name);

test("function heads in kernel layout", () => {
  const scan = scanFile(`
static int __init one(void)
{
	return 0;
}

/**
 * two - documented
 */
static __always_inline struct page *
two(struct page *page, int order) __acquires(&page->lock)
{
	return page;
}

__printf(1, 2) void three(const char *fmt, ...)
{
}

SYSCALL_DEFINE2(four, int, fd, size_t, len)
{
	return five(fd);
}

COMPAT_SYSCALL_DEFINE1(compat_four, int, fd)
{
	return 0;
}

DEFINE_ENTRY(six)
{
}

int (*seven(unsigned int pid))(struct sk *, void *)
{
	return 0;
}

void *(eight)(int n)
{
	return 0;
}

unsigned long __head __nine(unsigned long a) { return a; }
`);
  expect(scan.functions.map((f) => f.name)).toEqual("one two three four compat_four six seven eight __nine".split(" "));
  const [one, two, , four, compat] = scan.functions;
  expect([one?.isStatic, one?.isInline, two?.isStatic, two?.isInline]).toEqual([true, false, true, true]);
  expect([four?.kind, compat?.kind, one?.kind]).toEqual(["syscall", "syscall", "function"]);
  expect(two?.docStart).toBeGreaterThan(0);
  expect(one?.docStart).toBe(-1);
  expect(scan.problems).toEqual([]);
});

test("offsets delimit the definition", () => {
  const text = "int a;\n/* doc */\nstatic int f(int x)\n{\n\treturn x;\n}\nint b;\n";
  const [f] = scanFile(text).functions;
  expect(text.slice(f?.start, f?.end)).toBe("static int f(int x)\n{\n\treturn x;\n}");
  expect(text.slice(f?.nameAt, f?.bodyStart)).toBe("f(int x)\n");
  expect(text.slice(f?.docStart, f?.start)).toBe("/* doc */\n");
});

test("calls, and mentions that can be addresses", () => {
  const [f] = scanFile(`
static void f(struct box *box, void (*param)(int))
{
	int local = 1;
	struct item *item = box->member;
	void (*fn)(int) = target;
	my_type_t *q;

	if (sizeof(*item) && first(local))
		box->method(box), ops.other(second (item));
	register_it(box, &callback);
	goto out;
again:
	take("string(x)", 'c', /* comment(y) */ 0x1f);
	first(2);
out:
	return;
}`).functions;
  expect(f?.calls).toEqual(["first", "second", "register_it", "take"]);
  expect(f?.mentions).toContain("target");
  expect(f?.mentions).toContain("callback");
  for (const name of ["local", "item", "box", "param", "member", "method", "out", "again", "q"]) {
    expect(f?.mentions).not.toContain(name);
  }
});

test("both alternatives of a definition are listed, with their conditions", () => {
  const scan = scanFile(`
#ifndef _X_H
#define _X_H
#if defined(CONFIG_A) && FOO
#ifdef CONFIG_B
int f(void) { return g(); }
#else
static inline int f(void) { return 0; }
#endif
#elif IS_ENABLED(CONFIG_C)
int c(void) { return 1; }
#else
int d(void) { return 1; }
#endif
#if 0
int dead(void) { don't }
#else
int alive(void) { return 1; }
#endif
#endif
`);
  expect(scan.functions.map((f) => [f.name, f.guards.join(" & ")])).toEqual([
    ["f", "defined(CONFIG_A) && FOO & CONFIG_B"],
    ["f", "defined(CONFIG_A) && FOO & !CONFIG_B"],
    ["c", "!(defined(CONFIG_A) && FOO) & CONFIG_C"],
    ["d", "!(defined(CONFIG_A) && FOO) & !CONFIG_C"],
    ["alive", ""],
  ]);
  expect(scan.problems).toEqual([]);
});

test("alternatives with unbalanced braces count once", () => {
  const text = `
#ifdef CONFIG_A
int head(int a, int b)
#else
int head(int a)
#endif
{
#ifdef CONFIG_B
	if (x()) {
#else
	if (y()) {
#endif
		z();
	}
}
#ifdef CONFIG_A
int twice(int a)
{
	one();
#else
int twice(void)
{
	two();
#endif
	three();
}
static int params(int a
#ifdef CONFIG_A
	, int b)
#else
	)
#endif
{
	return 1;
}
int tail(void)
{
#ifdef CONFIG_A
	return a1();
}
#else
	return a2();
}
#endif
bool bodies(int rep)
#ifdef CONFIG_A
{
	return b1();
}
#else
{
	return b2();
}
#endif
int last(void)
{
	return 2;
}
`;
  const scan = scanFile(text);
  expect(fns(text)).toEqual(["head", "twice", "params", "tail", "bodies", "bodies", "last"]);
  expect(scan.problems).toEqual([]);
  expect(scan.functions[0]?.calls).toEqual(["x", "y", "z"]);
  expect(scan.functions[1]?.calls).toEqual(["two", "three"]);
  expect(scan.functions[3]?.calls).toEqual(["a1", "a2"]);
});

test("macros, includes, exports, prototypes", () => {
  const text = `#include <linux/mm.h>
#include "internal.h"
#define ONE 1
#define each(pos, head) \\
	for (pos = first_of(head); pos; \\
	     pos = next_of(pos))
#define empty()
#define note "helper(x)" /* not_this */
extern int declared(int x);
int declared_too(struct a *a,
		 int b) __must_check;
EXPORT_SYMBOL(declared);
EXPORT_SYMBOL_NS_GPL(declared_too, SPACE);
module_init(start_it);
NOKPROBE_SYMBOL(not_taken);
NO_SEMICOLON(taken)
static int variable = COMPUTE(one) + two;
typedef int (*callback_t)(int);
`;
  const scan = scanFile(text);
  expect(scan.includes).toEqual(["linux/mm.h", "internal.h"]);
  expect(scan.quoted).toEqual(["internal.h"]);
  expect(scan.macros.map((m) => [m.name, m.params, text.slice(m.bodyStart, m.end)])).toEqual([
    ["ONE", null, "1"],
    ["each", ["pos", "head"], "for (pos = first_of(head); pos; \\\n\t     pos = next_of(pos))"],
    ["empty", [], ""],
    ["note", null, '"helper(x)" /* not_this */'],
  ]);
  expect(scan.macroNames).toEqual(expect.arrayContaining(["first_of", "next_of"]));
  expect(scan.macroNames).not.toContain("helper");
  expect(scan.macroNames).not.toContain("not_this");
  expect(scan.exports).toEqual(["declared", "declared_too"]);
  expect(scan.prototypes).toEqual(["declared", "declared_too"]);
  expect(scan.mentions).toEqual(expect.arrayContaining(["start_it", "taken", "one", "two"]));
  expect(scan.mentions).not.toContain("not_taken");
});

test("slots of ops tables", () => {
  const scan = scanFile(`
static const struct vm_ops my_ops __ro_after_init = {
	.fault = my_fault,
	.open	= &my_open,
	.cond = a ? b : c,
	.flags = A | B,
	.nested = { .inner = nested_fn },
	.literal = (struct other) { .call = literal_fn },
	.last = last_fn
};
struct entry table[] = {
	[0] = { .show = show_fn },
	{ "name", bare_fn },
};
void f(struct vm_ops *ops)
{
	ops->fault = no_slot;
}
`);
  expect(scan.slots.map((s) => [s.struct, s.table, s.field, s.value])).toEqual([
    ["vm_ops", "my_ops", "fault", "my_fault"],
    ["vm_ops", "my_ops", "open", "my_open"],
    [null, "my_ops", "inner", "nested_fn"],
    ["other", "my_ops", "call", "literal_fn"],
    ["vm_ops", "my_ops", "last", "last_fn"],
    ["entry", "table", "show", "show_fn"],
  ]);
  expect(scan.mentions).toEqual(expect.arrayContaining(["b", "c", "bare_fn"]));
  expect(scan.mentions).not.toContain("my_fault");
  expect(scan.functions[0]?.mentions).toContain("no_slot");
});

test("struct fields", () => {
  const scan = scanFile(`
struct outer {
	unsigned long start, *end;
	struct mm *mm;	/* comment; */
	const struct ops *ops __rcu;
	vm_flags_t __private __flags;
	int (*fault)(struct vmf *vmf);
	u8 bits:3, more:5;
	char name[16];
	DECLARE_BITMAP(mask, 64);
	union {
		struct { int a; int b; };
		long both;
		struct { int w; } within;
	};
	struct {
		struct node rb;
	} shared, *others;
	enum { X, Y } state;
	struct tagged { int t; } tag_member;
	struct_group(group,
		int g1;
		int g2;
	);
#ifdef CONFIG_Z
	struct seq seq;
#endif
	int trailing __annotated;
} __randomize_layout;
typedef struct { long v; } pte_t;
`);
  const outer = scan.structs.find((s) => s.tag === "outer");
  expect(Object.fromEntries(outer?.fields ?? [])).toEqual({
    start: "unsigned long",
    end: "unsigned long *",
    mm: "struct mm *",
    ops: "const struct ops *",
    __flags: "vm_flags_t",
    fault: "int (*)()",
    bits: "u8",
    more: "u8",
    name: "char []",
    mask: "DECLARE_BITMAP()",
    a: "int",
    b: "int",
    both: "long",
    within: "struct outer.within",
    shared: "struct outer.shared",
    others: "struct outer.shared *",
    state: "enum",
    tag_member: "struct tagged",
    g1: "int",
    g2: "int",
    seq: "struct seq",
    trailing: "int",
  });
  expect(scan.structs.map((s) => s.tag).sort()).toEqual(["outer", "outer.shared", "outer.within", "pte_t", "tagged"]);
});
