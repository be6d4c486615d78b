/** Entry point of the language server. */
import "./early";
import { setFlagsFromString } from "node:v8";
import { serveByArguments, serveStdio } from "./serve";

// Large functions full of inlined ones take long to optimise, and the first edits wait for it. Baseline code at once: most
// of what analyses the first file runs too seldom for more.
for (const flag of ["--max-inlined-bytecode-size-cumulative=200", "--always-sparkplug"]) setFlagsFromString(flag);

if (process.argv.some((argument) => /^--(node-ipc|socket|pipe)/.test(argument))) serveByArguments();
else void serveStdio();
