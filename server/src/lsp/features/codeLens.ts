/** Code lenses: the contract of each function that has one, and the races of its findings. */
import type { CancellationToken, CodeLens } from "vscode-languageserver";
import { LineIndex } from "../../base/lineIndex";
import type { Contract, Finding, HeldLock } from "../../protocol/finding";
import { showRaceCommand } from "../../protocol/replay";
import { shownFindings } from "../checkDocument";
import { lockText } from "../lockText";
import { raceTarget, scenarioOf } from "../races";
import type { OpenFile, Session } from "../session";
import type { Feature } from "./feature";

/** Offered by clients that can show a contract on a click. */
const showContract = "lockstep.showContract";

export const codeLens: Feature = {
  register({ connection, session, dispatch }) {
    connection.onCodeLens(
      dispatch.request(
        "textDocument/codeLens",
        async ({ textDocument }, token): Promise<CodeLens[] | null> => {
          if (!session.client.settings.codeLens) return null;
          const file = await session.open(textDocument.uri);
          if (file === undefined) return null;
          const lines = new LineIndex(file.document.getText());
          const clickable = session.client.commands.includes(showContract);
          const races = racesOf(session, file, token);
          return file.project.engine.contracts(file.path).flatMap((contract): CodeLens[] => {
            const line = contract.line - 1;
            const position = { line, character: Math.max(0, lines.lineText(line).search(/\S/)) };
            const replays = (races.get(contract.function) ?? []).map((finding, _, all): CodeLens => {
              const title = all.length > 1 ? `▶ Replay race (${finding.rule})` : "▶ Replay race";
              const target = raceTarget(textDocument.uri, finding);
              return {
                range: { start: position, end: position },
                command: { title, command: showRaceCommand, arguments: [target] },
              };
            });
            const title = contractTitle(contract);
            if (title === "") return replays;
            const command = clickable
              ? { title, command: showContract, arguments: [textDocument.uri, contract.function] }
              : { title, command: "" };
            return [...replays, { range: { start: position, end: position }, command }];
          });
        },
        null,
      ),
    );
    return { codeLensProvider: { resolveProvider: false } };
  },
};

/** Findings whose harm is a race, by function, one of each rule. Clients that cannot show races get none. */
function racesOf(session: Session, { project, path }: OpenFile, token: CancellationToken): Map<string, Finding[]> {
  const races = new Map<string, Finding[]>();
  if (!session.client.commands.includes(showRaceCommand)) return races;
  for (const finding of shownFindings(session, project, path, token).findings) {
    const found = races.get(finding.function) ?? [];
    if (scenarioOf(project, finding.rule) === undefined || found.some((f) => f.rule === finding.rule)) continue;
    races.set(finding.function, [...found, finding]);
  }
  return races;
}

/** `requires mmap_lock of mm (write) · may sleep`; empty for a function that has nothing to do with locks. */
export function contractTitle(contract: Contract): string {
  const part = (verb: string, locks: readonly HeldLock[]): string[] => {
    const texts = [...new Set(locks.map((lock) => lockText(lock) + (lock.when === "" ? "" : " on some paths")))];
    const shown = texts.filter((text) => !text.endsWith(" on some paths") || !texts.includes(text.slice(0, -14)));
    return shown.length === 0 ? [] : [`${verb} ${shown.slice(0, 3).join(", ")}${shown.length > 3 ? ", …" : ""}`];
  };
  const parts = [
    ...part("requires", contract.requires),
    ...part("acquires", contract.acquires),
    ...part("releases", contract.releases),
    ...part("drops and retakes", contract.drops),
  ];
  // That a function may sleep is worth a line only beside locks: nearly every function may.
  if (parts.length > 0 && contract.maySleep === true) parts.push("may sleep");
  return parts.join(" · ");
}
