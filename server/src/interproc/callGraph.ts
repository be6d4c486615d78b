/** Call graph of one folder (and the inline functions it reaches) with its strongly connected components. */
import type { FunctionItem } from "../syntax/model";

export interface FunctionRef {
  file: string;
  item: FunctionItem;
  /** Position among the functions of that name in the file (alternatives under #if). */
  ordinal: number;
}

export function refKey(r: { file: string; item: { name: string }; ordinal: number }): string {
  return `${r.file}#${r.item.name}#${r.ordinal}`;
}

export interface CallGraph {
  refs: ReadonlyMap<string, FunctionRef>;
  /** Callees by key, in order of first call. */
  callees: ReadonlyMap<string, readonly string[]>;
  /** Component number per function; callees have smaller or equal numbers. */
  component: ReadonlyMap<string, number>;
  /** Functions whose analysis can matter: they or something they call touch what the rules speak of. */
  relevant: ReadonlySet<string>;
}

export interface GraphInput {
  roots: FunctionRef[];
  /** Definitions a call may reach, best first; empty if out of reach. */
  resolve(file: string, name: string): FunctionRef[];
  /** Is a call of this name modelled by rule data (its body is not looked into)? */
  isPrimitive(name: string): boolean;
  /** Does the function itself touch what the rules speak of? */
  isRelevant(ref: FunctionRef): boolean;
}

/** Builds the graph; components by Tarjan's algorithm (SIAM J. Comput. 1972), iteratively. */
export function buildCallGraph(input: GraphInput): CallGraph {
  const refs = new Map<string, FunctionRef>();
  const callees = new Map<string, string[]>();
  const queue = [...input.roots];
  for (const r of queue) refs.set(refKey(r), r);
  for (let i = 0; i < queue.length; i++) {
    const r = queue[i] as FunctionRef;
    const out: string[] = [];
    for (const name of r.item.calls) {
      if (input.isPrimitive(name)) continue;
      for (const d of input.resolve(r.file, name)) {
        const key = refKey(d);
        if (!refs.has(key)) {
          refs.set(key, d);
          queue.push(d);
        }
        out.push(key);
      }
    }
    callees.set(refKey(r), out);
  }
  const component = components(refs, callees);
  return { refs, callees, component, relevant: relevance(refs, callees, component, input) };
}

function components(refs: Map<string, FunctionRef>, callees: Map<string, string[]>): Map<string, number> {
  const index = new Map<string, number>();
  const low = new Map<string, number>();
  const onStack = new Set<string>();
  const stack: string[] = [];
  const component = new Map<string, number>();
  let counter = 0;
  let number = 0;
  for (const root of refs.keys()) {
    if (index.has(root)) continue;
    const work: { key: string; next: number }[] = [{ key: root, next: 0 }];
    index.set(root, counter);
    low.set(root, counter++);
    stack.push(root);
    onStack.add(root);
    while (work.length > 0) {
      const top = work[work.length - 1] as { key: string; next: number };
      const succ = (callees.get(top.key) ?? [])[top.next++];
      if (succ !== undefined) {
        if (!index.has(succ)) {
          index.set(succ, counter);
          low.set(succ, counter++);
          stack.push(succ);
          onStack.add(succ);
          work.push({ key: succ, next: 0 });
        } else if (onStack.has(succ)) low.set(top.key, Math.min(low.get(top.key) as number, index.get(succ) as number));
        continue;
      }
      work.pop();
      const parent = work[work.length - 1];
      if (parent) low.set(parent.key, Math.min(low.get(parent.key) as number, low.get(top.key) as number));
      if (low.get(top.key) === index.get(top.key)) {
        for (;;) {
          const k = stack.pop() as string;
          onStack.delete(k);
          component.set(k, number);
          if (k === top.key) break;
        }
        number++;
      }
    }
  }
  return component;
}

function relevance(
  refs: Map<string, FunctionRef>,
  callees: Map<string, string[]>,
  component: Map<string, number>,
  input: GraphInput,
): Set<string> {
  const relevant = new Set<string>();
  const byComponent = [...refs.keys()].sort((a, b) => (component.get(a) as number) - (component.get(b) as number));
  let changed = true;
  while (changed) {
    changed = false;
    for (const k of byComponent) {
      if (relevant.has(k)) continue;
      const r = refs.get(k) as FunctionRef;
      if (input.isRelevant(r) || (callees.get(k) ?? []).some((c) => relevant.has(c))) {
        relevant.add(k);
        changed = true;
      }
    }
  }
  return relevant;
}
