/** Entry point of the command line (and, in a worker thread, of a share of its work). */
import { runCli } from "../cli/main";
import { createCliHost } from "./cliHost";
import { isCheckWorker, runCheckWorker } from "./workers";

if (isCheckWorker) {
  await runCheckWorker();
} else {
  // Readers such as `head` may leave early; that is no error of ours.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? 0 : 2));
  process.exitCode = await runCli(process.argv.slice(2), createCliHost());
}
