/** Raw results → what a report shows. */
import { comparePaths } from "../base/path";
import type { TreeProvider } from "../engine/types";
import type { Finding } from "../protocol/finding";
import { applyFilter, type Filter } from "../report/filter";
import { compareFindings } from "../report/order";
import type { CheckedFiles } from "./checkFiles";

/** What was checked, whichever way. */
export interface Checked extends CheckedFiles {
  /** Sorted and filtered; in patch mode only what the patch introduces. */
  findings: Finding[];
  /** The texts as they were checked. */
  tree: TreeProvider;
  /** Something that was named could not be checked. */
  incomplete: boolean;
}

/** Sorts everything and applies the filter. */
export function collect(checked: CheckedFiles, tree: TreeProvider, filter: Filter, incomplete: boolean): Checked {
  const results = [...checked.results].sort((a, b) => comparePaths(a.file, b.file));
  const findings = applyFilter(results.flatMap((result) => result.findings).sort(compareFindings), filter);
  return { ...checked, results, findings, tree, incomplete };
}
