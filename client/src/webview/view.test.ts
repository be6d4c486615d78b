/** The panel as a tree: what it says for every verdict, and that names stay text. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ReplayAnswer } from "../../../server/src/protocol/replay";
import { type Demo, replayDemo } from "../../../server/test/demoRace";
import type { PanelData } from "../replay/messages";
import { keyHelp, meaningOf } from "./keys";
import { type Action, initialState, moves, type PanelState, reduce } from "./state";
import { type Element, findAll, h, textOf } from "./tree";
import { render } from "./view";

let demo: Demo;
beforeAll(async () => {
  demo = await replayDemo();
});
afterAll(() => demo.stop());

const dataOf = (answer: ReplayAnswer | null, more: Partial<PanelData> = {}): PanelData => ({
  target: demo.target,
  file: "mm/range.c",
  busy: false,
  answer,
  problem: null,
  scenarios: demo.answer.scenarios,
  ...more,
});
const panelAfter = (...actions: Action[]): PanelState => actions.reduce(reduce, initialState());
const shown = (answer: ReplayAnswer | null = demo.answer, more: Partial<PanelData> = {}): Action => ({
  kind: "show",
  data: dataOf(answer, more),
});
const byClass = (tree: Element, name: string) =>
  findAll(tree, (e) =>
    String(e.attributes.class ?? "")
      .split(" ")
      .includes(name),
  );
const one = (tree: Element, name: string) => textOf(byClass(tree, name)[0] ?? "");

describe("state", () => {
  it("goes where buttons say", () => {
    const at = (...names: (typeof moves)[number][]) =>
      panelAfter(shown(), ...names.map((move): Action => ({ kind: "move", move }))).at;
    const last = demo.answer.trace.steps.length;
    expect(at()).toBe(0);
    expect(at("step", "step", "back")).toBe(1);
    expect(at("back")).toBe(0);
    expect(at("violation", "step")).toBe(last);
    expect(at("violation", "start")).toBe(0);
    expect(at("nextSwitch")).toBe(demo.answer.trace.steps.findIndex((s) => s.cpu === 1) + 1);
    expect(at("nextSwitch", "previousSwitch")).toBe(0);
  });

  it("plays to the end, and a chosen place ends it", () => {
    let state = panelAfter(shown(), { kind: "move", move: "play" });
    for (let n = 0; n < 50 && state.playing; n++) state = reduce(state, { kind: "tick" });
    expect([state.at, state.playing]).toEqual([demo.answer.trace.steps.length, false]);
    state = reduce(state, { kind: "move", move: "play" });
    expect([state.at, state.playing]).toEqual([0, true]);
    expect(reduce(state, { kind: "go", at: 3 })).toMatchObject({ at: 3, playing: false });
    expect(reduce({ ...state, playing: false }, { kind: "tick" }).at).toBe(0);
  });

  it("keeps its place while the same race is searched again, and over a reload", () => {
    const moved = panelAfter(shown(), { kind: "go", at: 5 }, shown(demo.answer, { busy: true }), shown());
    expect(moved.at).toBe(5);
    const other = { ...demo.answer, trace: { ...demo.answer.trace, id: "other" } };
    expect(reduce(moved, shown(other)).at).toBe(0);
    const restored = [shown(null, { busy: true }), shown()].reduce(reduce, initialState(4));
    expect(restored.at).toBe(4);
  });

  it("cannot leave a race that has no steps", () => {
    const clean = { ...demo.answer, trace: { ...demo.answer.trace, steps: [], verdict: "clean" as const } };
    for (const move of moves)
      expect(panelAfter(shown(clean), { kind: "move", move })).toMatchObject({ at: 0, playing: false });
  });
});

describe("view", () => {
  it("has a column for each CPU and a row for each step, time downwards", () => {
    const tree = render(panelAfter(shown(), { kind: "go", at: 4 }));
    const { trace } = demo.answer;
    const [table] = byClass(tree, "steps");
    const rows = findAll(table!, (e) => e.tag === "tr").slice(1);
    expect(rows).toHaveLength(trace.steps.length);
    rows.forEach((row, n) => {
      const step = trace.steps[n]!;
      const cells = row.children.filter((c): c is Element => typeof c !== "string");
      expect(cells).toHaveLength(1 + trace.threads.length);
      expect(one(cells[1 + step.cpu]!, "code")).toBe(step.text);
      expect(textOf(cells[2 - step.cpu]!)).toBe("");
    });
    expect(rows.filter((r) => r.attributes["aria-current"] === "step")).toEqual([rows[3]]);
    // One stop of the Tab key.
    expect(findAll(table!, (e) => e.tag === "button" && e.attributes.tabindex === 0)).toHaveLength(1);
  });

  it("shows what a step changes before anything else, and the violated invariant in words", () => {
    const { trace } = demo.answer;
    const n = trace.steps.findIndex((s) => s.changed.some((c) => c.cell === "vma_live")) + 1;
    const tree = render(panelAfter(shown(), { kind: "go", at: n }));
    expect(one(tree, "changed")).toMatch(/vma_live1→0/);
    expect(one(tree, "locks")).toMatch(/^Anone/);
    const end = render(panelAfter(shown(), { kind: "move", move: "violation" }));
    expect(one(end, "violated")).toContain(trace.violated!.text);
    expect(one(end, "verdict")).toMatch(/^Violation.*2 context switches · 12 steps · \d+ states$/);
    expect(one(end, "model")).toMatch(/^In this model: 2 CPUs/);
  });

  it("is never empty, and says which kind of answer it is", () => {
    const word = (...actions: Action[]) => one(render(panelAfter(...actions)), "badge");
    const trace = { ...demo.answer.trace, steps: [], violated: null };
    const clean = { ...demo.answer, finding: null, trace: { ...trace, verdict: "clean" as const } };
    const open = { ...demo.answer, trace: { ...trace, verdict: "inconclusive" as const, reason: "cap: too many" } };
    expect(word()).toBe("Loading");
    expect(word(shown(null, { busy: true }))).toBe("Searching");
    expect(word(shown(null, { problem: "no finding here" }))).toBe("No replay");
    expect(word(shown(clean))).toBe("Clean");
    expect(one(render(panelAfter(shown(clean))), "sentence")).toBe("No violating interleaving in this model.");
    expect(word(shown(open))).toBe("Inconclusive");
    expect(one(render(panelAfter(shown(open))), "sentence")).toBe("cap: too many");
    for (const action of [shown(null, { problem: "x" }), shown(clean), shown(open)])
      expect(byClass(render(panelAfter(action)), "race")).toEqual([]);
  });

  it("names everything that can be pressed", () => {
    const tree = render(panelAfter(shown(), { kind: "help", open: true }));
    for (const e of findAll(tree, (x) => x.tag === "button"))
      expect(String(e.attributes["aria-label"] ?? textOf(e))).not.toBe("");
    const [slider] = findAll(tree, (e) => e.attributes.type === "range");
    expect(slider!.attributes["aria-valuetext"]).toBe("before the first step");
    const moved = render(panelAfter(shown(), { kind: "go", at: 1 }));
    expect(findAll(moved, (e) => e.attributes.type === "range")[0]!.attributes["aria-valuetext"]).toBe(
      "step 1 of 12, CPU A, mmap_read_lock(mm)",
    );
    const [live] = findAll(moved, (e) => e.attributes.id === "live");
    expect(textOf(live!)).toBe("Step 1 of 12, CPU A, mmap_read_lock(mm)");
  });
});

describe("hostile names", () => {
  const evil = `<img src=x onerror=alert(1)>"'&lt;[x](command:workbench.action.quit)\u202e`;

  it("are text wherever they stand", () => {
    const { answer } = demo;
    const step = (s: ReplayAnswer["trace"]["steps"][number]) => ({
      ...s,
      function: evil,
      file: `${evil}/x.c`,
      text: evil,
      note: evil,
      changed: s.changed.map((c) => ({ ...c, cell: evil })),
    });
    const trace = {
      ...answer.trace,
      title: evil,
      steps: answer.trace.steps.map(step),
      cells: answer.trace.cells.map((c) => ({ ...c, cell: evil })),
      threads: answer.trace.threads.map((t) => ({ ...t, name: evil, function: evil })),
      violated: { invariant: evil, text: evil },
      assumptions: [evil],
      choices: [evil],
      bindings: [{ role: evil, object: evil }],
    };
    const finding = { rule: evil, alias: evil, message: evil, advice: evil, line: 1 };
    const hostile = { ...answer, trace, finding, function: evil, verdict: evil, model: evil };
    const data = { file: evil, scenarios: [{ id: evil, title: evil, profiles: [evil] }] };
    for (const at of [0, 1, 9, trace.steps.length]) {
      const tree = render(panelAfter(shown(hostile, data), { kind: "go", at }, { kind: "say", text: evil }));
      // As one string, unbroken: nobody took it apart.
      expect(textOf(tree)).toContain(evil);
      for (const e of findAll(tree, () => true)) {
        expect(["script", "iframe", "img", "a", "style"]).not.toContain(e.tag);
        for (const name of Object.keys(e.attributes)) expect(name).not.toMatch(/^on|^href$|^src|^style$/);
        for (const name of ["class", "id", "data-move", "data-go", "data-copy"])
          expect(String(e.attributes[name] ?? "")).not.toContain("<");
      }
    }
  });

  it("have no way to other elements or attributes", () => {
    expect(() => h("script")).toThrow();
    expect(() => h("iframe")).toThrow();
    for (const name of ["onclick", "href", "src", "style", "srcdoc"]) expect(() => h("p", { [name]: "x" })).toThrow();
  });
});

describe("keys", () => {
  const none = { ctrl: false, alt: false, meta: false };
  const key = (k: string, focus: Parameters<typeof meaningOf>[1] = "other") => meaningOf(k, focus, none);

  it("do what the list of keys says", () => {
    const written: Record<string, string> = {
      "→": "ArrowRight",
      "←": "ArrowLeft",
      "↑": "ArrowUp",
      "↓": "ArrowDown",
      Space: " ",
    };
    for (const [keys, meaning] of keyHelp)
      for (const k of keys) expect(key(written[k] ?? k), `${k}: ${meaning}`).toBeDefined();
    expect(key("]")).toEqual({ move: "nextSwitch" });
    expect(key("v")).toEqual({ move: "violation" });
    expect(key("constructor")).toBeUndefined();
  });

  it("leave to controls what is theirs, and to the editor its own", () => {
    expect(key("ArrowRight", "slider")).toBeUndefined();
    expect(key("j", "slider")).toEqual({ move: "step" });
    expect(key("c", "select")).toBeUndefined();
    expect(key("Enter", "button")).toBeUndefined();
    expect(key("Enter", "step")).toBe("open");
    expect(meaningOf("c", "other", { ...none, ctrl: true })).toBeUndefined();
  });
});
