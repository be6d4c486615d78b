/** Which kind of rule file a YAML file is. */
import type { FileKind } from "./schema";
import { isMapping, type Source } from "./source";

export interface FileData {
  source: Source;
  kind: FileKind;
  /** From `.lockstep/rules` or `--rules`: may replace what the built-in files say. */
  user: boolean;
}

const TABLES: Record<string, FileKind> = {
  "contexts.yaml": "contexts",
  "macros.yaml": "macros",
  "types.yaml": "types",
};

/** By place for the built-in files, by content otherwise. `skip` for files another loader reads. */
export function fileKind(path: string, value: unknown): FileKind | "skip" | undefined {
  const parts = path.split("/");
  if (parts.includes("scenarios")) return "skip";
  const folder = parts.at(-2);
  if (folder === "apis") return "apis";
  if (folder === "checks") return "check";
  const table = TABLES[parts.at(-1) ?? ""];
  if (table) return table;
  if (!isMapping(value)) return undefined;
  if ("detector" in value || "id" in value) return "check";
  if ("apis" in value || "classes" in value) return "apis";
  if ("slots" in value) return "contexts";
  if ("immutableFields" in value || "actions" in value || "lockFields" in value) return "types";
  if ("iterators" in value || "attributes" in value || "guards" in value) return "macros";
  return undefined;
}

/** Files outside the shipped `rules/` folder belong to the user. */
export function isUserFile(path: string): boolean {
  return (
    path.includes(".lockstep/") ||
    !/(^|\/)rules\/((apis|checks)\/[^/]+|contexts\.yaml|macros\.yaml|types\.yaml)$/.test(path)
  );
}
