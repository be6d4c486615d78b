/** Detectors by the name that rule files use. */
import { balance } from "./balance";
import type { Detector } from "./detector";
import { lockOrder, sleepInAtomic } from "./order";
import { recheck } from "./recheck";
import { requiresLock } from "./requiresLock";
import { resultCheck } from "./resultCheck";
import { staleAfterRelease } from "./staleAfterRelease";

export const DETECTORS: Record<string, Detector> = {
  "requires-lock": requiresLock,
  "field-access": requiresLock,
  balance,
  "result-check": resultCheck,
  "stale-after-release": staleAfterRelease,
  "lock-order": lockOrder,
  "sleep-in-atomic": sleepInAtomic,
  "recheck-after-acquire": recheck,
};
