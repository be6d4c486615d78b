/** Runs a check in several worker threads. Every worker has its own engine; a verdict depends on file and tree only. */
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { messageOf } from "../base/text";
import { type CheckedFiles, checkFiles, mergeChecked } from "../cli/checkFiles";
import type { ParallelJob } from "../cli/host";
import { Verdicts } from "../engine/levels";
import { loadAllRules } from "../workspace/rules";
import { createNodeHost } from "./host";

interface WorkerInput {
  lockstepWorker: true;
  root: string;
  extraRules?: string;
  files: readonly string[];
  replay: boolean;
  survey: boolean;
}

type WorkerMessage = { done: number } | { checked: CheckedFiles } | { error: string };

/** True in a thread that `checkInWorkers` started. */
export const isCheckWorker = !isMainThread && (workerData as WorkerInput | null)?.lockstepWorker === true;

/** Deals the files out in turn, so that every worker gets its share of every folder. */
export async function checkInWorkers(job: ParallelJob, progress: (done: number) => void): Promise<CheckedFiles> {
  const done = new Array<number>(job.workers).fill(0);
  const parts = Array.from({ length: job.workers }, (_, index) => {
    const files = job.files.filter((_, position) => position % job.workers === index);
    const input: WorkerInput = {
      lockstepWorker: true,
      root: job.root,
      files,
      replay: job.replay,
      survey: job.survey,
      ...(job.extraRules === undefined ? {} : { extraRules: job.extraRules }),
    };
    return runWorker(input, (count) => {
      done[index] = count;
      progress(done.reduce((sum, value) => sum + value, 0));
    });
  });
  return mergeChecked(await Promise.all(parts));
}

function runWorker(input: WorkerInput, progress: (done: number) => void): Promise<CheckedFiles> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL(import.meta.url), { workerData: input });
    worker.on("message", (message: WorkerMessage) => {
      if ("done" in message) progress(message.done);
      else if ("checked" in message) resolve(message.checked);
      else reject(new Error(message.error));
    });
    worker.on("error", reject);
    worker.on("exit", (code) => reject(new Error(`a worker ended early (${code})`)));
  });
}

/** Body of a worker thread. */
export async function runCheckWorker(): Promise<void> {
  const post = (message: WorkerMessage) => parentPort!.postMessage(message);
  try {
    const { root, extraRules, files, replay, survey } = workerData as WorkerInput;
    const host = createNodeHost();
    const tree = host.openTree(root);
    const engine = await host.createEngine(tree, loadAllRules(host, root, extraRules));
    const verdicts = replay ? new Verdicts(() => host.shippedScenarios()) : null;
    post({ checked: checkFiles(engine, tree, files, (done) => post({ done }), { verdicts, survey }) });
  } catch (error) {
    post({ error: messageOf(error) });
  }
}
