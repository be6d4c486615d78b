import { describe, expect, it } from "vitest";
import type { Finding } from "../protocol/finding";
import { beyond, countFingerprints, parseBaseline } from "./baseline";

const finding = (fingerprint: string, line: number) => ({ fingerprint, line }) as Finding;

describe("baseline", () => {
  it("counts equal fingerprints and keeps the later ones", () => {
    const known = countFingerprints([finding("a", 1), finding("b", 2)]);
    expect(beyond([finding("a", 1), finding("a", 5), finding("c", 9)], known).map(({ line }) => line)).toEqual([5, 9]);
  });

  it("prefers the ones it is told to", () => {
    const list = [finding("a", 1), finding("a", 5)];
    expect(beyond(list, new Map([["a", 1]]), ({ line }) => line === 1)).toEqual([list[0]]);
  });

  it.each(["", "{}", '{"findings": [{}]}', "[]", "null"])("refuses %j", (text) => {
    expect(() => parseBaseline(text)).toThrow("not a baseline");
  });
});
