/** Terminal colours, or none. */
import type { Level } from "../protocol/finding";

export interface Colours {
  bold(text: string): string;
  dim(text: string): string;
  level(level: Level, text: string): string;
}

const code = (number: string) => (text: string) => `\u001b[${number}m${text}\u001b[0m`;
const levelCodes: Record<Level, string> = { error: "1;31", warning: "1;33", hint: "1;36" };

const coloured: Colours = { bold: code("1"), dim: code("2"), level: (level, text) => code(levelCodes[level])(text) };
const plain: Colours = { bold: (text) => text, dim: (text) => text, level: (_, text) => text };

export function coloursFor(enabled: boolean): Colours {
  return enabled ? coloured : plain;
}
