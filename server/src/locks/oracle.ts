/** Decides between the outcomes of a call; replayed so that an instruction is run once per combination. */
export class Oracle {
  private choices: number[] = [];
  private widths: number[] = [];
  private next = 0;

  restart(): void {
    this.next = 0;
  }

  choose(width: number): number {
    const i = this.next++;
    if (i === this.choices.length) {
      this.choices.push(0);
      this.widths.push(width);
    }
    return this.choices[i] as number;
  }

  /** Moves to the next combination; false when all were seen. */
  advance(): boolean {
    for (;;) {
      const last = this.choices.length - 1;
      if (last < 0) return false;
      const c = (this.choices[last] as number) + 1;
      if (c < (this.widths[last] as number)) {
        this.choices[last] = c;
        return true;
      }
      this.choices.pop();
      this.widths.pop();
    }
  }
}
