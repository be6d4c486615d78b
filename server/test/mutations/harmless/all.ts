import type { Operator } from "../model";
export const harmlessOperators: Record<string, Operator> = {};
