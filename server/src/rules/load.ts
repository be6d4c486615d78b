/** Rule files → RuleSet. Pure and total: whatever is wrong with the data ends up in `problems`. */
import { type FileData, fileKind, isUserFile } from "./files";
import { loadApis } from "./loadApis";
import { loadChecks } from "./loadChecks";
import { loadContexts, loadMacros, loadTypes } from "./loadTables";
import type { RuleProblem, RuleSet } from "./model";
import { Names } from "./names";
import { Source } from "./source";

export interface RuleFile {
  path: string;
  text: string;
}

/** Later files may add to or replace what earlier ones say; among the built-in files a name given twice is a mistake. */
export function loadRules(files: RuleFile[]): RuleSet {
  const problems: RuleProblem[] = [];
  const data: FileData[] = [];
  for (const file of files) {
    try {
      const source = new Source(file.path, file.text, problems);
      if (!source.ok) continue;
      const kind = fileKind(file.path, source.value);
      if (kind === "skip") continue;
      if (kind === undefined) source.problem([], "not a rule file: expected apis, a check, slots, macros or types");
      else data.push({ source, kind, user: isUserFile(file.path) });
    } catch (error) {
      problems.push({ file: file.path, line: 1, column: 1, message: `cannot be read: ${String(error)}` });
    }
  }
  const names = new Names(data);
  const types = loadTypes(data, names);
  const { classes, apis } = loadApis(data, names);
  const checks = loadChecks(data, names);
  const contexts = loadContexts(data, names);
  const macros = loadMacros(data, names);
  problems.sort((a, b) => order(a.file, b.file) || a.line - b.line || a.column - b.column);
  return { classes, apis, checks, contexts, macros, ...types, problems };
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
