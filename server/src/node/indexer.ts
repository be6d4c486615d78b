/** The thread that reads and scans the tree while the main one does other work. */
import { parentPort } from "node:worker_threads";
import { indexPart, partNames } from "../syntax/treeIndexWords";
import { openFsTree } from "./fsTree";
import type { IndexerInput, IndexerMessage } from "./indexThread";

/** Nobody needs a thread that was not told its tree for so long. */
const IDLE_MS = 60_000;

const idle = setTimeout(() => process.exit(), IDLE_MS);
parentPort?.once("message", (input: IndexerInput) => {
  clearTimeout(idle);
  index(input);
});

function index({ root, port, progress }: IndexerInput): void {
  const counter = new Int32Array(progress);
  const tree = openFsTree(root);
  for (const name of partNames) {
    try {
      const part = indexPart(tree, name);
      const arrays = Object.values(part.postings).flatMap(({ keys, starts, files }) => [keys, starts, files]);
      port.postMessage(
        { name, part } satisfies IndexerMessage,
        arrays.map(({ buffer }) => buffer as ArrayBuffer),
      );
    } catch {
      // The main thread makes it itself, and meets what is wrong there.
      port.postMessage({ name, part: null } satisfies IndexerMessage);
    }
    Atomics.add(counter, 0, 1);
    Atomics.notify(counter, 0);
  }
}
