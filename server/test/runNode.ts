/** Long runs of a command in the background: a test that stops the whole process for a minute is given up by its runner. */
import { execFile } from "node:child_process";

export interface Done {
  status: number;
  stdout: string;
  stderr: string;
}

/** Runs a script with this Node; a status other than 0 is an answer, not an error. */
export function runNode(args: readonly string[], cwd: string): Promise<Done> {
  return new Promise((resolve, reject) => {
    execFile(process.execPath, args, { cwd, encoding: "utf8", maxBuffer: 1 << 28 }, (error, stdout, stderr) => {
      if (error && typeof error.code !== "number") reject(error);
      else resolve({ status: error ? Number(error.code) : 0, stdout, stderr });
    });
  });
}
