/** Entry point of the command line (and, in a worker thread, of a share of its work). */
import { setFlagsFromString } from "node:v8";
import { runCli } from "../cli/main";
import { createCliHost } from "./cliHost";
import { isCheckWorker, runCheckWorker } from "./workers";

// One run does not last long enough to repay optimising what is run a few dozen times: later is less work in all.
setFlagsFromString("--interrupt-budget=300000");

if (isCheckWorker) {
  await runCheckWorker();
} else {
  // Readers such as `head` may leave early; that is no error of ours.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? 0 : 2));
  process.exitCode = await runCli(process.argv.slice(2), createCliHost());
}
