/** Loads the operator descriptions from `test-fixtures/mutations`. */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import type { MutationData, OperatorSpec } from "./model";

/** The project's root, from the sources as well as from a bundle in `dist/`. */
export function projectRoot(): string {
  let at = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(at, "test-fixtures", "mutations")) && dirname(at) !== at) at = dirname(at);
  return at;
}

function load<T>(name: string, dir: string): T {
  return parse(readFileSync(join(dir, name), "utf8"), { merge: true }) as T;
}

export function loadMutationData(dir = join(projectRoot(), "test-fixtures", "mutations")): MutationData {
  const families = load<Pick<MutationData, "scope" | "exclude" | "primitives" | "families">>("families.yaml", dir);
  const seeding = load<{ operators: OperatorSpec[] }>("seeding.yaml", dir).operators;
  const harmless = load<{ operators: OperatorSpec[] }>("harmless.yaml", dir).operators;
  const equivalents = load<Pick<MutationData, "equivalents">>("equivalents.yaml", dir).equivalents;
  return { ...families, seeding, harmless, equivalents };
}
