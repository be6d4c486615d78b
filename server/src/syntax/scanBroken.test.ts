import { expect, test } from "vitest";
import { scanFile } from "./scan";
import { NameTable } from "./scanTable";

const names = (text: string): string[] => scanFile(text).functions.map((f) => f.name);
const GOOD = `static int first(int a)
{
	if (a) {
		lock(a);
	}
	return 0;
}

struct ops table = {
	.call = first,
};

/* second */
int second(void)
{
	return first(1);
}
`;

/** Each entry is half-typed text; \`victim\` may be lost, \`first\` and \`second\` after it must not. */
const BROKEN: [string, string][] = [
  ["unclosed block", "int victim(void)\n{\n\tif (x) {\n\t\ty();\n}\n\n"],
  ["no closing brace at all", "int victim(void)\n{\n\tif (x) {\n\t\ty();\n\n"],
  ["one brace too many", "int victim(void)\n{\n\tif (x) {\n\t}\n\t}\n\treturn 0;\n}\n\n"],
  ["open parenthesis in the head", "int victim(int a,\n\n"],
  ["open parenthesis in a body", "int victim(void)\n{\n\tcall(a, (b;\n}\n\n"],
  ["unfinished initialiser", "static struct ops t = {\n\t.a = b,\n\n"],
  ["unfinished declaration", "static int x =\n"],
  ["unfinished struct", "struct s {\n\tint a;\n\tint (*f)(\n\n"],
  ["open string", 'static char *s = "abc\n;\n'],
  ["stray closers", ") } ; )\n}\n"],
  ["prototype without semicolon", "int victim(void)\n\n"],
  ["open conditional", "#ifdef CONFIG_X\nint victim(void)\n{\n\ta();\n"],
  ["stray else", "#else\n#endif\n#elif X\n"],
];

for (const [what, text] of BROKEN) {
  test(`what follows survives: ${what}`, () => {
    expect(names(text + GOOD)).toEqual(expect.arrayContaining(["first", "second"]));
    const first = scanFile(text + GOOD).functions.find((f) => f.name === "first");
    expect((text + GOOD).slice(first?.bodyStart, first?.end)).toBe(
      GOOD.slice(GOOD.indexOf("{"), GOOD.indexOf("\n}") + 2),
    );
    expect(first?.calls).toEqual(["lock"]);
  });
}

test("every prefix scans, and keeps the functions completed before the cut", () => {
  for (let cut = 0; cut <= GOOD.length; cut++) {
    const found = names(GOOD.slice(0, cut));
    if (cut > GOOD.indexOf("\n}") + 2) expect(found).toContain("first");
  }
});

test("deleting any line leaves the other functions", () => {
  const text = `int before(void)\n{\n\treturn 1;\n}\n\n${GOOD}\nint after(void)\n{\n\treturn 2;\n}\n`;
  const lines = text.split("\n");
  for (let k = 5; k < lines.length - 6; k++) {
    const found = names(lines.filter((_, line) => line !== k).join("\n"));
    expect(found, `without line ${k}: ${lines[k]}`).toEqual(expect.arrayContaining(["before", "after"]));
  }
});

test("misindented braces and labels at column 0 do not end a body", () => {
  const text = `int f(void)
{
	for (;;) {
	while (a) {
		b();
}
}
#if DEBUG
{
	c();
}
#endif
	if (x) {
	d();
}

out:
	e();
}
int g(void)
{
	return 0;
}
`;
  const scan = scanFile(text);
  expect(scan.functions.map((f) => f.name)).toEqual(["f", "g"]);
  expect(scan.functions[0]?.calls).toEqual(["b", "c", "d", "e"]);
});

test("odd bytes: CRLF, BOM, NUL, binary", () => {
  expect(names(`\ufeff${GOOD.replace(/\n/g, "\r\n")}`)).toEqual(["first", "second"]);
  const continued = scanFile("#define A \\\r\n\tint dead(void) {\r\nint f(void)\r\n{\r\n}\r\n");
  expect(continued.functions.map((f) => f.name)).toEqual(["f"]);
  expect(scanFile(`\0${GOOD}`).problems[0]?.message).toMatch(/NUL/);
  let bytes = "";
  for (let k = 0; k < 20000; k++) bytes += String.fromCharCode((k * 7919) % 256);
  expect(() => scanFile(bytes)).not.toThrow();
  expect(scanFile("/* open").problems).toHaveLength(1);
  expect(scanFile('char *s = "open').problems).toHaveLength(1);
  expect(scanFile("").functions).toEqual([]);
});

const linear = (what: string, make: (n: number) => string): void => {
  test(`time grows with the length only: ${what}`, () => {
    const time = (n: number): number => {
      const text = make(n);
      const start = performance.now();
      scanFile(text, new NameTable());
      return performance.now() - start;
    };
    time(1000);
    // A quadratic scan of these would take minutes.
    expect(time(200_000)).toBeLessThan(5000);
  });
};
linear("nested parentheses", (n) => `int x = ${"(".repeat(n)}1${")".repeat(n)};`);
linear("nested parentheses in a body", (n) => `int f(void)\n{\n\treturn ${"(".repeat(n)}1${")".repeat(n)};\n}\n`);
linear("nested braces", (n) => `int f(void)\n{\n${"{".repeat(n)}`);
linear("nested structs", (n) => "struct {".repeat(n));
linear("register header", (n) => "#define REG_LONG_NAME_OF_REGISTER 0x12345678\n".repeat(n / 2));
linear("unclosed heads", (n) => "int a(int b\n".repeat(n));
linear("calls at column 0", (n) => `int f(void)\n{\n${"call(x)\n".repeat(n)}}\n`);
linear("open comments", (n) => "/*".repeat(n));
linear("open strings", (n) => '"\n'.repeat(n));
linear("nested conditionals", (n) => "#if A\n".repeat(n / 4) + "#else\n#endif\n".repeat(n / 4));
linear("words without end", (n) => "a b ".repeat(n));
linear("braces at column 0", (n) => "{\n".repeat(n));
