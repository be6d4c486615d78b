/** Small wording helpers shared by everything that speaks to people. */

/** `1 finding`, `3 findings`, `2 branches`. */
export function count(amount: number, noun: string): string {
  const plural = noun.endsWith("ch") || noun.endsWith("s") ? `${noun}es` : `${noun}s`;
  return `${amount} ${amount === 1 ? noun : plural}`;
}

/** The message of whatever was thrown, without a stack. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
