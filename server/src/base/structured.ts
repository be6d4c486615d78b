/** JSON that keeps Map and Set. For our own data only: an object with the key `$map` or `$set` is taken for one of them. */

export function encodeStructured(value: unknown): string {
  return JSON.stringify(value, (_key, item: unknown) => {
    if (item instanceof Map) return { $map: [...item] };
    if (item instanceof Set) return { $set: [...item] };
    return item;
  });
}

export function decodeStructured(text: string): unknown {
  return JSON.parse(text, (_key, item: unknown) => {
    if (typeof item !== "object" || item === null) return item;
    if ("$map" in item) return new Map(item.$map as [unknown, unknown][]);
    if ("$set" in item) return new Set(item.$set as unknown[]);
    return item;
  });
}
