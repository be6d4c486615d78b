/** What expressions of C stand for: memory, and values. */
import type { Expr, Ref } from "../explore/model";
import type { Bits } from "./bits";

/** A variable, or what an address stands for. */
export type Place =
  | { k: "reg"; r: number; type: string; id: string; key?: string; vars?: ReadonlySet<string>; name?: string }
  /** A struct on the stack, or one that no other thread knows: its fields are registers. `name`: `tag.field`. */
  | { k: "struct"; id: string; type: string; name?: string }
  /** A parameter that always holds the address of something of the caller. */
  | { k: "alias"; to: Place; type: string }
  /** `stored`: the number that any new value counts as. `path`, `owner`: what races of two functions know it by. */
  | { k: "cell"; ref: Ref; type: string; live?: Ref; stored?: number; path?: string; owner?: Value }
  /** A field that never changes. */
  | { k: "const"; v: number; type: string }
  /** Memory the model has nothing to say about. `tag.field` names it. */
  | { k: "none"; type: string; name: string; live?: Ref; base: Value | null; path?: string; owner?: Value };

export interface Value {
  e: Expr;
  type: string;
  /** Two values with one key are equal as long as `vars` keep their values; null: no such promise. */
  key: string | null;
  vars: ReadonlySet<string>;
  addr?: Place;
  struct?: Place & { k: "struct" };
  /** Of a word of flags whose value is no number here. */
  bits?: Bits;
}
