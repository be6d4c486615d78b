/** The call graph, asked and edited at random, says what a graph that is built anew says, and what a plain definition says. */
import { describe, expect, it } from "vitest";
import { randomFrom } from "../../test/mutations/sample";
import { CallGraph, type FunctionRef, refOf } from "./callGraph";
import type { Changes } from "./inputs";

/** What a function of the sketch calls, and whether it touches a rule. */
interface Sketch {
  calls: string[];
  touches: boolean;
}

type Sketches = Map<string, Sketch>;

const FILE = "mm/x.c";

function graphOf(sketches: Sketches): CallGraph {
  const ref = (name: string): FunctionRef | undefined => {
    const sketch = sketches.get(name);
    if (!sketch) return undefined;
    const item = { name, start: 0, nameAt: 0, bodyStart: 0, end: 0, isStatic: true, isInline: false };
    return refOf(FILE, { ...item, kind: "function", docStart: -1, guards: [], calls: sketch.calls, mentions: [] }, 0);
  };
  return new CallGraph({
    find: (key) => ref(key.split("#")[1]!),
    resolve: (_, name) => ref(name),
    isPrimitive: (name) => name === "primitive",
    isRelevant: ({ item }) => sketches.get(item.name)!.touches,
  });
}

const keyOf = (name: string): string => `${FILE}#${name}#0`;

const NOTHING: Changes = {
  functions: new Set(),
  definitions: new Set(),
  uses: new Set(),
  macros: new Set(),
  tables: new Set(),
  structs: new Set(),
  prototypes: new Set(),
  files: false,
  calls: false,
};

/** All that a function reaches, itself included. */
function reached(sketches: Sketches, name: string): Set<string> {
  const out = new Set<string>();
  const queue = [name];
  for (let one = queue.pop(); one !== undefined; one = queue.pop()) {
    if (out.has(one) || !sketches.has(one)) continue;
    out.add(one);
    queue.push(...sketches.get(one)!.calls.filter((c) => c !== "primitive"));
  }
  return out;
}

/** The answers by definition: relevant is who reaches what touches; a circle is who reaches each other. */
function expected(sketches: Sketches, name: string): { relevant: boolean; circle: string } {
  if (!sketches.has(name)) return { relevant: false, circle: "" };
  const mine = reached(sketches, name);
  const circle = [...mine].filter((other) => reached(sketches, other).has(name));
  return {
    relevant: [...mine].some((x) => sketches.get(x)!.touches),
    circle: circle.length > 1 ? circle.map(keyOf).sort().join("\n") : "",
  };
}

const said = (graph: CallGraph, name: string): { relevant: boolean; circle: string } => ({
  relevant: graph.isRelevant(keyOf(name)),
  circle: graph.circle(keyOf(name)),
});

describe("call graph", () => {
  const chain = (): Sketches =>
    new Map([
      ["top", { calls: ["middle", "primitive", "unknown"], touches: false }],
      ["middle", { calls: ["bottom"], touches: false }],
      ["bottom", { calls: [], touches: true }],
      ["alone", { calls: ["primitive"], touches: false }],
    ]);

  it("finds what a call reaches relevant, but not what rule data describes", () => {
    const sketches = chain();
    sketches.set("primitive", { calls: [], touches: true });
    const graph = graphOf(sketches);
    expect(graph.isRelevant(keyOf("top"))).toBe(true);
    expect(graph.isRelevant(keyOf("alone"))).toBe(false);
  });

  it("looks at nothing that was not asked about", () => {
    const graph = graphOf(chain());
    expect(graph.isKnownRelevant(keyOf("bottom"))).toBe(false);
    graph.isRelevant(keyOf("middle"));
    expect(graph.isKnownRelevant(keyOf("bottom"))).toBe(true);
    expect(graph.isKnownRelevant(keyOf("top"))).toBe(false);
  });

  it("says of an edit only that answers may differ if calls do", () => {
    const sketches = chain();
    const graph = graphOf(sketches);
    graph.isRelevant(keyOf("top"));
    graph.note({ ...NOTHING, functions: new Set([keyOf("middle")]) });
    expect(graph.update()).toBe(false);
    sketches.set("middle", { calls: [], touches: false });
    graph.note({ ...NOTHING, functions: new Set([keyOf("middle")]) });
    expect(graph.update()).toBe(true);
    expect(graph.isRelevant(keyOf("top"))).toBe(false);
  });

  it("follows a function that appears where one was called in vain", () => {
    const sketches = chain();
    sketches.set("bottom", { calls: [], touches: false });
    const graph = graphOf(sketches);
    expect(graph.isRelevant(keyOf("top"))).toBe(false);
    sketches.set("unknown", { calls: ["top"], touches: true });
    graph.note({ ...NOTHING, functions: new Set([keyOf("unknown")]), definitions: new Set(["unknown"]) });
    expect(graph.update()).toBe(true);
    expect(said(graph, "top")).toEqual(expected(sketches, "top"));
    expect(graph.circle(keyOf("top"))).toBe(graph.circle(keyOf("unknown")));
  });

  it("answers after random edits as the definitions do", { timeout: 60_000 }, () => {
    const names = Array.from({ length: 9 }, (_, i) => `f${i}`);
    for (let seed = 1; seed <= 400; seed++) {
      const any = randomFrom(seed);
      const random = (n: number): number => Math.floor(any() * n);
      const some = (): Sketch => ({
        calls: names.filter(() => random(6) === 0),
        touches: random(7) === 0,
      });
      const sketches: Sketches = new Map(names.filter(() => random(4) > 0).map((name) => [name, some()]));
      const graph = graphOf(sketches);
      for (let turn = 0; turn < 25; turn++) {
        const name = names[random(names.length)]!;
        if (random(3) === 0) {
          const known = sketches.has(name);
          if (known && random(4) === 0) sketches.delete(name);
          else sketches.set(name, some());
          const definitions = new Set(known === sketches.has(name) ? [] : [name]);
          graph.note({ ...NOTHING, functions: new Set([keyOf(name)]), definitions, calls: true });
          graph.update();
        } else expect(said(graph, name), `seed ${seed}, turn ${turn}, ${name}`).toEqual(expected(sketches, name));
      }
      for (const name of names) expect(said(graph, name), `seed ${seed}, ${name}`).toEqual(expected(sketches, name));
    }
  });
});
