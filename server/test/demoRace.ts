/** A race that the server computes from the demo tree: tests of viewers show nothing that was not replayed. */
import { readFileSync } from "node:fs";
import path from "node:path";
import type { RaceTarget, ReplayAnswer, ReplayResult } from "../src/protocol/replay";
import { copyDemo, TestClient } from "./lspClient";

export interface Demo {
  target: RaceTarget;
  replay(target: RaceTarget): Promise<ReplayResult>;
  answer: ReplayAnswer;
  stop(): Promise<void>;
}

export async function replayDemo(): Promise<Demo> {
  const demo = copyDemo();
  const client = await TestClient.start({ root: demo.root });
  const file = "mm/range.c";
  const text = readFileSync(path.join(demo.root, file), "utf8");
  await client.open(file, text);
  const line = text.slice(0, text.indexOf("return vma->vm_end;")).split("\n").length - 1;
  const target = { uri: client.uri(file), line, function: "range_end_wrong", rule: "vma-use-after-unlock" };
  const replay = ({ uri, line: at, ...rest }: RaceTarget) => {
    const params = { textDocument: { uri }, position: { line: at, character: 0 }, ...rest };
    return client.request<ReplayResult>("lockstep/replay", params);
  };
  const answer = await replay(target);
  if ("problem" in answer) throw new Error(answer.problem);
  const stop = async () => {
    await client.stop();
    demo.remove();
  };
  return { target, replay, answer, stop };
}
