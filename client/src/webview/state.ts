/** The panel's state and how it changes. Pure: no DOM, no clock. */

import type { PanelData } from "../replay/messages";
import { clampTo, toNextSwitch, toPreviousSwitch } from "../replay/walk";

export interface PanelState {
  data: PanelData | null;
  /** Steps that have happened. */
  at: number;
  playing: boolean;
  help: boolean;
  /** A passing message. */
  said: string;
}

/** What a user can do to the position, by button, key or command. */
export const moves = ["start", "back", "step", "previousSwitch", "nextSwitch", "violation", "play"] as const;
export type Move = (typeof moves)[number];

export type Action =
  | { kind: "show"; data: PanelData }
  | { kind: "move"; move: Move }
  | { kind: "go"; at: number }
  | { kind: "tick" }
  | { kind: "help"; open: boolean }
  | { kind: "say"; text: string };

/** `at` may come from before a reload. */
export function initialState(at = 0): PanelState {
  return { data: null, at, playing: false, help: false, said: "" };
}

export function isMove(name: string): name is Move {
  return (moves as readonly string[]).includes(name);
}

export function stepsOf(state: PanelState): number {
  return state.data?.answer?.trace.steps.length ?? 0;
}

export function reduce(state: PanelState, action: Action): PanelState {
  switch (action.kind) {
    case "show":
      return show(state, action.data);
    case "move":
      return move(state, action.move);
    case "go":
      return at(state, action.at);
    case "tick": {
      if (!state.playing) return state;
      const next = at(state, state.at + 1);
      return { ...next, playing: next.at < stepsOf(state) };
    }
    case "help":
      return { ...state, help: action.open };
    case "say":
      return { ...state, said: action.text };
  }
}

/** New data keeps the place in the same race; another race begins at its start. */
function show(state: PanelState, data: PanelData): PanelState {
  const [before, now] = [state.data?.answer?.trace, data.answer?.trace];
  const same = before === undefined || (now !== undefined && before.id === now.id && before.schedule === now.schedule);
  // While nothing is known, the place of before a reload is kept.
  const kept = now === undefined ? (data.busy ? state.at : 0) : same ? clampTo(now, state.at) : 0;
  return { ...state, data, at: kept, playing: state.playing && same && now !== undefined, said: "" };
}

/** Whoever chooses a place has stopped watching. */
function at(state: PanelState, to: number): PanelState {
  const trace = state.data?.answer?.trace;
  return trace ? { ...state, at: clampTo(trace, to), playing: false, said: "" } : state;
}

function move(state: PanelState, name: Move): PanelState {
  const trace = state.data?.answer?.trace;
  if (!trace || trace.steps.length === 0) return state;
  switch (name) {
    case "start":
      return at(state, 0);
    case "back":
      return at(state, state.at - 1);
    case "step":
      return at(state, state.at + 1);
    case "previousSwitch":
      return at(state, toPreviousSwitch(trace, state.at));
    case "nextSwitch":
      return at(state, toNextSwitch(trace, state.at));
    case "violation":
      return at(state, trace.steps.length);
    case "play": {
      if (state.playing) return { ...state, playing: false };
      const from = state.at >= trace.steps.length ? 0 : state.at;
      return { ...state, at: from, playing: true, said: "" };
    }
  }
}
