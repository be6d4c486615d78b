/** What people do to a check, for better or worse, and what becomes of it: the same edits on each of several functions. */
import type { Edit } from "./kernelReplay";
import type { Row } from "./table";

/** Edits after which the function no longer does what it must: a violation. */
export const BREAKS = [
  "compared with itself",
  "moved before the lock",
  "result ignored",
  "empty body",
  "condition inverted",
  "wrong object read again",
  "undo dropped",
] as const;

/** Edits that change nothing: still clean. */
export const KEEPS = ["in a new helper", "goto instead of nested if", "condition in two steps"] as const;

export type Break = (typeof BREAKS)[number];
export type Keep = (typeof KEEPS)[number];

/**
 * A change of the function, with text put in front of it, and text on the line that does harm if it is another one than
 * before; or why the function has no place for it.
 */
export type Change = { edits: Edit[]; before?: string; at?: string } | { none: string };

export interface Case {
  row: Row;
  changes: Record<Break | Keep, Change>;
}

export interface Spec {
  /** The check as it stands in the function. */
  check: string;
  /** It is true while nothing has changed, not when something has. */
  positive?: boolean;
  /** Parameters of a helper that does the check, and what it is called with if the names differ. */
  params: string;
  args?: string;
  /** The check on something that is the same at both ends. */
  itself: string;
  /** The check asked of something else. */
  elsewhere: string | { none: string };
  /** The check's statement with nothing in it. */
  empty: Edit[] | { none: string };
  earlier: Edit[];
  undo: Edit[];
  /** Text on the line of the failure branch, if what it leaves does the harm. */
  undoAt?: string;
  goto: Edit[];
  twice: Edit[];
}

export function caseOf(row: Row, s: Spec): Case {
  const { check } = s;
  const names =
    s.args ??
    s.params
      .split(",")
      .map((p) => /(\w+)$/.exec(p.trim())![1]!)
      .join(", ");
  const as = (text: string): Change => ({ edits: [[check, text]] });
  const given = (edits: Edit[] | { none: string }): Change => ("none" in edits ? edits : { edits });
  return {
    row,
    changes: {
      "compared with itself": as(s.itself),
      "moved before the lock": given(s.earlier),
      "result ignored": as(`(${check}, ${s.positive ? 1 : 0})`),
      "empty body": given(s.empty),
      "condition inverted": as(`!(${check})`),
      "wrong object read again": typeof s.elsewhere === "string" ? as(s.elsewhere) : s.elsewhere,
      "undo dropped": { edits: s.undo, ...(s.undoAt === undefined ? {} : { at: s.undoAt }) },
      "in a new helper": {
        before: `static int lk_test_check(${s.params})\n{\n\treturn ${check.replace(/\brange\./g, "range->")};\n}\n\n`,
        edits: [[check, `lk_test_check(${names})`]],
      },
      "goto instead of nested if": given(s.goto),
      "condition in two steps": given(s.twice),
    },
  };
}
