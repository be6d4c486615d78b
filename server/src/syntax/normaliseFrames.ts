/** Open brackets of the normaliser's scan. */
import type { Word } from "./normaliseWords";

export enum Brace {
  Block = 0,
  Init,
  Struct,
}

/** One open bracket. */
export interface Frame {
  open: number;
  char: number;
  /** Token in front of it, as `ScanState.prev`. */
  before: number;
  /** For `(`: the word before it, or -1. */
  wordAt: number;
  wordEnd: number;
  cls: Word;
  stmt: number;
  brace: Brace;
  ternary: number;
  argAt: number;
  argEdits: number;
  /** Number of edits when the bracket was opened. */
  argEdits0: number;
  argIndex: number;
  argIsType: boolean;
  argHasOperand: boolean;
  typeArgs: number[] | undefined;
  /** For `{` of a loop macro: the edit of the macro's name, and its offset. */
  loopEdit: number;
  loopAt: number;
  /** For `(`: 1 if its arguments are statements, -1 if the `;` is a missing `)`, 0 not looked at. */
  holdsStatements: number;
}
