/**
 * Call graph of one folder (and the inline functions it reaches) with its strongly connected
 * components. It grows with the questions: a function that is asked about is added with all it reaches. It follows
 * edits: only functions whose calls may mean another thing are looked at again.
 */
import type { FunctionItem } from "../syntax/model";
import { type Changes, functionKey } from "./inputs";

export interface FunctionRef {
  file: string;
  item: FunctionItem;
  /** Position among the functions of that name in the file (alternatives under #if). */
  ordinal: number;
  /** Tells it from all other functions. */
  key: string;
}

export function refOf(file: string, item: FunctionItem, ordinal: number): FunctionRef {
  return { file, item, ordinal, key: functionKey(file, item.name, ordinal) };
}

export function refKey(r: FunctionRef): string {
  return r.key;
}

export interface GraphInput {
  /** A function as it is now. */
  find(key: string): FunctionRef | undefined;
  /** The definition a call may reach, if any is in reach. */
  resolve(file: string, name: string): FunctionRef | undefined;
  /** Is a call of this name modelled by rule data (its body is not looked into)? */
  isPrimitive(name: string): boolean;
  /** Does the function itself touch what the rules speak of? */
  isRelevant(ref: FunctionRef): boolean;
}

interface Node {
  key: string;
  name: string;
  callees: Node[];
  touches: boolean;
  /** It or something it calls touches what the rules speak of. */
  relevant: boolean;
  /** Members of its component, sorted, if there are several. */
  group: string;
  // Tarjan's numbers.
  index: number;
  low: number;
  onStack: boolean;
}

export class CallGraph {
  private readonly nodes = new Map<string, Node>();
  /** Functions that were asked about and do not exist. */
  private readonly absent = new Set<string>();
  /** Functions that call, or once called, a name. */
  private readonly callersOf = new Map<string, Set<string>>();
  private dirty = new Set<string>();
  private stale = false;

  constructor(private readonly input: GraphInput) {}

  /** Can the function's analysis matter: does it or something it calls touch what the rules speak of? */
  isRelevant(key: string): boolean {
    return this.ask(key)?.relevant ?? false;
  }

  /** The same, if it is known by now. */
  isKnownRelevant(key: string): boolean {
    return this.nodes.get(key)?.relevant ?? false;
  }

  /** Names the circle of calls the function is part of; empty if it is in none. */
  circle(key: string): string {
    return this.ask(key)?.group ?? "";
  }

  /** Takes note of a change; `update` brings the graph up to date. */
  note(changes: Changes): void {
    if (changes.files) this.stale = true;
    for (const key of changes.functions) this.dirty.add(key);
    for (const name of changes.definitions) for (const key of this.callersOf.get(name) ?? []) this.dirty.add(key);
    // A slot that rules ask about makes a function relevant.
    for (const name of changes.uses) for (const key of this.callersOf.get(`=${name}`) ?? []) this.dirty.add(key);
  }

  /** Brings the graph up to date; true if any answer may differ now. */
  update(): boolean {
    if (!this.stale && this.dirty.size === 0) return false;
    let changed = this.stale;
    if (this.stale) {
      this.nodes.clear();
      this.absent.clear();
      this.callersOf.clear();
    } else {
      for (const key of this.dirty) {
        const ref = this.input.find(key);
        const node = this.nodes.get(key);
        if (!ref) changed = this.nodes.delete(key) || changed;
        else if (node) changed = this.look(node, ref) || changed;
        else changed = this.absent.delete(key) || changed;
      }
    }
    this.stale = false;
    this.dirty = new Set();
    if (changed) this.settle([...this.nodes.values()]);
    return changed;
  }

  private ask(key: string): Node | undefined {
    const there = this.nodes.get(key);
    if (there) return there;
    const ref = this.input.find(key);
    if (!ref) {
      this.absent.add(key);
      return undefined;
    }
    const added: Node[] = [];
    const node = this.nodeOf(ref, added);
    this.settle(added);
    return node;
  }

  /** The node of a function; it and all it reaches are added if new. */
  private nodeOf(ref: FunctionRef, added: Node[]): Node {
    const key = refKey(ref);
    const there = this.nodes.get(key);
    if (there) return there;
    const queue: { node: Node; ref: FunctionRef }[] = [];
    const make = (r: FunctionRef): Node => {
      const node: Node = {
        key: refKey(r),
        name: r.item.name,
        callees: [],
        touches: false,
        relevant: false,
        group: "",
        index: -1,
        low: -1,
        onStack: false,
      };
      this.nodes.set(node.key, node);
      this.remember(`=${node.name}`, node.key);
      queue.push({ node, ref: r });
      added.push(node);
      return node;
    };
    const first = make(ref);
    for (let one = queue.pop(); one; one = queue.pop()) {
      one.node.touches = this.input.isRelevant(one.ref);
      one.node.callees = this.calleesOf(one.ref, (r) => this.nodes.get(refKey(r)) ?? make(r));
    }
    return first;
  }

  private remember(name: string, key: string): void {
    const there = this.callersOf.get(name);
    if (there) there.add(key);
    else this.callersOf.set(name, new Set([key]));
  }

  private calleesOf(ref: FunctionRef, nodeOf: (r: FunctionRef) => Node): Node[] {
    const key = refKey(ref);
    const out: Node[] = [];
    for (const name of ref.item.calls) {
      this.remember(name, key);
      if (this.input.isPrimitive(name)) continue;
      const target = this.input.resolve(ref.file, name);
      if (target) out.push(nodeOf(target));
    }
    return out;
  }

  /** Looks at a function again; did its place in the graph change? */
  private look(node: Node, ref: FunctionRef): boolean {
    const touches = this.input.isRelevant(ref);
    const callees = this.calleesOf(ref, (r) => this.nodeOf(r, []));
    const same =
      touches === node.touches &&
      callees.length === node.callees.length &&
      callees.every((c, i) => c === node.callees[i]);
    node.touches = touches;
    node.callees = callees;
    return !same;
  }

  /**
   * Components by Tarjan's algorithm (SIAM J. Comput. 1972), iteratively, and with them what is relevant: a component is
   * found after all that it calls. Whatever the nodes call is either one of them or settled.
   */
  private settle(nodes: readonly Node[]): void {
    for (const n of nodes) n.index = -1;
    let counter = 0;
    const stack: Node[] = [];
    const enter = (n: Node): { node: Node; next: number } => {
      n.index = counter;
      n.low = counter++;
      n.onStack = true;
      stack.push(n);
      return { node: n, next: 0 };
    };
    for (const root of nodes) {
      if (root.index >= 0) continue;
      const work = [enter(root)];
      for (let top = work[0]; top; top = work[work.length - 1]) {
        const n = top.node;
        const succ = n.callees[top.next++];
        if (succ) {
          if (succ.index < 0) work.push(enter(succ));
          else if (succ.onStack) n.low = Math.min(n.low, succ.index);
          continue;
        }
        work.pop();
        const parent = work[work.length - 1]?.node;
        if (parent) parent.low = Math.min(parent.low, n.low);
        if (n.low === n.index) closeComponent(stack.splice(stack.lastIndexOf(n)));
      }
    }
  }
}

function closeComponent(members: Node[]): void {
  const group =
    members.length === 1
      ? ""
      : members
          .map((m) => m.key)
          .sort()
          .join("\n");
  const inside = new Set(members);
  const relevant = members.some((m) => m.touches || m.callees.some((c) => !inside.has(c) && c.relevant));
  for (const m of members) {
    m.onStack = false;
    m.group = group;
    m.relevant = relevant;
  }
}
