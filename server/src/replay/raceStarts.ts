/** How the state that two racing functions share may begin. */
import { cellRefs, type Model, type Ref } from "../explore/model";
import type { Sharing } from "./sharing";
import { sourcesOf } from "./sources";

export const ENTRY = "the page-table entry";
/** Page 1, present and writable. */
const MAPPED = 19;

/** Fields of which each initial value is tried; two values each. */
const MAX_OPEN = 5;

/** One way in which the shared state may begin. */
export interface Start {
  cells: { cell: number; value: number }[];
  words: string[];
}

/** What shared state may hold at first: pointers an object or NULL, counters as many as are given back, flags 0 or 1. */
export function startsOf(sharing: Sharing, threads: Model["threads"], pte: Ref | undefined): Start[] {
  const tested = new Set(
    threads.flatMap(({ ops }) => {
      const sources = sourcesOf(ops);
      return ops.flatMap((op) => (op.k === "branch" && op.assume === undefined ? sources(op.cond) : []));
    }),
  );
  const open: { path: string; cell: number; values: { value: number; word: string }[] }[] = [];
  const fixed: Start = { cells: [], words: [] };
  for (const [path, ref] of sharing.shared) {
    const use = sharing.learnt.uses.get(path)!;
    const pointee = sharing.pointee(path);
    const cell = ref.base;
    const counted = use.puts.size + use.gets.size > 0;
    if (counted) {
      const owed = [...use.puts].filter((t) => !use.gets.has(t)).length;
      fixed.cells.push({ cell, value: Math.max(1, owed) });
      fixed.words.push(`${path} is ${Math.max(1, owed)}`);
    } else if (pointee !== undefined) {
      const values = [
        { value: pointee, word: `${path} points to an object` },
        { value: 0, word: `${path} is NULL` },
      ];
      open.push({ path, cell, values });
    } else if (tested.has(cell)) {
      open.push({ path, cell, values: [0, 1].map((value) => ({ value, word: `${path} is ${value}` })) });
    } else fixed.words.push(`${path} is 0`);
  }
  if (pte && threads.every(({ ops }) => ops.some((op) => cellRefs(op).some((r) => r.base === pte.base))))
    open.push({
      path: ENTRY,
      cell: pte.base,
      values: [
        { value: MAPPED, word: `${ENTRY} is mapped` },
        { value: 0, word: `${ENTRY} is empty` },
      ],
    });
  let starts: Start[] = [fixed];
  open.forEach(({ cell, values }, n) => {
    // Beyond the limit only the first value is looked at, and said so.
    const tried = n < MAX_OPEN ? values : values.slice(0, 1);
    starts = tried.flatMap(({ value, word }) =>
      starts.map((s) => ({ cells: [...s.cells, { cell, value }], words: [...s.words, word] })),
    );
  });
  return starts;
}
