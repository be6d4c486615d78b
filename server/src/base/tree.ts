import type { ByteBuffer } from "./bytes";

/**
 * Read access to a source tree, as the core folders see it. Structurally the same as the engine's
 * `TreeProvider`, declared here so that `syntax` does not import from `engine`.
 */
export interface TreeReader {
  /** Text of a file, or undefined if missing, unreadable or not text. */
  read(path: string): string | undefined;
  /** The bytes of a file, if that is cheaper than its text; false where `read` gives nothing. */
  readBytes?(path: string, into: ByteBuffer): boolean;
  /** Names of the regular files directly in a folder, sorted; undefined if there is none. */
  list(dir: string): string[] | undefined;
  /** Names of the sub-folders, sorted. */
  folders(dir: string): string[] | undefined;
}
