/** The user's mistakes. Both end with exit code 2 and a message, never a stack trace. */

/** Wrong arguments; the message is followed by a pointer to `--help`. */
export class UsageError extends Error {}

/** Input that cannot be read or used. */
export class InputError extends Error {}
