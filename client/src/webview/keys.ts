/** Keys of the panel. Pure: a key and what has the focus → what to do. */
import type { Move } from "./state";

export type KeyMeaning = { move: Move } | "open" | "copy" | "help" | "close";

/** What has the focus, as far as it uses keys itself. */
export type Focus = "slider" | "select" | "button" | "step" | "other";

const meanings: Record<string, KeyMeaning> = {
  ArrowRight: { move: "step" },
  ArrowDown: { move: "step" },
  j: { move: "step" },
  ArrowLeft: { move: "back" },
  ArrowUp: { move: "back" },
  k: { move: "back" },
  Home: { move: "start" },
  End: { move: "violation" },
  v: { move: "violation" },
  "[": { move: "previousSwitch" },
  "]": { move: "nextSwitch" },
  " ": { move: "play" },
  p: { move: "play" },
  Enter: "open",
  c: "copy",
  "?": "help",
  Escape: "close",
};

/** For the list of keys that `?` shows. */
export const keyHelp: [string[], string][] = [
  [["→", "↓", "j"], "one step"],
  [["←", "↑", "k"], "one step back"],
  [["]"], "to the next context switch"],
  [["["], "to the previous context switch"],
  [["v", "End"], "to the end: the violation"],
  [["Home"], "before the first step"],
  [["Space", "p"], "play, pause"],
  [["Enter"], "go to the line in the editor"],
  [["c"], "copy for a commit message"],
  [["?"], "these keys"],
];

export function meaningOf(
  key: string,
  focus: Focus,
  modifiers: { ctrl: boolean; alt: boolean; meta: boolean },
): KeyMeaning | undefined {
  if (modifiers.ctrl || modifiers.alt || modifiers.meta) return undefined;
  const meaning = Object.hasOwn(meanings, key) ? meanings[key] : undefined;
  if (focus === "select" && key !== "Escape") return undefined;
  // A slider moves by itself, a button is pressed.
  if (focus === "slider" && (key.startsWith("Arrow") || key === "Home" || key === "End")) return undefined;
  if (focus === "button" && (key === "Enter" || key === " ")) return undefined;
  return meaning;
}
