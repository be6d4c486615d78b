import { expect, test } from "vitest";
import { ByteBuffer } from "../base/bytes";
import { scanFile } from "./scan";
import { WordScanner, wordKey } from "./scanNames";

const TEXT = `#include <hidden_include.h>
#define WRAP(x) in_macro(x)
/* in_comment */
static const struct ops ops = {
	.open = opened,
	.close = &closed
};
static int
hidden(void)
{
	return called("in_string") + 'q';
}

__printf(1, 2)
void shown(const char *fmt, ...) __acquires(&lock)
{
}

int
on_own_line(struct a *a,
	    int b)
{
	if (a == compared)
		return 0;
}
`;

function bytesOf(text: string): ByteBuffer {
  const bytes = new ByteBuffer();
  bytes.setText(text);
  return bytes;
}

test("the fast scan sees every word the full scan sees", () => {
  const set = new WordScanner().scan(bytesOf(TEXT));
  const words = new Set(set.words);
  const full = scanFile(TEXT);
  const seen = [...full.functions.flatMap((f) => [...f.calls, ...f.mentions]), ...full.macroNames, "hidden", "opened"];
  for (const word of seen) expect(words.has(wordKey(word)), word).toBe(true);
  for (const word of ["in_comment", "in_string", "hidden_include"]) expect(words.has(wordKey(word)), word).toBe(false);
  expect(words.size).toBe(set.words.length);
});

test("definitions with external linkage, and assigned names", () => {
  const set = new WordScanner().scan(bytesOf(TEXT));
  expect([...set.definitions].sort()).toEqual(["shown", "on_own_line"].map(wordKey).sort());
  expect([...set.values]).toEqual(["opened", "closed"].map(wordKey));
});

test("one scanner gives the same for many files, also beyond its first table", () => {
  const scanner = new WordScanner();
  const many = Array.from({ length: 20_000 }, (_, k) => `word_${k}`).join(" ");
  const before = scanner.scan(bytesOf(TEXT));
  expect(new Set(scanner.scan(bytesOf(many)).words).size).toBe(20_000);
  expect(scanner.scan(bytesOf(TEXT))).toEqual(before);
});
