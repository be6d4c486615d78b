/** The panel in its page: messages and events in, pictures out. The only file that knows the browser, with dom.ts. */
import type { CopyFormat, FromPanel, Kept, ToPanel } from "../replay/messages";
import { create, update } from "./dom";
import { type Focus, meaningOf } from "./keys";
import { type Action, initialState, isMove, reduce } from "./state";
import { render } from "./view";

declare function acquireVsCodeApi(): {
  postMessage(message: FromPanel): void;
  getState(): Kept | undefined;
  setState(state: Kept): void;
};

/** Between two steps of a race that plays by itself. */
const paceMs = 1_100;

const editor = acquireVsCodeApi();
const kept = editor.getState();
let state = initialState(typeof kept?.at === "number" ? kept.at : 0);
let timer: ReturnType<typeof setInterval> | undefined;
const root = document.getElementById("root")!;
const main = create(render(state)) as HTMLElement;
root.replaceChildren(main);

function dispatch(action: Action): void {
  const before = state;
  state = reduce(state, action);
  if (state === before) return;
  update(main, render(state));
  const moved = state.at !== before.at;
  if (state.data !== null && (moved || state.data !== before.data))
    editor.setState({ target: state.data.target, at: state.at });
  if (moved || state.data?.answer !== before.data?.answer) {
    if (state.data?.answer) editor.postMessage({ kind: "at", at: state.at });
    follow();
  }
  if (state.help && !before.help) main.querySelector(".help")?.scrollIntoView({ block: "nearest" });
  if (state.playing !== before.playing) {
    clearInterval(timer);
    if (state.playing) timer = setInterval(() => dispatch({ kind: "tick" }), paceMs);
  }
}

/** The row of the step comes into view; if a row had the focus, it goes along. */
function follow(): void {
  const row = main.querySelector<HTMLElement>('tr[aria-current="step"] button');
  if (row === null) return;
  row.scrollIntoView({ block: "nearest" });
  if (document.activeElement?.classList.contains("step")) row.focus({ preventScroll: true });
}

function focusKind(target: EventTarget | null): Focus {
  if (!(target instanceof Element)) return "other";
  if (target.matches("input[type=range]")) return "slider";
  if (target.matches("select")) return "select";
  if (target.matches("button.step")) return "step";
  return target.closest("button, summary") ? "button" : "other";
}

function open(at: number): void {
  if (at > 0) editor.postMessage({ kind: "open", at });
}

document.addEventListener("keydown", (event) => {
  const { ctrlKey: ctrl, altKey: alt, metaKey: meta } = event;
  const meaning = meaningOf(event.key, focusKind(event.target), { ctrl, alt, meta });
  if (meaning === undefined || (meaning === "close" && !state.help)) return;
  event.preventDefault();
  if (typeof meaning === "object") dispatch({ kind: "move", move: meaning.move });
  else if (meaning === "help") dispatch({ kind: "help", open: !state.help });
  else if (meaning === "close") dispatch({ kind: "help", open: false });
  else if (meaning === "copy") editor.postMessage({ kind: "copy", format: "diagram" });
  else open(state.at);
});

document.addEventListener("click", (event) => {
  const target = event.target instanceof Element ? event.target.closest<HTMLElement>("button") : null;
  if (target === null) return;
  const { move, go, copy, debug, help } = target.dataset;
  if (move !== undefined && isMove(move)) dispatch({ kind: "move", move });
  if (go !== undefined) {
    // A second click on the same step goes to its line.
    if (Number(go) === state.at) open(state.at);
    else dispatch({ kind: "go", at: Number(go) });
  }
  if (copy !== undefined) editor.postMessage({ kind: "copy", format: copy as CopyFormat });
  if (debug !== undefined) editor.postMessage({ kind: "debug" });
  if (help !== undefined) dispatch({ kind: "help", open: !state.help });
});

document.addEventListener("input", ({ target }) => {
  if (target instanceof HTMLInputElement && target.dataset.scrub !== undefined)
    dispatch({ kind: "go", at: Number(target.value) });
});

document.addEventListener("change", ({ target }) => {
  if (!(target instanceof HTMLSelectElement) || target.dataset.choice === undefined) return;
  const given = (id: string): string | null => document.querySelector<HTMLSelectElement>(`#${id}`)?.value || null;
  // Architectures belong to a scenario.
  const profile = target.dataset.choice === "scenario" ? null : given("profile");
  editor.postMessage({ kind: "choose", scenario: given("scenario"), profile });
});

window.addEventListener("message", ({ data }: MessageEvent<ToPanel>) => {
  if (data.kind === "show") dispatch({ kind: "show", data: data.data });
  else if (data.kind === "say") dispatch({ kind: "say", text: data.text });
  else if (data.kind === "go") dispatch({ kind: "go", at: data.at });
  else if (data.kind === "move" && isMove(data.action)) dispatch({ kind: "move", move: data.action });
});

// Zoomed or moved beside something else: the step stays in sight.
window.addEventListener("resize", follow);

editor.postMessage({ kind: "ready" });
