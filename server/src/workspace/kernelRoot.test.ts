/** The tree that a file belongs to. */
import { expect, it } from "vitest";
import { findKernelRoot } from "./kernelRoot";

const files = new Set([
  "/k/Kbuild",
  "/k/mm/memory.c",
  "/k/arch/arm/Kbuild",
  "/k/arch/arm/mm/fault.c",
  "/arch/arm/Kbuild",
  "/arch/arm/mm/a.c",
]);
const host = {
  kindOf: (path: string) =>
    files.has(path)
      ? ("file" as const)
      : [...files].some((f) => f.startsWith(`${path}/`))
        ? ("folder" as const)
        : undefined,
};

it("is the nearest folder above with Kbuild and mm/", () => {
  expect(findKernelRoot(host, "/k/mm/memory.c")).toBe("/k");
  expect(findKernelRoot(host, "/k/mm")).toBe("/k");
  expect(findKernelRoot(host, "/k")).toBe("/k");
  expect(findKernelRoot(host, "/elsewhere/a.c")).toBeUndefined();
});

it("is not an architecture's folder, which looks like one", () => {
  expect(findKernelRoot(host, "/k/arch/arm/mm/fault.c")).toBe("/k");
  expect(findKernelRoot(host, "/k/arch/arm")).toBe("/k");
});

it("is an architecture's folder where there is no more than that", () => {
  expect(findKernelRoot(host, "/arch/arm/mm/a.c")).toBe("/arch/arm");
});
