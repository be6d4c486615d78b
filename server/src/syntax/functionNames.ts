/** Functions of a scan by name, computed once per scan. */
import type { FileScan, FunctionItem } from "./model";

const tables = new WeakMap<FileScan, Map<string, FunctionItem[]>>();
const NONE: readonly FunctionItem[] = [];

/** Definitions of `name` in the order of the file; several are alternatives under `#if`. */
export function functionsNamed(scan: FileScan | undefined, name: string): readonly FunctionItem[] {
  if (scan === undefined) return NONE;
  let table = tables.get(scan);
  if (table === undefined) {
    table = new Map();
    for (const item of scan.functions) {
      const there = table.get(item.name);
      if (there === undefined) table.set(item.name, [item]);
      else there.push(item);
    }
    tables.set(scan, table);
  }
  return table.get(name) ?? NONE;
}
