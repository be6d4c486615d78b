/** Entry point of the language server. */
import { setFlagsFromString } from "node:v8";
import { serveByArguments, serveStdio } from "./serve";

// Large functions full of inlined ones take long to optimise, and the first edits wait for it.
setFlagsFromString("--max-inlined-bytecode-size-cumulative=200");

if (process.argv.some((argument) => /^--(node-ipc|socket|pipe)/.test(argument))) serveByArguments();
else void serveStdio();
