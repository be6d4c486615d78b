/** Spin comes to the same verdict on the model of every shipped scenario, with faulty and with repaired code. */
import { readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import { wasmParser } from "../../test/cParser";
import { runSpin, spinMissing } from "../../test/explore/spin";
import { replayInput, shippedScenarios } from "../../test/replayKit";
import type { CParser } from "../syntax/parser";
import { replay, replayPromela } from "./replay";

const fixtures = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../../../test-fixtures");
const missing = spinMissing();
let parser: CParser;

beforeAll(async () => {
  parser = await wasmParser();
});

/** Scenario → fixture and function. */
const SUBJECTS: Record<string, [string, string]> = {
  "lockless-walk-vs-free": ["replay/lockless-walk-vs-free", "peek"],
  "fork-vs-gup-fast": ["replay/fork-vs-gup-fast", "share"],
  "two-seqcount-writers": ["replay/two-seqcount-writers", "change"],
  "double-install": ["replay/double-install", "fill"],
  "swapin-race": ["replay/swapin-race", "fill"],
  "cow-race": ["replay/cow-race", "fill"],
  "pte-write-vs-reclaim": ["replay/pte-write-vs-reclaim", "allow"],
  "lookup-vs-munmap": ["replay/lookup-vs-munmap", "area_end"],
  "revalidate-after-relock": ["replay/revalidate-after-relock", "wait_end"],
  "flags-write-vs-fault": ["replay/flags-write-vs-fault", "restrict_area"],
  "policy-swap-vs-fault": ["replay/policy-swap-vs-fault", "set_policy"],
  "downgrade-then-write": ["replay/downgrade-then-write", "move_start"],
  "mremap-vs-retract": ["replay/mremap-vs-retract", "map_page"],
  "lock-order": ["replay/lock-order", "both"],
  "sleep-under-ptl": ["replay/sleep-under-ptl", "change"],
  "device-exclusive": ["replay/device-exclusive", "restore"],
  "collapse-vs-gup-fast": ["replay/collapse-vs-gup-fast", "collapse"],
  "unmap-vs-device": ["replay/unmap-vs-device", "drop"],
  "interval-notifier": ["replay/interval-notifier", "hub_fault"],
  "interval-callback": ["replay/interval-callback", "hub_invalidate"],
  "gup-fast-vs-collapse": ["founding/S3", "grab_range"],
  "gup-fast-vs-fork": ["replay/S0", "fast_pin"],
  "notifier-unwind": ["founding/S4", "hub_start"],
  "two-vma-writers": ["replay/S1-writers", "shift_area"],
  "use-after-unlock": ["founding/S1", "area_end"],
  "vma-lock-vs-mmap-lock": ["founding/S1", "areas"],
};

describe.skipIf(missing !== null)(`Spin on scenarios${missing ? `: not run, ${missing}` : ""}`, () => {
  it("covers every shipped scenario", () => {
    expect(shippedScenarios.scenarios.map((s) => s.id).filter((id) => !SUBJECTS[id])).toEqual([]);
  });

  it.each(shippedScenarios.scenarios.map((s) => [s.id] as const))("agrees on %s", { timeout: 180_000 }, async (id) => {
    const [file, fn] = SUBJECTS[id]!;
    for (const variant of ["buggy", "repaired"]) {
      const text = readFileSync(path.join(fixtures, `${file}-${variant}.c`), "utf8");
      const input = replayInput(parser, text, fn, { scenario: id });
      const exported = replayPromela(input);
      if ("problem" in exported) throw new Error(exported.problem);
      const ours = replay(input);
      const spin = await runSpin(exported.promela);
      expect([variant, spin.violated]).toEqual([variant, ours.violated !== null]);
    }
  });
});
