/** Entry point of the language server in a Web Worker. */
import { type Port, serveWorker } from "./serve";

serveWorker(globalThis as unknown as Port);
