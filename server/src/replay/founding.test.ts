/**
 * The races of the founding documents, computed from their C: the faulty form does the harm that the document
 * tells of, the repaired form does not, and neither answer is empty.
 */
import { readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import { wasmParser } from "../../test/cParser";
import { REFCOUNT_HEADERS } from "../../test/exampleTree";
import { VARIANTS } from "../../test/replayFixtures";
import { replayed, replayInput, shippedScenarios, type Wish } from "../../test/replayKit";
import { diagram } from "../protocol/diagram";
import type { Trace } from "../protocol/trace";
import type { CParser } from "../syntax/parser";
import { replaySchedule } from "./replay";

const fixtures = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../../../test-fixtures");
const source = (file: string): string => readFileSync(path.join(fixtures, file), "utf8");
let parser: CParser;

beforeAll(async () => {
  parser = await wasmParser();
});

interface Row {
  file: string;
  fn: string;
  scenario: string;
  profile?: string;
  /** Text on the line of the finding in the faulty form. */
  flagged?: string;
  harm: RegExp;
  switches: number;
}

const TABLE: Record<string, Row> = {
  "S0: pin against the write protection of fork": {
    file: "replay/S0",
    fn: "fast_pin",
    scenario: "gup-fast-vs-fork",
    flagged: "try_grab_folio_fast(",
    harm: /^the pinned page is shared copy-on-write/,
    switches: 2,
  },
  "S1: VMA used after unlock": {
    file: "founding/S1",
    fn: "area_end",
    scenario: "use-after-unlock",
    flagged: "return vma->vm_end",
    harm: /uses freed memory/,
    switches: 2,
  },
  "S1: mmap lock under a VMA read lock": {
    file: "founding/S1",
    fn: "areas",
    scenario: "vma-lock-vs-mmap-lock",
    harm: /nobody can go on/,
    switches: 1,
  },
  "S1: layout changed under the mmap read lock": {
    file: "replay/S1-writers",
    fn: "shift_area",
    scenario: "two-vma-writers",
    harm: /^torn read/,
    switches: 1,
  },
  "S3: fast GUP against THP collapse": {
    file: "founding/S3",
    fn: "grab_range",
    scenario: "gup-fast-vs-collapse",
    profile: "no-sync",
    flagged: "try_grab_folio_fast(",
    harm: /^the stale page is returned/,
    switches: 2,
  },
  "S3: fast GUP against an unmapping of the page": {
    file: "replay/gup-fast-vs-zap",
    fn: "grab_one",
    scenario: "gup-fast-vs-zap",
    profile: "no-sync",
    flagged: "try_grab_folio_fast(",
    harm: /^a page that was freed/,
    switches: 2,
  },
  "S0: tables walked with interrupts on": {
    file: "replay/lockless-walk-vs-free",
    fn: "peek",
    scenario: "lockless-walk-vs-free",
    flagged: "ptep_get_lockless(pte)",
    harm: /uses freed memory/,
    switches: 2,
  },
  "S0: fork shares a page that is pinned meanwhile": {
    file: "replay/fork-vs-gup-fast",
    fn: "share",
    scenario: "fork-vs-gup-fast",
    flagged: "ptep_set_wrprotect(",
    harm: /^the pinned page is shared/,
    switches: 2,
  },
  "S0: two writers of one counter": {
    file: "replay/two-seqcount-writers",
    fn: "change",
    scenario: "two-seqcount-writers",
    harm: /^torn read/,
    switches: 2,
  },
  "S1: two faults fill one entry": {
    file: "replay/double-install",
    fn: "fill",
    scenario: "double-install",
    flagged: "set_pte_at(",
    harm: /^the page of the other fault/,
    switches: 1,
  },
  "S1: swap entry replaced without a look": {
    file: "replay/swapin-race",
    fn: "fill",
    scenario: "swapin-race",
    flagged: "set_pte_at(",
    harm: /^the page of the other fault/,
    switches: 1,
  },
  "S1: copy replaced without a look": {
    file: "replay/cow-race",
    fn: "fill",
    scenario: "cow-race",
    flagged: "set_pte_at(",
    harm: /^the copy that the other/,
    switches: 1,
  },
  "S1: entry changed without its lock": {
    file: "replay/pte-write-vs-reclaim",
    fn: "allow",
    scenario: "pte-write-vs-reclaim",
    flagged: "set_pte_at(",
    harm: /^the entry maps a page that was freed/,
    switches: 2,
  },
  "S1: lookup without a lock": {
    file: "replay/lookup-vs-munmap",
    fn: "area_end",
    scenario: "lookup-vs-munmap",
    flagged: "end = vma->vm_end",
    harm: /uses freed memory/,
    switches: 2,
  },
  "S1: not looked up again": {
    file: "replay/revalidate-after-relock",
    fn: "wait_end",
    scenario: "revalidate-after-relock",
    flagged: "\t\tend = vma->vm_end",
    harm: /uses freed memory/,
    switches: 2,
  },
  "S1: flags without the VMA lock": {
    file: "replay/flags-write-vs-fault",
    fn: "restrict_area",
    scenario: "flags-write-vs-fault",
    harm: /^a page is mapped writable/,
    switches: 2,
  },
  "S1: policy without the VMA lock": {
    file: "replay/policy-swap-vs-fault",
    fn: "set_policy",
    scenario: "policy-swap-vs-fault",
    harm: /uses freed memory/,
    switches: 2,
  },
  "S1: written after the downgrade": {
    file: "replay/downgrade-then-write",
    fn: "move_start",
    scenario: "downgrade-then-write",
    harm: /^torn read/,
    switches: 1,
  },
  "S1: table retracted between lookup and lock": {
    file: "replay/mremap-vs-retract",
    fn: "map_page",
    scenario: "mremap-vs-retract",
    flagged: "pte_none(ptep_get(pte))",
    harm: /^the page is mapped in a table|uses freed memory/,
    switches: 2,
  },
  "S1: wrong order of locks": {
    file: "replay/lock-order",
    fn: "both",
    scenario: "lock-order",
    harm: /nobody can go on/,
    switches: 2,
  },
  "S1: sleeps under the page-table lock": {
    file: "replay/sleep-under-ptl",
    fn: "change",
    scenario: "sleep-under-ptl",
    flagged: "msleep(1)",
    harm: /may sleep in atomic/,
    switches: 0,
  },
  "S2: device not told when access is taken back": {
    file: "replay/device-exclusive",
    fn: "restore",
    scenario: "device-exclusive",
    flagged: "set_pte_at(",
    harm: /^the CPU writes/,
    switches: 0,
  },
  "S2: fork copies an exclusive entry": {
    file: "replay/fork-vs-device",
    fn: "copy_entry",
    scenario: "fork-vs-device",
    flagged: "set_pte_at(dst",
    harm: /^the device writes to a page that the child shares/,
    switches: 1,
  },
  "S3: collapse of a page with references": {
    file: "replay/collapse-vs-gup-fast",
    fn: "collapse",
    scenario: "collapse-vs-gup-fast",
    profile: "no-sync",
    harm: /^the stale page is returned/,
    switches: 1,
  },
  "S4: device not told of an unmapping": {
    file: "replay/unmap-vs-device",
    fn: "drop",
    scenario: "unmap-vs-device",
    flagged: "ptep_clear_flush(",
    harm: /^the device still uses/,
    switches: 1,
  },
  "S4: retry of an interval notifier missing": {
    file: "replay/interval-notifier",
    fn: "hub_fault",
    scenario: "interval-notifier",
    flagged: "hmm_range_fault(range)",
    harm: /^the device maps pages/,
    switches: 2,
  },
  "S4: sequence number not stored": {
    file: "replay/interval-callback",
    fn: "hub_invalidate",
    scenario: "interval-callback",
    harm: /^the device maps pages/,
    switches: 2,
  },
  "S1: VMA write-locked under the mmap read lock": {
    file: "replay/start-write-vs-fault",
    fn: "prepare",
    scenario: "start-write-vs-fault",
    flagged: "vma_start_write(vma)",
    harm: /^torn read/,
    switches: 1,
  },
  "S1: protection replaced without the VMA lock": {
    file: "replay/protection-vs-fault",
    fn: "protect",
    scenario: "protection-vs-fault",
    flagged: "vma->vm_page_prot = prot",
    harm: /^torn read/,
    switches: 2,
  },
  "S1: flags changed under the mmap read lock": {
    file: "replay/flags-write-vs-slow-fault",
    fn: "restrict_area",
    scenario: "flags-write-vs-slow-fault",
    flagged: "vm_flags_clear(",
    harm: /^a page is mapped writable/,
    switches: 2,
  },
  "S1: protection replaced under the mmap read lock": {
    file: "replay/protection-vs-slow-fault",
    fn: "protect",
    scenario: "protection-vs-slow-fault",
    flagged: "vma->vm_page_prot = prot",
    harm: /^torn read/,
    switches: 2,
  },
  "huge PMD changed without a second look": {
    file: "replay/huge-pmd-vs-split",
    fn: "drop",
    scenario: "huge-pmd-vs-split",
    flagged: "pmdp_huge_get_and_clear(",
    harm: /^a page table is thrown away/,
    switches: 2,
  },
  "S0: two writers of the count at once": {
    file: "replay/forks-vs-gup-fast",
    fn: "share",
    scenario: "forks-vs-gup-fast",
    flagged: "ptep_set_wrprotect(",
    harm: /^the pinned page is shared/,
    switches: 4,
  },
  "S1: VMA lock inside a lock of the reverse map": {
    file: "replay/vma-lock-order",
    fn: "lock_both",
    scenario: "vma-lock-order",
    flagged: "vma_start_write(vma)",
    harm: /nobody can go on/,
    switches: 1,
  },
  "S4: counter left raised by a failing start callback": {
    file: "founding/S4",
    fn: "hub_start",
    scenario: "notifier-unwind",
    flagged: "h->running++",
    harm: /nobody can go on/,
    switches: 2,
  },
};

function lineOf(text: string, flagged: string | undefined): number | undefined {
  return flagged === undefined ? undefined : text.split("\n").findIndex((l) => l.includes(flagged)) + 1;
}

function run(row: Row, variant: "buggy" | "repaired", more: Partial<Wish> = {}): Trace {
  const text = source(`${row.file}-${variant}.c`);
  const line = variant === "buggy" ? lineOf(text, row.flagged) : undefined;
  return replayed(parser, text, row.fn, {
    scenario: row.scenario,
    ...(row.profile === undefined ? {} : { profile: row.profile }),
    ...(line === undefined ? {} : { line }),
    ...more,
  });
}

it("the shipped scenarios load", () => {
  expect(shippedScenarios.problems).toEqual([]);
  expect(shippedScenarios.scenarios.map((s) => s.id)).toEqual(
    [...new Set(Object.values(TABLE).map((r) => r.scenario))].sort(),
  );
});

describe.each(Object.entries(TABLE))("%s", (_, row) => {
  it("does harm in the faulty form", () => {
    const t = run(row, "buggy");
    expect([t.verdict, t.reason]).toEqual(["violation", null]);
    expect(t.violated!.text).toMatch(row.harm);
    expect(t.switches).toBe(row.switches);
    expect(t.steps.length).toBeLessThanOrEqual(14);
    // The last row says what has happened, and the user's own lines are among the rows.
    expect(t.steps.at(-1)!.note).toContain(t.violated!.text);
    expect(t.steps.some((s) => s.cpu === 0 && s.file === "drivers/replay/user.c")).toBe(true);
  });

  it("is clean, not vacuous, in the repaired form", () => {
    const t = run(row, "repaired");
    expect([t.verdict, t.reason]).toEqual(["clean", null]);
    expect(t.states).toBeGreaterThan(3);
    expect(t.coverage.reached).toBe(t.coverage.of);
    expect(t.unmodelled).toEqual([]);
  });

  const { locks } = shippedScenarios.scenarios.find((s) => s.id === row.scenario)!;
  if (locks.has("vma_lock"))
    it("has the same verdicts where the VMA lock is a reference count", () => {
      const [buggy, repaired] = VARIANTS.map((variant) => run(row, variant, { headers: REFCOUNT_HEADERS }));
      expect([buggy!.verdict, buggy!.reason]).toEqual(["violation", null]);
      expect(buggy!.violated!.text).toMatch(row.harm);
      expect([repaired!.verdict, repaired!.reason]).toEqual(["clean", null]);
      expect(repaired!.coverage.reached).toBe(repaired!.coverage.of);
      for (const t of [buggy!, repaired!]) {
        expect(t.assumptions.filter((a) => a.includes("reference count"))).toHaveLength(1);
        expect(t.unmodelled).toEqual([]);
      }
    });

  it("replays its schedule to the same end, and draws it in 72 columns", () => {
    const t = run(row, "buggy");
    const line = lineOf(source(`${row.file}-buggy.c`), row.flagged);
    const input = replayInput(parser, source(`${row.file}-buggy.c`), row.fn, {
      scenario: row.scenario,
      ...(row.profile === undefined ? {} : { profile: row.profile }),
      ...(line === undefined ? {} : { line }),
    });
    expect(replaySchedule(input, t.schedule)).toMatchObject({
      verdict: "violation",
      violated: t.violated,
      switches: t.switches,
      steps: t.steps,
    });
    const lines = diagram(t);
    expect(lines.filter((l) => l.length > 72 || /\s$|[^\x20-\x7e]/.test(l))).toEqual([]);
    expect(lines.every((l) => l === "" || l.startsWith("  "))).toBe(true);
  });
});

describe("S3 by architecture", () => {
  const row = TABLE["S3: fast GUP against THP collapse"]!;
  it.each(["flush-ipi", "sync-ipi"])("is clean under %s even without the check", (profile) => {
    expect(run(row, "buggy", { profile })).toMatchObject({ verdict: "clean", profile });
  });
});

describe("an unmapping by architecture", () => {
  const row = TABLE["S3: fast GUP against an unmapping of the page"]!;
  it("waits for walkers if its flush interrupts them", () => {
    expect(run(row, "buggy", { profile: "flush-ipi" })).toMatchObject({ verdict: "clean" });
  });
  it("does harm where only those who free tables wait", () => {
    expect(run(row, "buggy", { profile: "sync-ipi" })).toMatchObject({ verdict: "violation" });
  });
  it("is not stopped by the comparison of the PMD alone, nor is collapse by that of the PTE alone", () => {
    const text = source("replay/gup-fast-vs-zap-repaired.c");
    const without = (check: string): string => {
      expect(text).toContain(check);
      return text.replace(check, "");
    };
    const verdicts = (code: string): string[] =>
      ["gup-fast-vs-collapse", "gup-fast-vs-zap"].map(
        (scenario) => replayed(parser, code, row.fn, { scenario, line: lineOf(code, row.flagged)! }).verdict,
      );
    expect(verdicts(text)).toEqual(["clean", "clean"]);
    expect(verdicts(without(" || pte_val(pte) != pte_val(ptep_get(ptep))"))).toEqual(["clean", "violation"]);
    expect(verdicts(without("pmd_val(pmd) != pmd_val(*pmdp) || "))).toEqual(["violation", "clean"]);
  });
});

describe("the user's code decides", () => {
  const row = TABLE["S3: fast GUP against THP collapse"]!;
  const repaired = source("founding/S3-repaired.c");
  const check = "pmd_val(pmd) != pmd_val(*pmdp)";
  const verdict = (text: string, fn = row.fn): Trace =>
    replayed(parser, text, fn, {
      scenario: row.scenario,
      profile: "no-sync",
      line: lineOf(text, "try_grab_folio_fast(")!,
    });
  const edited = (from: string, to: string): string => {
    expect(repaired).toContain(from);
    return repaired.replace(from, to);
  };

  it.each([
    ["the value is compared with itself", check, "pmd_val(pmd) != pmd_val(pmd)"],
    ["the condition is inverted", check, "pmd_val(pmd) == pmd_val(*pmdp)"],
    ["the undo is dropped", "gup_put_folio(folio, 1, flags);\n", "\n"],
    ["the result is ignored", "			gup_put_folio(folio, 1, flags);\n			goto out;\n", ""],
    [
      "the check moves before the pin",
      "folio = try_grab_folio_fast(pte_page(pte), 1, flags);\n		if (!folio)\n			goto out;\n		if (pmd_val(pmd) != pmd_val(*pmdp) || pte_val(pte) != pte_val(ptep_get(ptep))) {\n			gup_put_folio(folio, 1, flags);\n			goto out;\n		}",
      "if (pmd_val(pmd) != pmd_val(*pmdp) || pte_val(pte) != pte_val(ptep_get(ptep)))\n			goto out;\n		folio = try_grab_folio_fast(pte_page(pte), 1, flags);\n		if (!folio)\n			goto out;",
    ],
  ])("violation: %s", (_, from, to) => {
    expect(verdict(edited(from, to))).toMatchObject({ verdict: "violation" });
  });

  it.each([
    [
      "the check moves into a helper",
      repaired
        .replace(check, "moved(pmd, pmdp)")
        .replace(
          "static int grab_range",
          "static int moved(pmd_t old, pmd_t *now)\n{\n\treturn pmd_val(old) != pmd_val(*now);\n}\n\nstatic int grab_range",
        ),
    ],
    [
      "the condition is split in two",
      repaired.replace(
        `if (${check} || `,
        `if (${check}) {\n\t\t\tgup_put_folio(folio, 1, flags);\n\t\t\tgoto out;\n\t\t}\n\t\tif (`,
      ),
    ],
  ])("still clean: %s", (_, text) => {
    expect(text).not.toBe(repaired);
    expect(verdict(text)).toMatchObject({ verdict: "clean" });
  });

  it("names do not matter", () => {
    for (const variant of ["buggy", "repaired"]) {
      const text = source(`founding/S3-${variant}.c`);
      const renamed = text
        .replace(/\b(grab_range|ptep|first|folio|ret|out|addr|end|nr|pages)\b(?!\s*\*)/g, "x_$1")
        .replace(/struct x_/g, "struct ")
        .replace("struct folio *folio", "struct folio *x_folio");
      const a = verdict(text);
      const b = verdict(renamed, "x_grab_range");
      const same = ({ verdict: v, states, switches, schedule, id }: Trace): unknown => ({
        v,
        states,
        switches,
        schedule,
        id,
      });
      expect(same(b)).toEqual(same(a));
    }
  });
});

it("says that a given schedule proves nothing, or where it cannot go on", () => {
  const input = replayInput(parser, source("founding/S1-buggy.c"), "area_end", { scenario: "use-after-unlock" });
  expect(replaySchedule(input, "AAA")).toMatchObject({ verdict: "inconclusive" });
  expect(replaySchedule(input, "AXA")).toEqual({ problem: '"X" at position 2: there are only the threads A to B' });
  expect(replaySchedule(input, "A7")).toEqual({
    problem: "step 1 of the schedule cannot be taken: user of the VMA waits, has ended, or has no such alternative",
  });
});

describe("what is not known is not called clean", () => {
  const wish: Wish = { scenario: "use-after-unlock" };
  it("a call without a body", () => {
    const text =
      "int f(struct mm_struct *mm)\n{\n\tmmap_read_lock(mm);\n\tmystery(mm);\n\tmmap_read_unlock(mm);\n\treturn 0;\n}\n";
    expect(replayed(parser, text, "f", wish)).toMatchObject({
      verdict: "inconclusive",
      reason: "unmodelled: mystery() is not modelled",
      unmodelled: ["mystery"],
    });
  });
  it("a function that has nothing to do with the scenario", () => {
    expect(replayed(parser, "int f(int a)\n{\n\treturn a + 1;\n}\n", "f", wish)).toMatchObject({
      verdict: "inconclusive",
      reason: "vacuous: f() never touches what the scenario is about",
    });
  });
  it("a function that is half typed", () => {
    const t = replayed(parser, "int f(struct mm_struct *mm)\n{\n\tmmap_read_lock(mm);\n\tif (\n}\n", "f", wish);
    expect(t.verdict).toBe("inconclusive");
    expect(t.reason).toMatch(/^f\(\) is not fully understood/);
  });
  it("a harm that hangs on conditions nobody knows", () => {
    const text =
      "int f(struct mm_struct *mm, int a)\n{\n\tstruct vm_area_struct *vma = lock_vma_under_rcu(mm, 0);\n\n\tif (!vma)\n\t\treturn 0;\n\tvma_end_read(vma);\n\treturn a ? vma->vm_flags : 0;\n}\n";
    expect(replayed(parser, text, "f", wish)).toMatchObject({
      verdict: "inconclusive",
      reason: "free-choice: it happens only if a: true",
    });
    expect(replayed(parser, text, "f", { ...wish, line: 8 })).toMatchObject({
      verdict: "violation",
      choices: ["a: true"],
    });
  });
});
