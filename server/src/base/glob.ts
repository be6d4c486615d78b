/** Globs over tree paths: `*` and `?` inside one component, `**` across components, `{a,b}` alternatives. */

/** True if the path, or one of the folders it lies in, matches one of the globs. */
export function matchesAny(globs: readonly string[], path: string): boolean {
  return globs.some((glob) => globToRegExp(glob).test(path));
}

const compiled = new Map<string, RegExp>();

/** A glob without a slash matches a component at any depth, as in `.gitignore`; a trailing slash is ignored. */
export function globToRegExp(glob: string): RegExp {
  const known = compiled.get(glob);
  if (known) return known;
  const trimmed = glob.replace(/^\.?\//, "").replace(/\/+$/, "");
  const anchored = trimmed.includes("/") || glob.startsWith("/") || glob.startsWith("./");
  const expression = new RegExp(`^${anchored ? "" : "(?:.*/)?"}${translate(trimmed)}(?:/.*)?$`);
  compiled.set(glob, expression);
  return expression;
}

function translate(glob: string): string {
  let out = "";
  let depth = 0;
  for (let at = 0; at < glob.length; at++) {
    const char = glob[at]!;
    if (char === "*" && glob[at + 1] === "*") {
      const slash = glob[at + 2] === "/";
      out += slash ? "(?:.*/)?" : ".*";
      at += slash ? 2 : 1;
    } else if (char === "*") out += "[^/]*";
    else if (char === "?") out += "[^/]";
    else if (char === "{" && glob.includes("}", at)) {
      out += "(?:";
      depth++;
    } else if (char === "}" && depth > 0) {
      out += ")";
      depth--;
    } else if (char === "," && depth > 0) out += "|";
    else out += char.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
  }
  return out + ")".repeat(depth);
}
