/** What the server needs from the place it runs in, beyond the shared host. */
import type { Host } from "../workspace/host";

export interface LspHost extends Host {
  /** Absolute POSIX path of a `file:` URI; undefined for other schemes. */
  pathOf(uri: string): string | undefined;
  uriOf(path: string): string;
  /** Runs later; the result takes the appointment back. */
  later(milliseconds: number, run: () => void): () => void;
  /** Lets pending messages in. */
  breathe(): Promise<void>;
  /** URI of the file that defines a shipped rule, if it is on disk. */
  ruleUri(file: string): string | undefined;
  /** URI of a file with this text that lasts as long as the server; undefined where files cannot be written. */
  passingFile(name: string, text: string): string | undefined;
}
