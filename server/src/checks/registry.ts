/** Detectors by the name that rule files use. */
import { balance } from "./balance";
import type { Detector } from "./detector";
import { errorUnwind } from "./errorUnwind";
import { locklessRecheck } from "./locklessRecheck";
import { notifierContract } from "./notifierContract";
import { lockOrder, sleepInAtomic } from "./order";
import { recheck } from "./recheck";
import { requiresLock } from "./requiresLock";
import { resultCheck } from "./resultCheck";
import { retryProtocol } from "./retryProtocol";
import { seqcount } from "./seqcount";
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
  "lockless-recheck": locklessRecheck,
  "seqcount-protocol": seqcount,
  "retry-protocol": retryProtocol,
  "notifier-contract": notifierContract,
  "error-unwind": errorUnwind,
};
