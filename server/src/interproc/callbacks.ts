/** Which parameters a function that no rule concerns hands on to a function it calls through a pointer. */

/** A call through a pointer: `ops->run(a, b)`, `(*hook)(a)`. */
const INDIRECT = /(?:(?:->|\.)\s*(\w+)\s*|\(\s*\*\s*[\w.>-]+\s*\)\s*)\(([^;{}]*?)\)\s*[;,)&|?:]/g;

/** Names of the parameters, in order, from a definition's text up to its body. */
export function parameterNames(head: string): string[] {
  const list = head.slice(head.indexOf("(") + 1, head.lastIndexOf(")"));
  return list.split(",").map((one) => /(\w+)\s*(?:\[[^\]]*\])?\s*$/.exec(one)?.[1] ?? "");
}

/** Is the variable an argument of a call through a pointer? */
export function passedToPointer(body: string, name: string): boolean {
  for (const [, , args] of body.matchAll(INDIRECT)) if (argumentsIn(args ?? "").includes(name)) return true;
  return false;
}

/** At which places the variable is an argument of the calls of a function. */
export function passedTo(body: string, callee: string, name: string): number[] {
  const found = new Set<number>();
  for (const [, args] of body.matchAll(new RegExp(`(?<!->|\\.)\\b${callee}\\s*\\(([^;{}]*?)\\)\\s*[;,)&|?:]`, "g")))
    argumentsIn(args ?? "").forEach((arg, i) => {
      if (arg === name) found.add(i);
    });
  return [...found];
}

function argumentsIn(list: string): string[] {
  return list.split(",").map((one) => one.trim());
}
