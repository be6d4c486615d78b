/** Derives from a `#define` how uses of the macro read, where that changes the syntax around them. */
import { withoutComments } from "./normaliseText";

export type MacroClass =
  /** `name(…) statement`: a loop (or an `if` without else). */
  | { kind: "iterator" }
  /** Expands to nothing, or to `__attribute__((…))`. */
  | { kind: "attribute" }
  /** Expands to complete statements: a use may lack its semicolon. */
  | { kind: "statement" }
  /** Reads as whatever this other macro reads as. */
  | { kind: "alias"; to: string };

export function classifyMacro(params: string[] | null, bodyText: string): MacroClass | undefined {
  const body = withoutComments(bodyText)
    .replace(/\\\r?\n/g, " ")
    .trim();
  if (body === "" || /^(?:__attribute__|__attribute)\s*\(/.test(body)) return { kind: "attribute" };
  if (params === null) {
    return /^[A-Za-z_]\w*$/.test(body) ? { kind: "alias", to: body } : undefined;
  }
  const last = body[body.length - 1];
  if (/^(?:for|while|if)\s*\(/.test(body)) {
    return last === ")" || /\belse$/.test(body) ? { kind: "iterator" } : { kind: "statement" };
  }
  // A head before the loop: `pos = first; for (…)`, `({…}); for (…)`.
  if (/[;})]\s*(?:for|while)\s*\(/.test(body) && last === ")" && !/^[({]/.test(body) && !/^do\b/.test(body)) {
    return { kind: "iterator" };
  }
  const call = /^([A-Za-z_]\w*)\s*\(/.exec(body);
  if (call?.[1] && last === ")") return { kind: "alias", to: call[1] };
  if (last === ";" || (last === "}" && /^(?:do\b|\{)/.test(body))) return { kind: "statement" };
  return undefined;
}
