/** What an expression asks, as text over variables: equal keys have equal values while the variables keep theirs. */
import type { Expr as CExpr } from "../syntax/ast";
import type { Lowering } from "./lower";

export interface Key {
  /** Null: it reads what others may change, or does something. */
  key: string | null;
  vars: ReadonlySet<string>;
}

/** Key of an expression, without evaluating it again. */
export function keyOf(l: Lowering, e: CExpr): Key {
  const vars = new Set<string>();
  const visit = (x: CExpr): string | null => {
    switch (x.k) {
      case "num":
        return x.text;
      case "id": {
        const p = l.variable(x.name, x.at);
        if (!p) return (l.frame.code.user ? l.ctx.sharing?.has(x.name) : l.ctx.world.cell(x.name)) ? null : x.name;
        if (p.k !== "reg") return p.k === "struct" ? p.id : null;
        for (const v of p.vars ?? [p.id]) vars.add(v);
        return p.key ?? p.id;
      }
      case "mem": {
        const place = l.places.member(x, false);
        if (place.k === "cell") return null;
        if (place.k === "reg") {
          vars.add(place.id);
          return place.id;
        }
        const base = visit(x.base);
        return base === null ? null : `${base}.${x.field}`;
      }
      case "un": {
        const inner = visit(x.e);
        return inner === null || x.op === "*" ? null : `${x.op}(${inner})`;
      }
      case "cast":
        return visit(x.e);
      case "bin": {
        const a = visit(x.l);
        const b = visit(x.r);
        if (a === null || b === null) return null;
        const swap = ["==", "!=", "&", "|", "+"].includes(x.op) && b < a;
        return swap ? `(${b}${x.op}${a})` : `(${a}${x.op}${b})`;
      }
      case "opaque":
        return `opaque${x.at}`;
      default:
        return null;
    }
  };
  return { key: visit(e), vars };
}
