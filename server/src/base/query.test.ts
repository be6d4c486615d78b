import { beforeEach, describe, expect, it } from "vitest";
import { Query, QueryDb } from "./query";

const same = (a: unknown, b: unknown): boolean => a === b;

describe("queries", () => {
  let db: QueryDb;
  let texts: Map<string, string>;
  let lengths: Query<number>;
  let total: Query<number>;

  const change = (name: string, text: string): void => {
    texts.set(name, text);
    db.touch(name);
  };

  beforeEach(() => {
    db = new QueryDb();
    texts = new Map([
      ["a", "one"],
      ["b", "three"],
    ]);
    lengths = new Query(
      db,
      (name) => {
        db.read(name);
        return texts.get(name)?.length ?? 0;
      },
      same,
      0,
    );
    total = new Query(db, (names) => names.split("+").reduce((sum, n) => sum + lengths.get(n), 0), same, 0);
  });

  it("are computed once while nothing changes", () => {
    expect([total.get("a+b"), total.get("a+b"), lengths.get("a")]).toEqual([8, 8, 3]);
    expect([total.computations, lengths.computations]).toEqual([1, 2]);
  });

  it("are computed again when something they read changes, and only those", () => {
    total.get("a+b");
    total.get("b");
    change("a", "eleven");
    expect([total.get("a+b"), total.get("b")]).toEqual([11, 5]);
    expect([total.computations, lengths.computations]).toEqual([3, 3]);
  });

  it("stop at a result that is as before", () => {
    total.get("a+b");
    change("a", "two");
    expect(total.get("a+b")).toBe(8);
    expect([total.computations, lengths.computations]).toEqual([1, 3]);
  });

  it("do not depend on inputs that nothing read", () => {
    total.get("a");
    const { revision } = db;
    change("b", "four");
    expect(db.revision).toBe(revision);
    expect(total.get("b")).toBe(4);
  });

  it("forget what an earlier computation read", () => {
    const either = new Query(
      db,
      () => {
        db.read("which");
        return lengths.get(texts.get("which") ?? "a");
      },
      same,
      0,
    );
    expect(either.get("")).toBe(3);
    change("which", "b");
    expect(either.get("")).toBe(5);
    change("a", "of no account");
    expect(either.get("")).toBe(5);
    expect(either.computations).toBe(2);
  });

  it("give the stated value to a computation that asks for itself", () => {
    const loop: Query<number> = new Query(db, (key) => loop.get(key) + 1, same, 10);
    expect(loop.get("x")).toBe(11);
  });

  it("see nothing of what is asked on the side", () => {
    const aside = new Query(db, () => db.detached(() => lengths.get("a")), same, 0);
    expect(aside.get("")).toBe(3);
    change("a", "eleven");
    expect([aside.get(""), lengths.get("a")]).toEqual([3, 6]);
  });

  it("survive a computation that throws", () => {
    let fails = true;
    const risky = new Query(
      db,
      () => {
        if (fails) throw new Error("not now");
        return lengths.get("b");
      },
      same,
      0,
    );
    expect(() => risky.get("")).toThrow("not now");
    fails = false;
    expect(risky.get("")).toBe(5);
    change("b", "six");
    expect(risky.get("")).toBe(3);
  });
});
