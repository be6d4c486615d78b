/** Where harmless changes go: functions that deal with locks, statements that may get company. */
import type { Fn } from "../functions";
import type { Context } from "../model";
import { lockSites } from "../sites";
import { previousSibling, type Stmt } from "../statements";

/** Does the function lock or unlock anything of the families? */
export function relevant(fn: Fn, cx: Context): boolean {
  return lockSites(fn, cx, cx.data.families).length > 0;
}

/** A declaration may stand in front of this statement. */
export function canDeclare(stmt: Stmt): boolean {
  return stmt.parent?.list !== undefined && previousSibling(stmt)?.kind !== "label";
}
