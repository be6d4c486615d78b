/** A list of length-preserving replacements, applied once at the end. */
export class Edits {
  private from: number[] = [];
  private to: number[] = [];
  private text: string[] = [];
  private sorted = true;

  get length(): number {
    return this.from.length;
  }

  /** Replaces every character of the range by `char`. */
  fill(from: number, to: number, char: string): void {
    if (to > from) this.add(from, to, to - from === 1 ? char : char.repeat(to - from));
  }

  /** Replaces the range by `text`, padded with spaces. */
  put(from: number, to: number, text: string): void {
    if (text.length <= to - from) this.add(from, to, text.padEnd(to - from));
  }

  /** Another text for the range of an earlier edit that begins at `from` (it may have been dropped since). */
  replace(index: number, from: number, text: string): void {
    const to = this.to[index];
    if (this.from[index] === from && to !== undefined && text.length <= to - from)
      this.text[index] = text.padEnd(to - from);
  }

  truncate(length: number): void {
    this.from.length = length;
    this.to.length = length;
    this.text.length = length;
  }

  /** Forgets the latest edits that begin at or after `at`. */
  dropFrom(at: number): void {
    let n = this.from.length;
    while (n > 0 && (this.from[n - 1] as number) >= at) n--;
    this.truncate(n);
  }

  private add(from: number, to: number, text: string): void {
    const n = this.from.length;
    if (n > 0 && (this.from[n - 1] as number) > from) this.sorted = false;
    this.from.push(from);
    this.to.push(to);
    this.text.push(text);
  }

  apply(src: string): string {
    const order = this.from.map((_, i) => i);
    if (!this.sorted) order.sort((a, b) => (this.from[a] as number) - (this.from[b] as number) || a - b);
    const out: string[] = [];
    let at = 0;
    for (const i of order) {
      const from = this.from[i] as number;
      if (from < at) continue;
      out.push(src.slice(at, from), this.text[i] as string);
      at = this.to[i] as number;
    }
    out.push(src.slice(at));
    return out.join("");
  }
}
