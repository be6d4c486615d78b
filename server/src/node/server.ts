/** Entry point of the language server. */
import { serveByArguments, serveStdio } from "./serve";

if (process.argv.some((argument) => /^--(node-ipc|socket|pipe)/.test(argument))) serveByArguments();
else void serveStdio();
