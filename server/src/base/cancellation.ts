/** Thrown where work notices that nobody waits for it any more. Mapped to an answer in one place only. */
export class Cancelled extends Error {
  constructor() {
    super("cancelled");
    this.name = "Cancelled";
  }
}

/** Whether an error thrown by anyone means "cancelled". */
export function isCancelled(error: unknown): boolean {
  return error instanceof Cancelled || (error instanceof Error && error.name === "Cancelled");
}
