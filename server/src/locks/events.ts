/** What the transfer function reports about a path; detectors turn these into findings. */
import type { LockEntry, PendingNeed, Site, StaleInfo, State } from "./state";
import type { ValueId } from "./values";

export type Event =
  /** A lock is released that is not held. `certain`: known free; else unknown at entry. */
  | {
      k: "release-unheld";
      cls: string;
      obj: ValueId;
      site: Site;
      info: LockEntry | null;
      rule: string | null;
      state: State;
      callee: string | null;
    }
  /** Released in another mode than held, or a downgraded lock released as writer. */
  | {
      k: "wrong-mode";
      cls: string;
      obj: ValueId;
      site: Site;
      info: LockEntry;
      wanted: "read" | "write";
      state: State;
      callee: string | null;
    }
  /** A lock is taken that this task already holds. */
  | {
      k: "double-acquire";
      cls: string;
      obj: ValueId;
      site: Site;
      info: LockEntry;
      mode: "read" | "write";
      state: State;
      callee: string | null;
    }
  /** Any acquisition; `held` are the locks held just before. */
  | {
      k: "acquire";
      cls: string;
      obj: ValueId;
      mode: "read" | "write";
      blocking: boolean;
      site: Site;
      state: State;
      callee: string | null;
    }
  /** A lock that is held is given back. */
  | { k: "release"; info: LockEntry; site: Site; state: State }
  | {
      k: "action";
      action: string;
      obj: ValueId;
      with: ValueId[];
      site: Site;
      state: State;
      callee: string;
      direct: boolean;
    }
  | {
      k: "field";
      struct: string;
      field: string;
      base: ValueId;
      write: boolean;
      site: Site;
      state: State;
      value: ValueId | null;
    }
  /** A stale pointer is dereferenced, or handed to a callee that dereferences it. */
  | { k: "stale-use"; value: ValueId; info: StaleInfo; site: Site; state: State; callee: string | null }
  /** A call that may sleep. */
  | { k: "sleep"; callee: string; through: string; site: Site; state: State; conditional: boolean }
  /** A possibly failed result (null, error pointer) is used as if it had succeeded. */
  | { k: "failed-use"; value: ValueId; api: string; site: Site; state: State }
  | { k: "ignored-result"; api: string; site: Site; state: State }
  /** An obligation that certainly is not met. `callee` set when a callee's contract asks for it. */
  | { k: "need"; need: PendingNeed; info: LockEntry | null; state: State; callee: string | null; late: Site | null }
  /** The function returns. */
  | { k: "exit"; state: State; ret: ValueId | null; site: Site };

export type EventSink = (e: Event) => void;
