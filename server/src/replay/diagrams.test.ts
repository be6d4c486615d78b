/** The races of all shipped scenarios, drawn for a commit message. After an intended change: `npm test -- -u server/src/replay`. */
import { beforeAll, expect, it } from "vitest";
import { wasmParser } from "../../test/cParser";
import { fixtureInput } from "../../test/replayFixtures";
import { shippedScenarios } from "../../test/replayKit";
import { diagram } from "../protocol/diagram";
import type { CParser } from "../syntax/parser";
import { replay } from "./replay";

let parser: CParser;

beforeAll(async () => {
  parser = await wasmParser();
});

it("are drawn in at most 72 columns", { timeout: 120_000 }, async () => {
  const drawn = shippedScenarios.scenarios.map(({ id }) => {
    const trace = replay(fixtureInput(parser, id, "buggy"));
    const lines = diagram(trace);
    for (const line of lines) {
      expect(line.length, `${id}: ${line}`).toBeLessThanOrEqual(72);
      expect(line, id).toMatch(/^[\x20-\x7e]*$/);
      // Neither trailing blanks nor what `git am` or a commit editor would take for its own.
      expect(line, id).not.toMatch(/ $|^(?:---|diff |Index:|#)/);
    }
    expect(trace.steps.length, id).toBeLessThanOrEqual(14);
    return `${id}: ${trace.violated?.text ?? trace.reason}\n\n${lines.join("\n")}\n`;
  });
  await expect(drawn.join("\n\n")).toMatchFileSnapshot("golden/diagrams.txt");
});
