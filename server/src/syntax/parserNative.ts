/**
 * The native backend, for batch runs on Node. The host loads the two optional packages and passes
 * them in; the core depends on neither.
 */
import { type CParser, type CursorLike, FlatTree, flatten } from "./parserTree";

export interface NativeParser {
  setLanguage(language: unknown): void;
  parse(text: string, oldTree?: unknown, options?: { bufferSize?: number }): { walk(): unknown };
}

/** Properties of the native cursor; `currentNode` says what it has no own property for. */
interface NativeCursor {
  readonly nodeType: string;
  readonly nodeIsNamed: boolean;
  readonly nodeIsMissing?: boolean;
  readonly currentNode: { isMissing: boolean };
  readonly startIndex: number;
  readonly endIndex: number;
  gotoFirstChild(): boolean;
  gotoNextSibling(): boolean;
  gotoParent(): boolean;
}

export function createNativeParser(Parser: new () => NativeParser, language: unknown): CParser {
  const parser = new Parser();
  parser.setLanguage(language);
  const out = new FlatTree();
  return {
    backend: "native",
    parse(text) {
      // The default buffer refuses texts of 32 KB and more.
      const tree = parser.parse(text, undefined, { bufferSize: Math.max(32768, 4 * text.length) });
      return flatten(adapt(tree.walk() as NativeCursor), out);
    },
    delete() {},
  };
}

function adapt(cursor: NativeCursor): CursorLike {
  if (cursor.nodeIsMissing !== undefined) return cursor as unknown as CursorLike;
  return {
    get nodeType() {
      return cursor.nodeType;
    },
    get nodeIsNamed() {
      return cursor.nodeIsNamed;
    },
    // A missing token is empty; only then is the node object worth its price.
    get nodeIsMissing() {
      return cursor.startIndex === cursor.endIndex && cursor.currentNode.isMissing;
    },
    get startIndex() {
      return cursor.startIndex;
    },
    get endIndex() {
      return cursor.endIndex;
    },
    gotoFirstChild: () => cursor.gotoFirstChild(),
    gotoNextSibling: () => cursor.gotoNextSibling(),
    gotoParent: () => cursor.gotoParent(),
  };
}
