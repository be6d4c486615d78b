/** Spin, if it and a C compiler are installed: the verdict of another model checker on the same model. */
import { execFile, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";

const execute = promisify(execFile);

/** Why Spin cannot run, or null. */
export function spinMissing(): string | null {
  const starts = (command: string, ...args: string[]): boolean =>
    spawnSync(command, args, { stdio: "ignore" }).error === undefined;
  if (process.env.LOCKSTEP_SPIN_MISSING) return process.env.LOCKSTEP_SPIN_MISSING;
  if (!starts("spin", "-V")) return "spin is not installed (package spin)";
  if (!starts("gcc", "--version")) return "gcc is not installed";
  return null;
}

export interface SpinResult {
  violated: boolean;
  states: number;
  /** The time was over before Spin was done: the states are those until then. */
  unfinished: boolean;
}

/** Exhaustive search without partial-order reduction. Throws with Spin's words if the model does not compile, also if not within `seconds`. */
export async function runSpin(promela: string, seconds = 0): Promise<SpinResult> {
  const folder = mkdtempSync(path.join(tmpdir(), "lockstep-spin-"));
  const ends = seconds > 0 ? Date.now() + 1000 * seconds : Number.POSITIVE_INFINITY;
  const run = async (command: string, args: string[], killSignal: NodeJS.Signals = "SIGKILL"): Promise<string> => {
    const left = ends - Date.now();
    if (left <= 0) throw new Error("no time left");
    const timeout = Number.isFinite(left) ? left : 0;
    return (await execute(command, args, { cwd: folder, maxBuffer: 1 << 26, timeout, killSignal })).stdout;
  };
  try {
    writeFileSync(path.join(folder, "model.pml"), promela);
    await run("spin", ["-a", "model.pml"]);
    // Optimising takes the compiler longer than it saves the search.
    await run("gcc", ["-O0", "-w", "-DSAFETY", "-DNOREDUCE", "-DVECTORSZ=4096", "-o", "pan", "pan.c"]);
    // Interrupted, it says how far it has come.
    const text = await run("./pan", ["-m100000", "-w20"], "SIGINT").catch((error: Partial<{ stdout: string }>) => {
      if (error.stdout) return error.stdout;
      throw error;
    });
    const errors = /errors: (\d+)/.exec(text);
    const states = /([\d.e+]+) states, stored/.exec(text);
    if (!errors || !states || /search depth too small/.test(text)) throw new Error(`spin said:\n${text}`);
    return { violated: Number(errors[1]) > 0, states: Number(states[1]), unfinished: /interrupted/i.test(text) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
