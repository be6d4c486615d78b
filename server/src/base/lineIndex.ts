/** Offsets ↔ lines and columns of one text. Lines and columns are 0-based here; columns count UTF-16 units. */

export interface LineColumn {
  line: number;
  column: number;
}

export class LineIndex {
  private readonly starts: number[] = [0];

  constructor(private readonly text: string) {
    for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) this.starts.push(at + 1);
  }

  get lineCount(): number {
    return this.starts.length;
  }

  positionAt(offset: number): LineColumn {
    const clamped = Math.max(0, Math.min(offset, this.text.length));
    let low = 0;
    let high = this.starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.starts[middle]! <= clamped) low = middle;
      else high = middle - 1;
    }
    return { line: low, column: clamped - this.starts[low]! };
  }

  offsetAt(line: number, column: number): number {
    if (line < 0) return 0;
    if (line >= this.starts.length) return this.text.length;
    return Math.min(this.starts[line]! + Math.max(0, column), this.lineEnd(line));
  }

  /** Text of a line without its line break (`\n` or `\r\n`); empty for a line that does not exist. */
  lineText(line: number): string {
    if (line < 0 || line >= this.starts.length) return "";
    const text = this.text.slice(this.starts[line]!, this.lineEnd(line));
    return text.endsWith("\r") ? text.slice(0, -1) : text;
  }

  private lineEnd(line: number): number {
    return line + 1 < this.starts.length ? this.starts[line + 1]! - 1 : this.text.length;
  }
}
