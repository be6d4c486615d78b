/** The operators by id. */
import { harmlessOperators } from "./harmless/all";
import type { Operator } from "./model";
import { deleteCall, replaceCall } from "./seeding/calls";
import { deleteRecheck, deleteRelookup, dropCheck, invertCheck } from "./seeding/checks";
import { callbackUnwind, dropUnwind, earlyReturn } from "./seeding/control";
import { deleteAcquire, deleteRelease, swapOrder, wrongObject } from "./seeding/locks";
import { earlyDowngrade, moveDowngrade, weakenMode } from "./seeding/modes";
import { blockingInsteadOfTry, sleepUnderLock } from "./seeding/sleep";
import { releaseTooEarly, useAfterRelease } from "./seeding/uses";

export const seedingOperators: Record<string, Operator> = {
  "delete-acquire": deleteAcquire,
  "delete-release": deleteRelease,
  "wrong-object": wrongObject,
  "early-return": earlyReturn,
  "drop-unwind": dropUnwind,
  "callback-unwind": callbackUnwind,
  "delete-recheck": deleteRecheck,
  "delete-relookup": deleteRelookup,
  "invert-check": invertCheck,
  "drop-check": dropCheck,
  "weaken-mode": weakenMode,
  "early-downgrade": earlyDowngrade,
  "move-downgrade": moveDowngrade,
  "use-after-release": useAfterRelease,
  "release-too-early": releaseTooEarly,
  "swap-order": swapOrder,
  "sleep-under-lock": sleepUnderLock,
  "block-under-lock": blockingInsteadOfTry,
  "delete-call": deleteCall,
  "replace-call": replaceCall,
};

export { harmlessOperators };
