/** The command line's surroundings on Node. */
import { readFileSync } from "node:fs";
import { normalizePath } from "../base/path";
import type { CliHost } from "../cli/host";
import type { TextOrProblem } from "../workspace/host";
import { decode, reasonOf } from "./fsTree";
import { createNodeHost } from "./host";
import { checkInWorkers } from "./workers";

export function createCliHost(): CliHost {
  const noColour = (process.env.NO_COLOR ?? "") !== "";
  return {
    ...createNodeHost(),
    cwd: normalizePath(process.cwd()),
    colour: process.stdout.isTTY === true && !noColour,
    interactive: process.stderr.isTTY === true,
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    readStdin,
    peakRssMb: () => process.resourceUsage().maxRSS / 1024,
    checkInParallel: checkInWorkers,
    async serve() {
      const { serveStdio } = await import("./serve");
      return await serveStdio();
    },
  };
}

function readStdin(): TextOrProblem {
  try {
    return decode(readFileSync(0));
  } catch (error) {
    return { problem: reasonOf(error) };
  }
}
