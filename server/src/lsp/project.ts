/** One tree the server works on: engine, rules, configuration. */
import { relativeInside } from "../base/path";
import type { Engine } from "../engine/types";
import type { HostTree } from "../workspace/host";
import { loadProject, openEngine, type ProjectData } from "../workspace/open";
import type { LspHost } from "./host";

export interface Project extends ProjectData {
  readonly root: string;
  readonly tree: HostTree;
  readonly engine: Engine;
  /** Path of a file as engine and tree know it. */
  treePath(absolute: string): string;
}

/** Opens a tree; problems of rules and configuration are part of the result, the rest of them is used. */
export async function openProject(host: LspHost, root: string): Promise<Project> {
  const data = loadProject(host, root);
  const tree = host.openTree(root);
  const engine = await openEngine(host, tree, data.rules);
  return { ...data, root, tree, engine, treePath: (absolute) => relativeInside(root, absolute) };
}
