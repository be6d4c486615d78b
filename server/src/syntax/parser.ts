/** The wasm backend: the only user of web-tree-sitter. */
import { Language, Parser, type Tree } from "web-tree-sitter";
import { type Heap, HeapReader } from "./parserHeap";
import { type CParser, FlatTree, flatten } from "./parserTree";

export type { CParser } from "./parserTree";

export interface WasmFiles {
  /** The tree-sitter runtime: bytes, or its path or URL. Default: beside the script. */
  runtime?: Uint8Array | string;
  /** The compiled C grammar. */
  grammar: Uint8Array | string;
}

/** The runtime module; one per process, as web-tree-sitter keeps one. */
const runtime: Record<string, unknown> = {};

export async function createParser(wasm: WasmFiles): Promise<CParser> {
  if (wasm.runtime instanceof Uint8Array) {
    runtime.wasmBinary = wasm.runtime;
    // Nothing is to be looked up beside the script: in a worker there is no such place.
    runtime.locateFile = (name: string) => name;
  }
  if (typeof wasm.runtime === "string") runtime.locateFile = () => wasm.runtime;
  await Parser.init(runtime as Parameters<typeof Parser.init>[0]);
  const language = await Language.load(wasm.grammar);
  const parser = new Parser();
  parser.setLanguage(language);
  return new WasmParser(parser, heapReader(parser, language));
}

class WasmParser implements CParser {
  readonly backend = "wasm";
  private readonly out = new FlatTree();

  constructor(
    private readonly parser: Parser,
    private readonly reader: HeapReader | null,
  ) {}

  parse(text: string): FlatTree {
    const tree = this.parser.parse(text);
    if (!tree) {
      this.parser.reset();
      throw new Error("the parser returned no tree");
    }
    try {
      return this.reader ? this.reader.read(addressOf(tree), this.out) : flatten(tree.walk(), this.out);
    } finally {
      tree.delete();
    }
  }

  delete(): void {
    this.parser.delete();
  }
}

function addressOf(object: object): number {
  return (object as { 0: number })[0];
}

/** Aliases, hidden nodes, extras, long tokens, an error and a missing token. */
const SAMPLE = `{
  struct  foo *p = &(struct foo){ .bar.baz = 1, [2] = 3 }; /* comment */
  if (p->x && (long)y) { goto out; } else for (int i = 0; i < 10; i++) call(i, "text", 'c');
#if 1
  switch (x) { case 1: break; default: return; }
#else
  a_rather_long_identifier_that_does_not_fit_into_a_small_node_because_of_its_length_${"x".repeat(300)} += b ? c : d;
#endif
  e = ( ; f(
}`;

/** The fast reader if it agrees with the cursor on the sample, else null. */
function heapReader(parser: Parser, language: Language): HeapReader | null {
  const heap = runtime as unknown as Heap;
  if (!heap.HEAPU8 || !heap.HEAPU16 || !heap.HEAPU32) return null;
  let tree: Tree | null = null;
  try {
    tree = parser.parse(SAMPLE);
    if (!tree) return null;
    const reader = new HeapReader(heap, addressOf(language), language.types);
    return sameTree(reader.read(addressOf(tree), new FlatTree()), flatten(tree.walk(), new FlatTree())) ? reader : null;
  } catch {
    return null;
  } finally {
    tree?.delete();
  }
}

export function sameTree(a: FlatTree, b: FlatTree): boolean {
  if (a.count !== b.count || JSON.stringify(a.errors) !== JSON.stringify(b.errors)) return false;
  for (let i = 0; i < a.count; i++) {
    if (a.kind[i] !== b.kind[i] || a.start[i] !== b.start[i] || a.end[i] !== b.end[i] || a.next[i] !== b.next[i])
      return false;
  }
  return true;
}
