/** The harmless operators by id. */
import type { Operator } from "../model";
import { doubleParens, invertIf, nullCompare, splitAnd } from "./conditions";
import { gotoToReturn, returnToGoto } from "./flow";
import { wrapInGuard } from "./guards";
import { extractHelper, inlineHelper } from "./helpers";
import { aliasObject, renameLocals } from "./names";
import { addComment, addIfdef } from "./texts";

export const harmlessOperators: Record<string, Operator> = {
  "rename-locals": renameLocals,
  "alias-object": aliasObject,
  "split-and": splitAnd,
  "invert-if": invertIf,
  "null-compare": nullCompare,
  "double-parens": doubleParens,
  "goto-to-return": gotoToReturn,
  "return-to-goto": returnToGoto,
  "extract-helper": extractHelper,
  "inline-helper": inlineHelper,
  "wrap-in-guard": wrapInGuard,
  "add-ifdef": addIfdef,
  "add-comment": addComment,
};
