import { expect, test } from "vitest";
import { bareCode, globalsIn, withoutComments } from "./normaliseText";

test.each([
  ["a /* b */ c", "a   c"],
  ["a // b\nc", "a  \nc"],
  ['print("/* no */ // comment"); /* one */', 'print("/* no */ // comment");  '],
  ["x = '\"'; // \"\ny", "x = '\"';  \ny"],
  ["open /* to the end", "open  "],
  ["a / b", "a / b"],
])("without comments: %j", (text, expected) => {
  expect(withoutComments(text)).toBe(expected);
});

test("bare code has no literals either", () => {
  expect(bareCode("f(\"p->field\", '.', p->used); /* p->other */")).toBe("f( ,  , p->used);  ");
});

test("variables at the top level of a file", () => {
  const text = `static int first;
/*
int commented;
*/
struct list *second = NULL;
static DEFINE_MUTEX(macro);
unsigned long table[4], other;
int function(int parameter)
{
	int local;
}`;
  expect([...globalsIn(text)]).toEqual(["first", "second", "table"]);
});
