/** Declared types of expressions, as far as declarations are known. */
import type { Expr } from "../syntax/ast";
import { structTag } from "../syntax/types";
import type { Machine } from "./machine";

/** C type of an expression as text, or undefined. */
export function typeOf(m: Machine, e: Expr): string | undefined {
  switch (e.k) {
    case "id":
      return m.types.get(e.name);
    case "mem": {
      const base = typeOf(m, e.base);
      const tag = base === undefined ? undefined : structTag(base);
      return tag === undefined ? undefined : m.scope.fieldType(tag, e.field);
    }
    case "un": {
      const inner = typeOf(m, e.e);
      if (inner === undefined) return undefined;
      if (e.op === "&") return `${inner} *`;
      if (e.op === "*") return inner.replace(/\s*\*\s*$/, "");
      return inner;
    }
    case "idx": {
      const inner = typeOf(m, e.base);
      return inner?.replace(/\s*(\*|\[[^\]]*\])\s*$/, "");
    }
    case "cast":
      return e.type;
    case "assign":
      return typeOf(m, e.l);
    case "cond":
      return typeOf(m, e.f) ?? (e.t ? typeOf(m, e.t) : undefined);
    case "comma":
      return typeOf(m, e.r);
    case "call": {
      if (e.fn.k !== "id") return undefined;
      const callee = m.scope.call(e.fn.name, e.args.length);
      return callee?.struct ? `struct ${callee.struct} *` : undefined;
    }
    default:
      return undefined;
  }
}
