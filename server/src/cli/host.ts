/** What the command line needs beyond the shared host: streams, arguments' surroundings, workers. */
import type { Host, TextOrProblem } from "../workspace/host";
import type { CheckedFiles } from "./checkFiles";

export interface ParallelJob {
  root: string;
  /** Absolute path given with `--rules`. */
  extraRules?: string;
  files: readonly string[];
  workers: number;
  /** Replay what is found. */
  replay: boolean;
  /** Tell of all functions whether they are understood. */
  survey: boolean;
}

export interface CliHost extends Host {
  /** Absolute, POSIX. */
  readonly cwd: string;
  /** Standard output understands colours and the user wants them. */
  readonly colour: boolean;
  /** Standard error is a terminal: progress may be shown. */
  readonly interactive: boolean;
  out(text: string): void;
  err(text: string): void;
  readStdin(): TextOrProblem;
  peakRssMb(): number;
  checkInParallel(job: ParallelJob, progress: (done: number) => void): Promise<CheckedFiles>;
  /** Serves LSP over standard input and output until the client leaves; resolves to the exit code. */
  serve(): Promise<number>;
}
