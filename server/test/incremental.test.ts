/** Edits of a large file of a real tree: what is recomputed, and that the answers are those of a cold run. */
import { beforeAll, describe, expect, it } from "vitest";
import type { EngineImpl } from "../src/engine/engine";
import type { Engine, TreeProvider } from "../src/engine/types";
import { createNodeHost } from "../src/node/host";
import { describeKernel } from "./kernel";
import { Tree } from "./mutations/tree";

const file = "mm/memory.c";
const folder = "mm";

async function engineOf(tree: TreeProvider): Promise<Engine> {
  const host = createNodeHost();
  return await host.createEngine(tree, host.shippedRules());
}

/** Findings, degraded functions and contracts, which say much more than the few findings. */
function answers(engine: Engine): string[] {
  const { findings, degraded, problems } = engine.check(file);
  return [...findings, ...degraded, ...problems, ...engine.contracts(file)].map((x) => JSON.stringify(x));
}

/** How many analyses were made so far: with nothing known of the callers, and in all. */
function analyses(engine: Engine): { plain: number; checked: number } {
  const { plain, checked } = (engine as EngineImpl).program.folder(folder);
  return { plain: plain.computations, checked: checked.computations };
}

/** A small repeatable source of chance. */
function chance(from: number): (below: number) => number {
  let state = from >>> 0;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** Things people type into a body, whole and half. */
const typed = [
  "\tcond_resched();",
  "\tfolio_lock(folio);",
  "\tpte_unmap_unlock(vmf->pte, vmf->ptl);",
  "\tif (vma && (",
  "\t{",
  "\t/* unfinished",
  "\tmmap_read_unlock(mm);",
  "#ifdef CONFIG_NUMA",
  "\tstruct folio *",
];

describeKernel("6.12", "edits of a large file", (root) => {
  const tree = new Tree(root);
  let engine: Engine;
  let text: string;

  beforeAll(async () => {
    engine = await engineOf(tree);
    text = tree.read(file) as string;
    engine.check(file);
  }, 300_000);

  /** Offset of the first line of a function's body. */
  function bodyOf(name: string): number {
    const at = new RegExp(`^(?:\\w+ )*\\**${name}\\(`, "m").exec(text)?.index ?? -1;
    expect(at, name).toBeGreaterThan(0);
    return text.indexOf("\n{\n", at) + 3;
  }

  function edited(name: string, line: string): string {
    const at = bodyOf(name);
    return `${text.slice(0, at)}${line}\n${text.slice(at)}`;
  }

  describe("recompute", () => {
    function cost(next: string): { plain: number; checked: number } {
      const before = analyses(engine);
      engine.setOverlay(file, next);
      engine.check(file);
      const after = analyses(engine);
      engine.setOverlay(file, text);
      engine.check(file);
      return { plain: after.plain - before.plain, checked: after.checked - before.checked };
    }

    it("nothing for a comment between functions", () => {
      const at = text.indexOf("\nstatic ");
      expect(cost(`${text.slice(0, at)}\n/* a remark */${text.slice(at)}`)).toEqual({ plain: 0, checked: 0 });
    });

    it("one function for a statement that its callers cannot tell", () => {
      const { plain, checked } = cost(edited("do_wp_page", "\tint unused = 0;"));
      expect(plain).toBe(1);
      // Where locks are passed on to it, what its callers hold there is looked at again.
      expect(checked).toBeLessThanOrEqual(3);
    });

    it("few functions for a lock that is taken and not given back", () => {
      const { plain } = cost(edited("do_wp_page", "\tfolio_lock(page_folio(vmf->page));"));
      expect(plain).toBeGreaterThanOrEqual(1);
      expect(plain).toBeLessThan(60);
    });
  });

  it("leave the answers of a cold run", { timeout: 600_000 }, async () => {
    const below = chance(12);
    let now = text;
    for (let round = 0; round < 3; round++) {
      for (let step = 0; step < 12; step++) {
        const lines = now.split("\n");
        const at = below(lines.length);
        if (below(3) === 0) lines.splice(at, 1 + below(2));
        else lines.splice(at, 0, typed[below(typed.length)] as string);
        // Most edits are taken back sooner or later: else nothing of the file is left to be analysed.
        now = below(3) === 0 ? text : lines.join("\n");
        engine.setOverlay(file, now);
        if (below(2) === 0) engine.check(file);
      }
      const there = now;
      const cold = await engineOf({
        read: (path) => (path === file ? there : tree.read(path)),
        list: (dir) => tree.list(dir),
        folders: (dir) => tree.folders(dir),
      });
      const expected = answers(cold);
      const found = answers(engine);
      expect(found.filter((x) => !expected.includes(x)).map((x) => x.slice(0, 300))).toEqual([]);
      expect(found.length).toBe(expected.length);
    }
    engine.setOverlay(file, null);
  });
});
