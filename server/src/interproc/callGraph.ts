/**
 * Call graph of one folder (and the inline functions it reaches) with its strongly connected
 * components. It follows edits: only functions whose calls may mean another thing are looked at again.
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
  /** The folder's functions. */
  roots(): FunctionRef[];
  /** Does the file lie in the folder? */
  isRoot(file: string): boolean;
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
  /** Functions that call, or once called, a name. */
  private readonly callersOf = new Map<string, Set<string>>();
  private dirty = new Set<string>();
  private stale = true;

  constructor(private readonly input: GraphInput) {}

  /** Can the function's analysis matter: does it or something it calls touch what the rules speak of? */
  isRelevant(key: string): boolean {
    return this.nodes.get(key)?.relevant ?? false;
  }

  /** Names the circle of calls the function is part of; empty if it is in none. */
  circle(key: string): string {
    return this.nodes.get(key)?.group ?? "";
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
      this.callersOf.clear();
      for (const ref of this.input.roots()) this.nodeOf(ref);
    } else {
      for (const key of this.dirty) {
        const ref = this.input.find(key);
        const node = this.nodes.get(key);
        if (!ref) changed = this.nodes.delete(key) || changed;
        else if (node) changed = this.look(node, ref) || changed;
        else if (this.input.isRoot(ref.file)) {
          this.nodeOf(ref);
          changed = true;
        }
      }
    }
    this.stale = false;
    this.dirty = new Set();
    if (!changed) return false;
    this.findComponents();
    this.findRelevance();
    return true;
  }

  /** The node of a function; it and all it reaches are added if new. */
  private nodeOf(ref: FunctionRef): Node {
    const key = refKey(ref);
    const there = this.nodes.get(key);
    if (there) return there;
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
      return node;
    };
    const queue: { node: Node; ref: FunctionRef }[] = [];
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
    const callees = this.calleesOf(ref, (r) => this.nodeOf(r));
    const same =
      touches === node.touches &&
      callees.length === node.callees.length &&
      callees.every((c, i) => c === node.callees[i]);
    node.touches = touches;
    node.callees = callees;
    return !same;
  }

  /** Components by Tarjan's algorithm (SIAM J. Comput. 1972), iteratively. */
  private findComponents(): void {
    for (const n of this.nodes.values()) {
      n.index = -1;
      n.onStack = false;
      n.group = "";
    }
    let counter = 0;
    const stack: Node[] = [];
    const enter = (n: Node): { node: Node; next: number } => {
      n.index = counter;
      n.low = counter++;
      n.onStack = true;
      stack.push(n);
      return { node: n, next: 0 };
    };
    for (const root of this.nodes.values()) {
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
        if (n.low !== n.index) continue;
        const members = stack.splice(stack.lastIndexOf(n));
        for (const m of members) m.onStack = false;
        if (members.length === 1) continue;
        const group = members
          .map((m) => m.key)
          .sort()
          .join("\n");
        for (const m of members) m.group = group;
      }
    }
  }

  private findRelevance(): void {
    const callers = new Map<Node, Node[]>();
    const queue: Node[] = [];
    for (const n of this.nodes.values()) {
      n.relevant = n.touches;
      if (n.touches) queue.push(n);
      for (const c of n.callees) {
        const list = callers.get(c);
        if (list) list.push(n);
        else callers.set(c, [n]);
      }
    }
    for (let n = queue.pop(); n; n = queue.pop()) {
      for (const c of callers.get(n) ?? []) {
        if (c.relevant) continue;
        c.relevant = true;
        queue.push(c);
      }
    }
  }
}
