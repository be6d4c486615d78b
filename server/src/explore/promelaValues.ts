/** Expressions as Promela: numbers from -127 to 127, `U` is nobody knows, `BAD` does not fit. */
import { type Expr, UNKNOWN } from "./model";

export const VALUES = `#define U (-128)
#define BAD 1000
#define CLIP(v) (((v) > 127 || (v) < -127) -> BAD : (v))
#define TWO(a, b, v) (((a) == BAD || (b) == BAD) -> BAD : (((a) == U || (b) == U) -> U : (v)))
#define ONE(a, v) (((a) == BAD || (a) == U) -> (a) : (v))
#define KNOWN(a, v) ((a) == U -> U : (v))`;

/** A Promela expression without side effects, and what else than a number it may be. */
export interface Value {
  text: string;
  unknown: boolean;
  bad: boolean;
}

/** Register `r` may be replaced by the text `as`. */
export function promelaValue(e: Expr, r = -1, as = ""): Value {
  const sub = (x: Expr): Value => promelaValue(x, r, as);
  switch (e.k) {
    case "num":
      return { text: e.v === UNKNOWN ? "U" : e.v < 0 ? `(${e.v})` : String(e.v), unknown: e.v === UNKNOWN, bad: false };
    case "reg":
      return { text: e.r === r ? as : `r${e.r}`, unknown: true, bad: false };
    case "cell":
      return { text: `c[${e.c}]`, unknown: true, bad: false };
    case "done":
      return { text: `(ended[${e.t}] -> 1 : 0)`, unknown: false, bad: false };
    case "un": {
      const a = sub(e.e);
      if (e.op === "!") return guarded([a], `((${a.text}) == 0 -> 1 : 0)`, false);
      // Numbers from -127 to 127: minus one of them is one of them.
      return e.op === "-" ? guarded([a], `(-(${a.text}))`, false) : guarded([a], `CLIP(~(${a.text}))`, true);
    }
    case "bin":
      return binaryValue(e.op, sub(e.l), sub(e.r), e.r.k === "num" ? e.r.v : null);
  }
}

/** `constant`: the right side, if it is a number. */
function binaryValue(op: string, a: Value, b: Value, constant: number | null): Value {
  const raw = `(${a.text}) ${op} (${b.text})`;
  const some = (x: Value): boolean => x.unknown || x.bad;
  if (op === "&&" || op === "||") {
    if (!some(a) && !some(b)) return { text: `((${raw}) -> 1 : 0)`, unknown: false, bad: false };
    const known = (x: Value): string => `((${x.text}) != 0 && (${x.text}) != U)`;
    const none = (x: Value): string => `(${x.text}) == 0`;
    const decided = op === "&&" ? `(${none(a)} || ${none(b)}) -> 0 : ` : `(${known(a)} || ${known(b)}) -> 1 : `;
    const rest = `(((${a.text}) == U || (${b.text}) == U) -> U : ${op === "&&" ? 1 : 0})`;
    const bad = a.bad || b.bad;
    const text = `(${decided}${rest})`;
    const whole = bad ? `(((${a.text}) == BAD || (${b.text}) == BAD) -> BAD : ${text})` : text;
    return { text: whole, unknown: a.unknown || b.unknown, bad };
  }
  if (["==", "!=", "<", "<=", ">", ">="].includes(op)) return guarded([a, b], `(${raw} -> 1 : 0)`, false);
  if (op === "<<") return guarded([a, b], `(((${b.text}) < 0 || (${b.text}) > 7) -> BAD : CLIP(${raw}))`, true);
  if (op === ">>") {
    const safe = constant !== null && constant >= 0;
    return guarded([a, b], safe ? `(${raw})` : `((${b.text}) < 0 -> BAD : (${raw}))`, !safe);
  }
  // A mask without a sign leaves no more than itself.
  if (op === "&" && constant !== null && constant >= 0) return guarded([a, b], `(${raw})`, false);
  return guarded([a, b], `CLIP(${raw})`, true);
}

/** The text, unless one of what it is made of is no number. */
function guarded(of: Value[], text: string, mayOverflow: boolean): Value {
  const bad = of.some((x) => x.bad);
  const odd = of.filter((x) => x.unknown || x.bad);
  const out = { unknown: of.some((x) => x.unknown), bad: bad || mayOverflow };
  const [a, b] = odd;
  if (!a) return { ...out, text };
  if (b) return { ...out, text: `TWO(${a.text}, ${b.text}, ${text})` };
  return { ...out, text: a.bad ? `ONE(${a.text}, ${text})` : `KNOWN(${a.text}, ${text})` };
}
