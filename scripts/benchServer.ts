/** Rows of `npm run bench`: how long the first replay takes that somebody asks the bundled server for. */
import { readFileSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { projectRoot } from "../server/test/mutations/data";
import { startServer } from "./serverClient";

const FILE = "mm/range.c";
const IDLE_MS = 4000;

type Print = (name: string, value: string) => void;

/** Asked at once after the first diagnostics, and after a pause in which the server warms up. */
export async function firstReplay(dist: string, print: Print): Promise<void> {
  const [cold, again] = await asked(dist, 0);
  const [warm] = await asked(dist, IDLE_MS);
  print(
    "first replay in the server",
    `at once ${cold} ms, the next one ${again} ms; after ${IDLE_MS / 1000} s ${warm} ms`,
  );
}

async function asked(dist: string, pause: number): Promise<[string, string]> {
  const root = path.join(projectRoot(), "test-fixtures/demo");
  const server = await startServer(path.join(dist, "server.js"), root);
  const text = readFileSync(path.join(root, FILE), "utf8");
  const uri = pathToFileURL(path.join(root, FILE)).href;
  await server.open(uri, text);
  if (pause > 0) await new Promise((resolve) => setTimeout(resolve, pause));
  const line = text.slice(0, text.indexOf("return vma->vm_end;")).split("\n").length - 1;
  const ask = async (): Promise<string> => {
    const started = performance.now();
    await server.request("lockstep/replay", { textDocument: { uri }, position: { line, character: 0 } });
    return (performance.now() - started).toFixed(0);
  };
  const times: [string, string] = [await ask(), await ask()];
  await server.shutdown();
  return times;
}
