/** Conditions nobody knows, along one schedule: which were decided freely, and which the finding's path decides. */
import type { Op } from "../explore/model";
import { UNKNOWN } from "../explore/model";
import type { Step } from "../explore/run";
import type { Built } from "./build";
import { heldBy } from "./fold";
import type { Site } from "./thread";

export interface OpenChoice {
  thread: number;
  question: string;
  answer: boolean;
  /** The branches that ask this. */
  pcs: number[];
  /** As a decision of the function that asks; null: it is the outcome of a primitive, or another thread's. */
  decision: Decision | null;
}

/** A condition of the user's code, and the way it went. */
export interface Decision {
  file: string;
  function: string;
  /** Which of the inlined calls. */
  frame: string;
  at: number;
  end: number;
  answer: boolean;
}

export class Questions {
  private readonly free = new Map<string, OpenChoice>();
  private readonly decided = new Map<string, boolean>();
  /** The ways that the first thread took, in order. */
  readonly decisions: Decision[] = [];
  /** Free answers that a register still remembers. */
  private readonly kept = new Map<string, string>();

  constructor(private readonly built: Built) {}

  /** One step of a run: its ops, and what was decided. */
  note(step: Step, ops: readonly Op[]): void {
    const t = step.choice.thread;
    for (const op of ops) {
      if (op.k === "set") this.kept.delete(`${t} ${op.r}`);
      if (op.k !== "branch") continue;
      const site = this.built.notes.sites[op.site]!;
      const question = site.question ?? site.text;
      const register = op.memo === undefined ? null : `${t} ${op.memo}`;
      if (op.assume !== undefined) {
        if (heldBy(op.cond, step.regs) !== UNKNOWN) {
          this.known(t, op, step);
          continue;
        }
        // An earlier free answer that the path depends on later is the path's as well.
        const earlier = register === null ? undefined : this.kept.get(register);
        if (earlier !== undefined) this.free.delete(earlier);
        this.decided.set(question, op.assume);
        this.decide(t, site, op.assume);
      } else if (step.ways >= 2) {
        const answer = step.choice.alt === 0;
        const key = `${t} ${question}`;
        const decision = this.decide(t, site, answer);
        this.free.set(key, { thread: t, question, answer, pcs: this.asking(t, op), decision });
        if (register !== null) this.kept.set(register, key);
      } else this.known(t, op, step);
    }
  }

  /** A branch on a value, or on an answer that was given before. */
  private known(t: number, op: Op & { k: "branch" }, step: Step): void {
    const value = heldBy(op.cond, step.regs);
    const answer = value === UNKNOWN ? (op.memo === undefined ? 0 : step.regs[op.memo]!) : value === 0 ? 2 : 1;
    if (answer !== 0) this.decide(t, this.built.notes.sites[op.site]!, answer === 1);
  }

  private decide(t: number, site: Site, yes: boolean): Decision | null {
    const { cond, file } = site;
    if (t !== 0 || !cond || !site.user) return null;
    const { at, end, frame } = cond;
    const decision = { file, function: site.function, frame, at, end, answer: yes !== cond.negated };
    this.decisions.push(decision);
    return decision;
  }

  open(): OpenChoice[] {
    return [...this.free.values()];
  }

  fixed(): string[] {
    return [...this.decided].map(([q, a]) => `${q}: ${a}`);
  }

  /** Branches of a thread that ask the same: they share the register, or it is only this one. */
  private asking(t: number, op: Op & { k: "branch" }): number[] {
    const { sites } = this.built.notes;
    const question = sites[op.site]!.question;
    return this.built.model.threads[t]!.ops.flatMap((x, pc) => {
      if (x === op) return [pc];
      return x.k === "branch" && op.memo !== undefined && x.memo === op.memo && sites[x.site]!.question === question
        ? [pc]
        : [];
    });
  }
}
