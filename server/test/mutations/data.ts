/** Loads the operator descriptions from `test-fixtures/mutations`. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import type { MutationData, OperatorSpec } from "./model";

const folder = join(import.meta.dirname ?? ".", "../../../test-fixtures/mutations");

function load<T>(name: string, dir: string): T {
  return parse(readFileSync(join(dir, name), "utf8"), { merge: true }) as T;
}

export function loadMutationData(dir = folder): MutationData {
  const families = load<Pick<MutationData, "scope" | "exclude" | "primitives" | "families">>("families.yaml", dir);
  const seeding = load<{ operators: OperatorSpec[] }>("seeding.yaml", dir).operators;
  const harmless = load<{ operators: OperatorSpec[] }>("harmless.yaml", dir).operators;
  const equivalents = load<Pick<MutationData, "equivalents">>("equivalents.yaml", dir).equivalents;
  return { ...families, seeding, harmless, equivalents };
}
