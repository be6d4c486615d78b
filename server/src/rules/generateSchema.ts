/** JSON schemas of the rule files, for completion and checking in YAML editors. Pure: the caller writes the files. */
import { z } from "zod";
import { DETECTORS } from "./detectors";
import { FILE_SHAPES, type FileKind } from "./schema";

export interface GeneratedFile {
  path: string;
  text: string;
}

const FILES: Record<FileKind, string> = {
  apis: "apis",
  check: "check",
  contexts: "contexts",
  macros: "macros",
  types: "types",
};

export function generateSchemas(): GeneratedFile[] {
  return (Object.keys(FILE_SHAPES) as FileKind[]).map((kind) => {
    const schema = jsonSchema(FILE_SHAPES[kind]);
    if (kind === "check") addDetectors(schema);
    return { path: `rules/schema/${FILES[kind]}.schema.json`, text: `${JSON.stringify(schema, null, 2)}\n` };
  });
}

type Json = Record<string, unknown>;

function jsonSchema(shape: z.ZodType): Json {
  return z.toJSONSchema(shape, { io: "input" }) as Json;
}

/** What may stand under `with` depends on the detector. */
function addDetectors(schema: Json): void {
  const properties = schema.properties as Json;
  properties.detector = { enum: Object.keys(DETECTORS) };
  schema.allOf = Object.entries(DETECTORS).map(([name, shape]) => {
    const { $schema: _, ...parameters } = jsonSchema(shape);
    // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
    return { if: { properties: { detector: { const: name } } }, then: { properties: { with: parameters } } };
  });
}
