/** What is contributed without a check inside the extension host fails here already, without a VS Code. */
import { readFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { showRaceCommand } from "../../../server/src/protocol/replay";
import { copyDemo, project, pullCapabilities, TestClient } from "../../../server/test/lspClient";
import { missing, missingProviders, table } from "./table";

const manifest = JSON.parse(readFileSync(path.join(project, "package.json"), "utf8")) as {
  contributes: { commands: { command: string }[]; configuration: { properties: Record<string, unknown> } };
};

describe("checks inside the extension host", () => {
  it("cover every command, setting, menu and other contribution", () => {
    expect(missing(manifest)).toEqual([]);
  });

  it("notice what they lack", () => {
    const more = structuredClone(manifest) as typeof manifest & { contributes: Record<string, unknown> };
    more.contributes.commands.push({ command: "lockstep.new" });
    more.contributes.configuration.properties["lockstep.new"] = {};
    more.contributes.taskDefinitions = [];
    expect(missing(more)).toEqual([
      "commands: lockstep.new",
      "settings: lockstep.new",
      "contributions: taskDefinitions",
    ]);
  });

  it("are about nothing that is gone", () => {
    const { commands, configuration } = manifest.contributes;
    expect(Object.keys(table.commands ?? {}).sort()).toEqual(commands.map((c) => c.command).sort());
    expect(Object.keys(table.settings ?? {}).sort()).toEqual(Object.keys(configuration.properties).sort());
  });

  describe("of the server", () => {
    const demo = copyDemo();
    let client: TestClient;
    beforeAll(async () => {
      // As the extension starts it.
      const initializationOptions = { commands: ["lockstep.showContract", "lockstep.ignoreFinding", showRaceCommand] };
      client = await TestClient.start({ root: demo.root, capabilities: pullCapabilities, initializationOptions });
    });
    afterAll(() => {
      client.process.kill();
      demo.remove();
    });

    it("cover everything it announces", () => {
      const provided = Object.keys(client.initialized.capabilities).filter((name) => name.endsWith("Provider"));
      expect(provided.length).toBeGreaterThan(5);
      expect(missingProviders(provided)).toEqual([]);
    });
  });
});
