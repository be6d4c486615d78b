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

  describe("when a change is undone", () => {
    // An input that is read through a query is compared; one that is read directly counts as changed whenever touched.
    let texted: Query<string>;
    let shout: Query<string>;
    let both: Query<string>;

    const read = (name: string): string => {
      db.read(name);
      return texts.get(name) ?? "";
    };

    beforeEach(() => {
      texted = new Query(db, read, same, "");
      shout = new Query(db, (name) => texted.get(name).toUpperCase(), same, "");
      both = new Query(db, () => `${shout.get("a")}, ${shout.get("b")}`, same, "");
    });

    it("give what was known before", () => {
      expect(both.get("")).toBe("ONE, THREE");
      change("a", "two");
      expect(both.get("")).toBe("TWO, THREE");
      change("a", "one");
      expect(both.get("")).toBe("ONE, THREE");
      expect([both.computations, shout.computations]).toEqual([2, 3]);
      change("a", "two");
      expect(both.get("")).toBe("TWO, THREE");
      expect([both.computations, shout.computations]).toEqual([2, 3]);
    });

    it("compute what rests on another change too", () => {
      both.get("");
      change("a", "two");
      both.get("");
      change("a", "one");
      change("b", "four");
      expect(both.get("")).toBe("ONE, FOUR");
      change("b", "three");
      expect(both.get("")).toBe("ONE, THREE");
      change("a", "two");
      expect(both.get("")).toBe("TWO, THREE");
    });

    it("are right although nobody asked in between", () => {
      both.get("");
      change("a", "two");
      shout.get("a");
      change("a", "three");
      shout.get("a");
      expect(both.get("")).toBe("THREE, THREE");
      change("a", "one");
      expect(both.get("")).toBe("ONE, THREE");
      change("a", "two");
      change("b", "two");
      expect(both.get("")).toBe("TWO, TWO");
    });

    it("equal what a fresh computation gives, whatever the order of changes and questions", () => {
      let seed = 7;
      const random = (n: number): number => {
        seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
        return (seed >>> 8) % n;
      };
      for (let step = 0; step < 3000; step++) {
        const name = "ab"[random(2)] as string;
        const what = random(4);
        if (what < 2) change(name, ["one", "two", "three"][random(3)] as string);
        else if (what === 2) expect(shout.get(name)).toBe((texts.get(name) as string).toUpperCase());
        else expect(both.get("")).toBe(`${texts.get("a")}, ${texts.get("b")}`.toUpperCase());
      }
      expect(both.computations).toBeLessThan(700);
    });
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
