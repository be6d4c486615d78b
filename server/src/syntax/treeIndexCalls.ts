import { folderOf } from "../base/path";
import { functionsNamed } from "./functionNames";
import type { FileScan, FunctionItem, SlotItem } from "./model";
import type { TreeIndex } from "./treeIndex";

export interface CallSite {
  file: string;
  fn: string;
}

export interface Callers {
  /** Functions that call it, by file and position. If not `complete`, only those of its own folder. */
  sites: CallSite[];
  /** Are these all the ways control can come here? */
  complete: boolean;
  /** One sentence: why they are all known, or why not. */
  reason: string;
}

/** Who calls what in one file, derived from its scan. */
export interface Uses {
  /** Functions that call a name, in the order of the file. */
  callers: Map<string, string[]>;
  mentioned: Set<string>;
  inMacro: Set<string>;
  exported: Set<string>;
}

const known = new WeakMap<FileScan, Uses>();

/** Finds the callers of a function and decides whether they are all. */
export function findCallers(index: TreeIndex, file: string, name: string): Callers {
  const items = definitionsIn(index, file, name);
  if (items.length === 0) return { sites: [], complete: false, reason: `${name} is not defined in ${file}` };
  const incomplete = (reason: string): Callers => {
    return { sites: sitesIn(index, folderFiles(index, file), file, name), complete: false, reason };
  };
  if (items.some((item) => item.kind === "syscall")) return incomplete("a system call");
  const visible = items.some((item) => !item.isStatic);
  if (visible && usesOf(index.scan(file) as FileScan).exported.has(name)) return incomplete("exported to modules");
  const scope = visible ? wholeTree(index, file, name) : ownUnits(index, file, name);
  if (typeof scope === "string") return incomplete(scope);
  for (const path of scope) {
    const taken = otherUse(index, path, file, name);
    if (taken !== null) return incomplete(taken);
  }
  const sites = sitesIn(index, scope, file, name);
  if (sites.length === 0) return incomplete(visible ? "no call in the indexed part of the tree" : "never called");
  return { sites, complete: true, reason: `all calls known: ${visible ? "the indexed tree" : "its translation unit"}` };
}

/** Ops-table slots that hold the function. */
export function findSlots(index: TreeIndex, file: string, name: string): (SlotItem & { file: string })[] {
  const items = definitionsIn(index, file, name);
  const visible = items.some((item) => !item.isStatic);
  const scope = visible ? index.filesAssigning(name, file) : ownUnits(index, file, name);
  const found: (SlotItem & { file: string })[] = [];
  for (const path of typeof scope === "string" ? [file] : scope) {
    if (path.endsWith(".S") || (path !== file && definesOwn(index, path, name))) continue;
    for (const slot of index.scan(path)?.slots ?? []) if (slot.value === name) found.push({ ...slot, file: path });
  }
  return found;
}

/** Files to search for a function with external linkage, or why they are not all known. */
function wholeTree(index: TreeIndex, file: string, name: string): string[] | string {
  const module = index.moduleOf(file);
  if (module !== null) {
    if (!module.closed) return "linked with files outside its folder";
    const outside = index.prototypeFiles(file, name).find((path) => !path.startsWith(`${module.root}/`));
    if (module.root !== "" && outside !== undefined) return `declared in ${outside}`;
  }
  return index.filesWith(name, file);
}

/** Files in which a static function is visible, or why they are not all known. */
function ownUnits(index: TreeIndex, file: string, name: string): string[] | string {
  if (file.endsWith(".h")) {
    if (/^(include|arch\/\w+\/include)\//.test(file)) return "defined in a header that any file can include";
    return index.filesWith(name, file).filter((path) => path === file || index.includes(path, file));
  }
  if (index.includersOf(file).length === 0) return [file];
  return folderFiles(index, file);
}

/** A use other than a call, as a reason; null if there is none. */
function otherUse(index: TreeIndex, path: string, file: string, name: string): string | null {
  if (path.endsWith(".S")) return `used in assembly (${path})`;
  const scan = index.scan(path);
  if (scan === undefined || (path !== file && definesOwn(index, path, name))) return null;
  const uses = usesOf(scan);
  if (uses.exported.has(name)) return "exported to modules";
  if (uses.mentioned.has(name)) return `its address is taken in ${path}`;
  return uses.inMacro.has(name) ? `used in a macro in ${path}` : null;
}

function sitesIn(index: TreeIndex, scope: string[], file: string, name: string): CallSite[] {
  const sites: CallSite[] = [];
  for (const path of scope) {
    const scan = path.endsWith(".S") ? undefined : index.scan(path);
    const callers = scan && usesOf(scan).callers.get(name);
    if (callers === undefined || (path !== file && definesOwn(index, path, name))) continue;
    for (const fn of callers) sites.push({ file: path, fn });
  }
  return sites;
}

/** Calls, mentions and exports of one file by name, computed once per scan. */
export function usesOf(scan: FileScan): Uses {
  let uses = known.get(scan);
  if (uses !== undefined) return uses;
  uses = {
    callers: new Map(),
    mentioned: new Set(scan.mentions),
    inMacro: new Set(scan.macroNames),
    exported: new Set(scan.exports),
  };
  for (const slot of scan.slots) uses.mentioned.add(slot.value);
  for (const fn of scan.functions) {
    for (const name of fn.mentions) uses.mentioned.add(name);
    for (const name of fn.calls) {
      const callers = uses.callers.get(name);
      if (callers === undefined) uses.callers.set(name, [fn.name]);
      else if (!callers.includes(fn.name)) callers.push(fn.name);
    }
  }
  known.set(scan, uses);
  return uses;
}

const definitionsIn = (index: TreeIndex, file: string, name: string): readonly FunctionItem[] =>
  functionsNamed(index.scan(file), name);

/** Does the file have a static function of that name, so that the name means another one there? */
const definesOwn = (index: TreeIndex, path: string, name: string): boolean =>
  definitionsIn(index, path, name).some((item) => item.isStatic);

function folderFiles(index: TreeIndex, file: string): string[] {
  const files = index.folderUnit(folderOf(file) === "" ? file : folderOf(file));
  return files.includes(file) ? files : [file, ...files];
}
