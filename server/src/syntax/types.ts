/** Helpers on declared types as text. */

/** Tag of the struct (or union) that a type names or points to: `struct mm_struct *` → `mm_struct`. */
export function structTag(type: string): string | undefined {
  const m = /\b(?:struct|union)\s+([A-Za-z_]\w*)/.exec(type);
  return m?.[1];
}

export function isPointer(type: string): boolean {
  return /\*\s*(?:const\s*|restrict\s*)*$/.test(type.trim()) || type.includes("[");
}
