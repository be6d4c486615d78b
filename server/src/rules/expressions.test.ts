import { describe, expect, it } from "vitest";
import { parseApplies, parseCond, parsePath } from "./expressions";

describe("parsePath", () => {
  it.each([
    ["arg0", { root: { k: "arg", index: 0 }, fields: [], deref: false, address: false, folio: false }],
    ["*arg3", { root: { k: "arg", index: 3 }, fields: [], deref: true, address: false, folio: false }],
    [
      "$->vm_mm",
      { root: { k: "self" }, fields: [{ name: "vm_mm", arrow: true }], deref: false, address: false, folio: false },
    ],
    [
      "arg0.mm",
      {
        root: { k: "arg", index: 0 },
        fields: [{ name: "mm", arrow: false }],
        deref: false,
        address: false,
        folio: false,
      },
    ],
    [
      "global:hugetlb_lock",
      { root: { k: "global", name: "hugetlb_lock" }, fields: [], deref: false, address: false, folio: false },
    ],
    ["folio(arg0)", { root: { k: "arg", index: 0 }, fields: [], deref: false, address: false, folio: true }],
    [
      "current->mm",
      { root: { k: "current" }, fields: [{ name: "mm", arrow: true }], deref: false, address: false, folio: false },
    ],
    [
      "&arg0->lock",
      {
        root: { k: "arg", index: 0 },
        fields: [{ name: "lock", arrow: true }],
        deref: false,
        address: true,
        folio: false,
      },
    ],
  ])("reads %s", (text, path) => {
    expect(parsePath(text)).toEqual(path);
  });

  it.each([
    "",
    "arg",
    "argx",
    "arg12",
    "vma",
    "arg0->",
    "arg0-vm_mm",
    "arg0->1x",
    "cpu->x",
    "*cpu",
    "folio(",
    "returns",
    "**arg0",
  ])("rejects %j", (text) => {
    expect(() => parsePath(text)).toThrow(/bad path/);
  });
});

describe("parseCond", () => {
  it("reads clauses", () => {
    const clauses = parseCond(
      "ret & VM_FAULT_RETRY|VM_FAULT_COMPLETED && arg2 !& FAULT_FLAG_VMA_LOCK && *arg5 == 0 && ret not-err",
    );
    expect(clauses.map((c) => [c.op, c.flags])).toEqual([
      ["&", ["VM_FAULT_RETRY", "VM_FAULT_COMPLETED"]],
      ["!&", ["FAULT_FLAG_VMA_LOCK"]],
      ["==", []],
      ["not-err", []],
    ]);
  });

  it.each([
    "",
    "ret",
    "ret == 2",
    "ret = 0",
    "ret & lower",
    "ret & A|",
    "ret == 0 &&",
    "ret == 0 || ret < 0",
    "x == 0",
  ])("rejects %j", (text) => {
    expect(() => parseCond(text)).toThrow(/bad (condition|path)/);
  });
});

describe("parseApplies", () => {
  it("reads presence and absence", () => {
    expect(parseApplies("+vma_start_write")).toEqual({ symbol: "vma_start_write", present: true });
    expect(parseApplies("-pte_unmap")).toEqual({ symbol: "pte_unmap", present: false });
    expect(() => parseApplies("6.4")).toThrow(/\+symbol/);
  });
});
