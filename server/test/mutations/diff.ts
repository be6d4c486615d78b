/** The changed lines of a mutant, for reading. */

/** A small unified diff: common head and tail cut off, `context` lines around. */
export function diff(before: string, after: string, context = 3): string {
  const a = before.split("\n");
  const b = after.split("\n");
  let head = 0;
  while (head < a.length && head < b.length && a[head] === b[head]) head++;
  let tail = 0;
  while (tail < a.length - head && tail < b.length - head && a[a.length - 1 - tail] === b[b.length - 1 - tail]) tail++;
  const from = Math.max(0, head - context);
  const out = a.slice(from, head).map((l) => `  ${l}`);
  const [x, y] = [a.slice(head, a.length - tail), b.slice(head, b.length - tail)];
  const far = lcs(x, y);
  let i = 0;
  let j = 0;
  for (const [p, q] of [...far, [x.length, y.length] as const]) {
    while (i < p) out.push(`- ${x[i++]}`);
    while (j < q) out.push(`+ ${y[j++]}`);
    if (p < x.length) out.push(`  ${x[p]}`);
    i = p + 1;
    j = q + 1;
  }
  out.push(...a.slice(a.length - tail, a.length - tail + context).map((l) => `  ${l}`));
  return cutMiddle(out).join("\n");
}

/** Pairs of equal lines, longest common subsequence (small inputs). */
function lcs(x: readonly string[], y: readonly string[]): [number, number][] {
  if (x.length * y.length > 4_000_000) return [];
  const best = Array.from({ length: x.length + 1 }, () => new Int32Array(y.length + 1));
  for (let i = x.length - 1; i >= 0; i--)
    for (let j = y.length - 1; j >= 0; j--)
      (best[i] as Int32Array)[j] =
        x[i] === y[j]
          ? ((best[i + 1] as Int32Array)[j + 1] as number) + 1
          : Math.max((best[i + 1] as Int32Array)[j] as number, (best[i] as Int32Array)[j + 1] as number);
  const pairs: [number, number][] = [];
  for (let i = 0, j = 0; i < x.length && j < y.length; ) {
    if (x[i] === y[j]) pairs.push([i++, j++]);
    else if (((best[i + 1] as Int32Array)[j] as number) >= ((best[i] as Int32Array)[j + 1] as number)) i++;
    else j++;
  }
  return pairs;
}

/** Long runs of unchanged lines become `…`. */
function cutMiddle(lines: readonly string[]): string[] {
  const out: string[] = [];
  lines.forEach((line, i) => {
    const near = lines.slice(Math.max(0, i - 3), i + 4).some((l) => !l.startsWith("  "));
    if (near) out.push(line);
    else if (out[out.length - 1] !== "  …") out.push("  …");
  });
  return out;
}
