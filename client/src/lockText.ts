/** Locks in words. Plain functions: they know neither VS Code nor C. */
import type { Contract, HeldLock, LockStateAt } from "../../server/src/protocol/finding";
import type { LockName } from "../../server/src/protocol/locks";
import { code, prose } from "../../server/src/protocol/markdown";

type State = LockStateAt["locks"][number];

export function lockText({ lock, object, mode }: Pick<LockName, "lock" | "object"> & { mode: string }): string {
  return `${lock}${object === "" ? "" : ` of ${object}`}${mode === "any" ? "" : ` (${mode})`}`;
}

/** A few characters for the status bar; undefined outside functions. */
export function statusText(state: LockStateAt): string | undefined {
  if (state.function === null) return undefined;
  const names = [
    ...new Set(state.locks.map(({ lock, mode, certain }) => `${lock}${modeSign(mode)}${certain ? "" : "?"}`)),
  ];
  if (names.length === 0) return "no locks";
  return names.length <= 3 ? names.join(", ") : `${names.slice(0, 2).join(", ")} +${names.length - 2}`;
}

function modeSign(mode: string): string {
  return mode === "read" ? ":r" : mode === "write" ? ":w" : "";
}

/** All that is held, one Markdown line each. */
export function statusTooltip(state: LockStateAt): string {
  if (state.locks.length === 0) return `No lock is known to be held here in \`${state.function}()\`.`;
  return [`Held here in \`${state.function}()\`:`, "", ...state.locks.map((lock) => `- ${stateLine(lock)}`)].join("\n");
}

function stateLine(lock: State): string {
  const since = lock.since === null ? "since entry" : `since line ${lock.since.line}: ${code(lock.since.text)}`;
  return `${prose(lockText(lock))}, ${since}${lock.certain ? "" : ", on some paths only"}`;
}

/** A contract as Markdown. */
export function contractMarkdown(contract: Contract): string {
  const part = (title: string, locks: readonly HeldLock[]) =>
    locks.length === 0
      ? []
      : [
          `**${title}**`,
          "",
          ...locks.map((l) => `- ${prose(lockText(l))}${l.when === "" ? "" : ` if ${code(l.when)}`}`),
          "",
        ];
  const parts = [
    ...part("Requires", contract.requires),
    ...part("Acquires", contract.acquires),
    ...part("Releases", contract.releases),
    ...part("Drops and retakes", contract.drops),
  ];
  const sleep = contract.maySleep === "unknown" ? "not known" : contract.maySleep ? "yes" : "no";
  return [
    `# ${contract.function}()`,
    "",
    `Inferred contract, ${code(`${contract.file}:${contract.line}`)}`,
    "",
    ...(parts.length === 0 ? ["It has no lock contract.", ""] : parts),
    `**May sleep:** ${sleep}`,
    "",
    ...(contract.evidence.length === 0
      ? []
      : ["**Evidence**", "", ...contract.evidence.map((line) => `- ${prose(line)}`), ""]),
  ].join("\n");
}
