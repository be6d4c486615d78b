/** The controls above the interleaving: buttons and the scrubber. */
import type { ReplayAnswer } from "../../../server/src/protocol/replay";
import { lastStep, letterOf } from "../replay/walk";
import { iconButton, type Picture } from "./buttons";
import type { Move, PanelState } from "./state";
import { type Element, h } from "./tree";

export function controls(state: PanelState, { trace }: ReplayAnswer): Element {
  const last = trace.steps.length;
  const move = (picture: Picture, name: string, key: string, to: Move, disabled: boolean): Element =>
    iconButton(picture, name, key, { "data-move": to, ...(disabled ? { "aria-disabled": "true" } : {}) });
  const [first, end] = [state.at === 0, state.at === last];
  return h(
    "div",
    { class: "controls", role: "toolbar", "aria-label": "Steps" },
    move("start", "Before the first step", "Home", "start", first),
    move("previousSwitch", "Previous context switch", "[", "previousSwitch", first),
    move("back", "Step back", "←", "back", first),
    state.playing ? move("pause", "Pause", "Space", "play", false) : move("play", "Play", "Space", "play", false),
    move("step", "Step", "→", "step", end),
    move("nextSwitch", "Next context switch", "]", "nextSwitch", end),
    move("violation", trace.violated ? "To the violation" : "To the end", "v", "violation", end),
    h("input", {
      type: "range",
      class: "scrubber",
      id: "scrubber",
      min: 0,
      max: last,
      step: 1,
      value: state.at,
      "aria-label": "Position in the interleaving",
      "aria-valuetext": positionText(state, trace.steps.length),
      "data-scrub": "true",
    }),
    h("output", { for: "scrubber", class: "position" }, `${state.at} / ${last}`),
  );
}

/** `step 7 of 18, CPU B, try_grab_folio(page, 1)`. */
function positionText(state: PanelState, of: number): string {
  const step = state.data?.answer ? lastStep(state.data.answer.trace, state.at) : undefined;
  return step === undefined
    ? "before the first step"
    : `step ${state.at} of ${of}, CPU ${letterOf(step.cpu)}, ${step.text}`;
}
