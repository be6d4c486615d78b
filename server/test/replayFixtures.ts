/** The fixtures of every shipped scenario: faulty and repaired code. */
import { readFileSync } from "node:fs";
import path from "node:path";
import type { ReplayInput } from "../src/replay/replay";
import type { CParser } from "../src/syntax/parser";
import { REFCOUNT_HEADERS } from "./exampleTree";
import { projectRoot } from "./mutations/data";
import { replayInput, shippedScenarios, type Wish } from "./replayKit";

const fixtures = path.join(projectRoot(), "test-fixtures");

export const VARIANTS = ["buggy", "repaired"] as const;

/** Scenario → fixture and function. */
export const SUBJECTS: Record<string, [string, string]> = {
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
  "huge-pmd-vs-split": ["replay/huge-pmd-vs-split", "drop"],
  "start-write-vs-fault": ["replay/start-write-vs-fault", "prepare"],
  "protection-vs-fault": ["replay/protection-vs-fault", "protect"],
  "flags-write-vs-slow-fault": ["replay/flags-write-vs-slow-fault", "restrict_area"],
  "protection-vs-slow-fault": ["replay/protection-vs-slow-fault", "protect"],
  "forks-vs-gup-fast": ["replay/forks-vs-gup-fast", "share"],
  "vma-lock-order": ["replay/vma-lock-order", "lock_both"],
  "lock-order": ["replay/lock-order", "both"],
  "sleep-under-ptl": ["replay/sleep-under-ptl", "change"],
  "device-exclusive": ["replay/device-exclusive", "restore"],
  "fork-vs-device": ["replay/fork-vs-device", "copy_entry"],
  "collapse-vs-gup-fast": ["replay/collapse-vs-gup-fast", "collapse"],
  "unmap-vs-device": ["replay/unmap-vs-device", "drop"],
  "interval-notifier": ["replay/interval-notifier", "hub_fault"],
  "interval-callback": ["replay/interval-callback", "hub_invalidate"],
  "gup-fast-vs-collapse": ["founding/S3", "grab_range"],
  "gup-fast-vs-zap": ["replay/gup-fast-vs-zap", "grab_one"],
  "gup-fast-vs-fork": ["replay/S0", "fast_pin"],
  "notifier-unwind": ["founding/S4", "hub_start"],
  "two-vma-writers": ["replay/S1-writers", "shift_area"],
  "use-after-unlock": ["founding/S1", "area_end"],
  "vma-lock-vs-mmap-lock": ["founding/S1", "areas"],
};

/** What the replay needs for one of them. */
export function fixtureInput(
  parser: CParser,
  scenario: string,
  variant: (typeof VARIANTS)[number],
  more: Partial<Wish> = {},
): ReplayInput {
  const [file, fn] = SUBJECTS[scenario]!;
  const text = readFileSync(path.join(fixtures, `${file}-${variant}.c`), "utf8");
  return replayInput(parser, text, fn, { scenario, ...more });
}

/** Every shipped scenario, and once more where another form of a primitive makes another model of it. */
export const SCENARIOS_AND_FORMS: [string, string, Partial<Wish>][] = shippedScenarios.scenarios.flatMap((s) => [
  [s.id, "", {}],
  ...(s.locks.has("vma_lock")
    ? [
        [s.id, " with the VMA lock as a reference count", { headers: REFCOUNT_HEADERS }] as [
          string,
          string,
          Partial<Wish>,
        ],
      ]
    : []),
]);
