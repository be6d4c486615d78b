/** Starts the indexing thread and waits for what it makes. */
import { existsSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from "node:worker_threads";
import type { PartData } from "../syntax/treeIndexPart";
import { type PartName, type PartSource, partNames } from "../syntax/treeIndexWords";

export interface IndexerInput {
  root: string;
  /** Where the parts go, each followed by a count up of the first number of `progress`. */
  port: MessagePort;
  progress: SharedArrayBuffer;
}

export interface IndexerMessage {
  name: PartName;
  /** null if it could not be made. */
  part: PartData | null;
}

/** A thread that never answers must not hold the others up for ever. */
const PATIENCE_MS = 30_000;

/** Is there a thread to start? There is beside the bundles; not when run from source. */
export function canIndexAside(): boolean {
  return existsSync(script());
}

/** A thread that was started before anybody knew which tree to index. */
let spare: Worker | undefined;

/** Starts the thread, so that it is ready when the tree is known. It ends by itself if it is not used. */
export function startIndexer(): void {
  if (spare !== undefined || !canIndexAside()) return;
  const worker = startWorker();
  worker.once("exit", () => {
    if (spare === worker) spare = undefined;
  });
  spare = worker;
}

function startWorker(): Worker {
  const worker = new Worker(script());
  // Whatever happens to it costs time only: a part that does not come is made here.
  worker.on("error", () => {});
  worker.unref();
  return worker;
}

/** Indexes the parts of a tree on a thread of their own. The source gives each part once. */
export function indexAside(root: string): PartSource {
  const { port1, port2 } = new MessageChannel();
  const progress = new SharedArrayBuffer(4);
  const counter = new Int32Array(progress);
  const worker = spare ?? startWorker();
  spare = undefined;
  worker.postMessage({ root, port: port2, progress } satisfies IndexerInput, [port2]);
  port1.unref();
  const arrived = new Map<PartName, PartData | null>();
  let seen = 0;
  /** Takes in one more part if one comes within the time; false if none will come. */
  const receive = (patience: number): boolean => {
    if (seen === partNames.length || Atomics.wait(counter, 0, seen, patience) === "timed-out") return false;
    const message = receiveMessageOnPort(port1)?.message as IndexerMessage | undefined;
    if (message === undefined) return false;
    seen++;
    arrived.set(message.name, message.part);
    return true;
  };
  return {
    underWay(name) {
      while (receive(0));
      return !arrived.has(name) && seen < partNames.length;
    },
    take(name) {
      while (!arrived.has(name) && receive(PATIENCE_MS));
      const part = arrived.get(name) ?? null;
      arrived.set(name, null);
      return part;
    },
  };
}

function script(): string {
  return path.join(path.dirname(fileURLToPath(import.meta.url)), "indexer.js");
}
