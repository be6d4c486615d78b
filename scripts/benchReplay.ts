/** Rows of `npm run bench`: every scenario's fixtures and every function of the table of real ones, beside Spin on the same model. */
import { search } from "../server/src/explore/search";
import { build } from "../server/src/replay/build";
import { type ReplayInput, replay, replayPromela } from "../server/src/replay/replay";
import { wasmParser } from "../server/test/cParser";
import { runSpin, spinMissing } from "../server/test/explore/spin";
import { KernelReplay } from "../server/test/real/kernelReplay";
import { ROWS } from "../server/test/real/table";
import { fixtureInput, VARIANTS } from "../server/test/replayFixtures";
import { shippedScenarios } from "../server/test/replayKit";

const TURNS = 5;

type Print = (name: string, value: string) => void;

export async function benchReplay(kernel: string, print: Print): Promise<void> {
  const missing = spinMissing();
  if (missing !== null) print("Spin", `not run: ${missing}`);
  const parser = await wasmParser();
  for (const { id } of shippedScenarios.scenarios)
    for (const variant of VARIANTS)
      await row(`${id} ${variant}`, fixtureInput(parser, id, variant), missing === null, print);
  const real = new KernelReplay(kernel);
  await real.open();
  for (const subject of ROWS)
    await row(`${subject.fn}, ${subject.scenario}`, real.input(subject), missing === null, print);
}

/** The first time, the best of some more (both from the C text to the trace), the search alone, and Spin. */
async function row(name: string, input: ReplayInput, spin: boolean, print: Print): Promise<void> {
  const [trace, cold] = timed(() => replay(input));
  const warm = Math.min(...Array.from({ length: TURNS }, () => timed(() => replay(input))[1]));
  const built = build({ ...input, loopBound: trace.bounds.loops });
  const fields = [
    trace.verdict,
    `${trace.states} states`,
    `${trace.switches} switches`,
    `cold ${ms(cold)}`,
    `warm ${ms(warm)}`,
  ];
  if (typeof built !== "string") {
    const { model } = built.whole();
    const alone = Math.min(...Array.from({ length: TURNS }, () => timed(() => search(model))[1]));
    fields.push(`search ${ms(alone)}`, `${Math.round(trace.states / alone)} states/ms`);
  }
  const exported = spin ? replayPromela(input) : { problem: "" };
  if ("promela" in exported) {
    const started = performance.now();
    const answer = await runSpin(exported.promela).catch(() => null);
    fields.push(
      answer === null ? "Spin: no answer" : `Spin ${ms(performance.now() - started)}, ${answer.states} states`,
    );
  }
  print(name, `  ${fields.join(", ")}`);
}

function timed<T>(work: () => T): [T, number] {
  const started = performance.now();
  return [work(), performance.now() - started];
}

function ms(time: number): string {
  return `${time.toFixed(time < 10 ? 1 : 0)} ms`;
}
