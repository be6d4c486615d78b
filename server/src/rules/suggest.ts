/** "Did you mean …" for names in rule files. */

/** The known name closest to `name`, if it is close enough to be a slip. */
export function closest(name: string, known: Iterable<string>): string | undefined {
  const wanted = normal(name);
  const limit = Math.max(1, Math.floor(name.length / 3));
  let best: string | undefined;
  let bestDistance = limit + 1;
  for (const candidate of known) {
    if (Math.abs(candidate.length - name.length) >= bestDistance) continue;
    const d = normal(candidate) === wanted ? 0 : distance(name, candidate, bestDistance);
    if (d < bestDistance) {
      best = candidate;
      bestDistance = d;
    }
  }
  return best;
}

/** ` (did you mean "x"?)` or nothing. */
export function hint(name: string, known: Iterable<string>): string {
  const found = closest(name, known);
  return found === undefined ? "" : ` (did you mean "${found}"?)`;
}

function normal(name: string): string {
  return name.toLowerCase().replace(/[-_ ]/g, "");
}

/** Edits (insert, delete, replace, swap of neighbours) between two words; `stop` or more counts as `stop`. */
function distance(a: string, b: string, stop: number): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    let least = i;
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      let cost = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + same);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        cost = Math.min(cost, (beforeLast[j - 2] ?? 0) + 1);
      row.push(cost);
      least = Math.min(least, cost);
    }
    if (least >= stop) return stop;
    beforeLast = last;
    last = row;
  }
  return last[b.length] ?? stop;
}
