/**
 * A scenario's fixture and its racing threads, compiled by gcc as the C they are. Beside them stand shim.h, primitives.c and
 * scheduler.c; what is written here is names only: which cells, locks and sections there are, and who is called with what.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import type { Built } from "../../src/replay/build";
import type { ReplayInput } from "../../src/replay/replay";
import { scanFile } from "../../src/syntax/scan";

const here = path.dirname(fileURLToPath(import.meta.url));

/** Why the oracle cannot run, or null. */
export function gccMissing(): string | null {
  if (process.env.LOCKSTEP_GCC_MISSING) return process.env.LOCKSTEP_GCC_MISSING;
  const found = spawnSync("gcc", ["--version"], { stdio: "ignore" });
  return found.error === undefined && found.status === 0 ? null : "gcc is not installed";
}

/** One run: what the threads did, in order, and the cells at the end. */
export interface GccRun {
  events: string[];
  final: Map<string, number>;
}

/** Compiles and runs `count` random schedules. Throws with the compiler's words. */
export function runGcc(given: ReplayInput, built: Built, fixture: string, seed: number, count: number): GccRun[] {
  // As the tree has its primitives.
  const input = { ...given, scenario: built.world.scenario };
  const folder = mkdtempSync(path.join(tmpdir(), "lockstep-gcc-"));
  const file = (name: string, text: string): void => writeFileSync(path.join(folder, name), text);
  try {
    for (const name of ["shim.h", "primitives.c", "scheduler.c"])
      file(name, readFileSync(path.join(here, name), "utf8"));
    file("fixture.c", fixture.replaceAll(/^#include <linux\/.*>$/gm, ""));
    file("glue.h", glueOf(input, built));
    file("cells.c", cellsOf(input, built));
    file("racers.c", racersOf(input, built));
    file("user.c", userOf(input, built, fixture));
    const gcc = (...args: string[]): void => {
      const done = spawnSync("gcc", args, { cwd: folder, encoding: "utf8" });
      if (done.status !== 0) throw new Error(`gcc ${args.join(" ")}:\n${done.stderr}`);
    };
    const defines = [`-DSCN_${cName(input.scenario.id)}`, ...constants(input, ["PAGE_SIZE"])];
    const hooked = ["user.c", "racers.c", "primitives.c"];
    gcc("-c", "-O0", "-w", "-fsanitize=thread", "-fno-builtin", ...defines, ...hooked);
    gcc("-O0", "-w", "-o", "race", "scheduler.c", "cells.c", ...hooked.map((f) => f.replace(/c$/, "o")));
    const out = execFileSync(path.join(folder, "race"), [String(seed), String(count)], {
      encoding: "utf8",
      maxBuffer: 1 << 28,
    });
    return parseRuns(out);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function parseRuns(out: string): GccRun[] {
  const runs: GccRun[] = [];
  let events: string[] = [];
  for (const line of out.split("\n")) {
    if (!line.startsWith("final")) {
      if (line !== "") events.push(line);
      continue;
    }
    const cells = [...line.matchAll(/ (\S+)=(-?\d+)/g)].map((m) => [m[1]!, Number(m[2])] as const);
    runs.push({ events, final: new Map(cells) });
    events = [];
  }
  return runs;
}

const cName = (id: string): string => id.replace(/\W/g, "_");

/** The C lvalue of each cell of the scenario: a global, or the field that it stands for. */
function placesOf({ scenario }: ReplayInput): { name: string; field: string | null; init: number[]; stored: number }[] {
  const fields = new Map([...scenario.fields].flatMap(([f, to]) => (typeof to === "string" ? [[to, f] as const] : [])));
  return scenario.cells.map(({ name, init }) => {
    const field = fields.get(name);
    const place = field?.startsWith("vm_area_struct.") ? `the_vma.${field.slice("vm_area_struct.".length)}` : null;
    return { name, init, field: place, stored: scenario.stored.get(field ?? "") ?? 0 };
  });
}

function constants({ scenario, set }: ReplayInput, only?: string[]): string[] {
  return [...new Map([...set.primitives.constants, ...scenario.constants])].flatMap(([name, v]) =>
    only ? (only.includes(name) ? [`-D${name}=${v}`] : []) : [`#ifndef ${name}\n#define ${name} ${v}\n#endif`],
  );
}

const LOCKS = ["mmap_lock", "vma_lock", "i_mmap_rwsem", "anon_vma", "ptl", "folio_lock", "device_lock"];
const SECTIONS = ["rcu", "irq"];

function glueOf(input: ReplayInput, built: Built): string {
  const { scenario, profile } = input;
  const at = (list: readonly { name: string }[], name: string): number => list.findIndex((x) => x.name === name);
  const own = built.model.locks.findIndex((l) => !scenario.locks.has(l.name));
  const locks = [...new Set([...LOCKS, ...scenario.locks.keys()])];
  const sections = [...new Set([...SECTIONS, ...scenario.sections.map((s) => s.name)])];
  return [
    "#pragma once",
    "extern struct vm_area_struct the_vma;",
    ...placesOf(input).flatMap(({ name, field, init }) => [
      `#define HAS_${name}`,
      field === null
        ? `extern int ${name}${init.length > 1 || scenario.roles.some((r) => r.deref === name && name === "pte") || isArray(scenario.code, name) ? `[${init.length}]` : ""};`
        : `#ifndef CELLS_ONLY\n#define ${name} (*(int *)&${field})\n#endif`,
    ]),
    ...locks.map((name) => `#define LK_${name} ${at(built.model.locks, name)}`),
    `#define LK_own ${own}`,
    ...sections.map((name) => `#define SE_${name} ${at(scenario.sections, name)}`),
    // Sections of the fixture's own that nobody waits for and in which sleeping is no harm are none of the model.
    `#define SE_user_irq ${/lk_settle\(irq\)/.test(scenario.code + scenario.models) || scenario.sleeps ? "SE_irq" : -1}`,
    ...["no_sync", "flush_ipi", "sync_ipi", "any"].map(
      (p) => `#define PROFILE_${p} ${Number(p === (profile ?? "").replaceAll("-", "_"))}`,
    ),
    ...constants(input),
    "#define M_read 0\n#define M_write 1",
    "#define lk_acquire(l, m) sh_lock(LK_##l, M_##m)",
    "#define lk_try(l, m) sh_try(LK_##l, M_##m)",
    "#define lk_release(l) sh_unlock(LK_##l)",
    "#define lk_downgrade(l) sh_downgrade(LK_##l)",
    ...["enter", "leave", "snapshot", "settle"].map((w) => `#define lk_${w}(s) sh_${w}(SE_##s)`),
    "#define lk_add(c, n) sh_add(&(c), n)\n#define lk_xchg(c, n) sh_xchg(&(c), n)\n#define lk_and(c, n) sh_and(&(c), n)",
    `#define FORM_vma_refcount ${Number(scenario.cells.some((c) => c.name === "vma_refs"))}`,
    "#define lk_form(f) FORM_##f\n#define lk_thread() sh_thread()",
    "#define lk_get(c, n) sh_add_nonzero(&(c), n)\n#define lk_free(c) sh_free(&(c))\n#define lk_touch(c) ((void)0)",
    "#define lk_choose(a, b) sh_choose(a, b)\n#define lk_profile(p) PROFILE_##p",
    "#define lk_await(c) ({ for (;;) { sh_await_try(); if (sh_await_done(!!(c))) break; } sh_await_value(); })",
    "#define lk_subject() ({ long none[16] = { 0 }; user_call(none); })",
    "#define lk_hold_own() sh_lock(LK_own, 1)\n#define lk_drop_own() sh_unlock(LK_own)",
    "#define lk_has_slot(s, f) HAS_SLOT\n#define lk_slot(s, f, ...) user_slot()",
    "long user_call(long *values);\nlong user_slot(void);\nextern const int HAS_SLOT;\n",
  ].join("\n");
}

/** `refs[0]`, also where there is one only. */
function isArray(code: string, name: string): boolean {
  return new RegExp(`\\b${name}\\[`).test(code) || ["refs", "pins", "pte"].includes(name);
}

function cellsOf(input: ReplayInput, built: Built): string {
  const cells = placesOf(input).flatMap(({ name, field, init, stored }) =>
    init.map((value, i) => ({
      shown: init.length > 1 ? `${name}[${i}]` : name,
      place: field ?? (isArray(input.scenario.code, name) || init.length > 1 ? `${name}[${i}]` : name),
      value,
      stored,
    })),
  );
  const list = (names: readonly string[]): string => [...names, ""].map((n) => `"${n}"`).join(", ");
  return [
    '#define CELLS_ONLY\n#include "shim.h"\n#include "glue.h"',
    ...placesOf(input).map(({ name, field, init }) =>
      field === null
        ? `int ${name}${isArray(input.scenario.code, name) || init.length > 1 ? `[${init.length}]` : ""};`
        : "",
    ),
    "struct vm_area_struct the_vma;",
    `int *const cell_at[] = { ${cells.map((c) => `(int *)&${c.place}`).join(", ")} };`,
    `const int cell_stored[] = { ${cells.map((c) => c.stored).join(", ")} };`,
    `const char *const cell_names[] = { ${list(cells.map((c) => c.shown))} };`,
    `const char *const lock_names[] = { ${list(built.model.locks.map((l) => l.name))} };`,
    `const char *const section_names[] = { ${list(input.scenario.sections.map((s) => s.name))} };`,
    `const int CELLS = ${cells.length}, THREAD_COUNT = ${built.model.threads.length};`,
    "void reset_cells(void)\n{",
    "\tfor (int i = 0; i < sizeof scratch; i++)\n\t\tscratch[i] = 0;",
    "\tthe_vma = (struct vm_area_struct){ .vm_mm = &the_mm };",
    ...cells.map((c) => `\t*(int *)&${c.place} = ${c.value};`),
    "\tthe_vmf = (struct vm_fault){ .vma = &the_vma, .page = the_pages };",
    ...(cells.some((c) => c.shown === "pmd") ? ["\tthe_vmf.pmd = &pmd;"] : []),
    ...(cells.some((c) => c.place === "pte[0]") ? ["\tthe_vmf.pte = pte;\n\tthe_vmf.orig_pte = pte[0];"] : []),
    "}\n",
  ].join("\n");
}

/** The scenario's own threads, and what is around the call of the user's function. */
function racersOf(input: ReplayInput, built: Built): string {
  const { scenario } = input;
  const { subject } = scenario;
  const functions = scanFile(scenario.code).functions.map((f) => f.name);
  const values = built.subject.ast.params.map((p, i) =>
    p.type === "pmd_t" ? `\t\tvalues[${i}] = pmd;` : p.type === "pte_t" ? `\t\tvalues[${i}] = pte[0];` : "",
  );
  const present = subject.present !== null && built.subject.ast.params.some((p) => built.world.roleOf(p.type)?.live);
  const epilogue = scanFile(scenario.code).functions.find((f) => f.name === subject.epilogue);
  const takes = epilogue && !/\(\s*void\s*\)/.test(scenario.code.slice(epilogue.start, epilogue.bodyStart));
  return [
    '#include "shim.h"\n#include "glue.h"',
    // Names of libraries are free for scenarios.
    ...functions.map((f) => `#define ${f} scn_${f}`),
    scenario.code,
    "void thread_body(int thread)\n{\n\tlong values[16], ret;\n\n\tswitch (thread) {\n\tcase 0:",
    subject.prologue === null ? "" : `\t\t${subject.prologue}();`,
    present ? `\t\tif (!${subject.present})\n\t\t\treturn;` : "",
    ...values,
    "\t\tret = user_call(values);",
    subject.epilogue === null ? "" : `\t\t${subject.epilogue}(${takes ? "ret" : ""});`,
    "\t\tbreak;",
    ...scenario.racers.map((r, n) => `\tcase ${n + 1}:\n\t\t${r.call}();\n\t\tbreak;`),
    "\t}\n}\n",
  ].join("\n");
}

/** The fixture as it is, and a call of its function. */
function userOf(input: ReplayInput, built: Built, fixture: string): string {
  const has = (name: string): boolean => input.scenario.cells.some((c) => c.name === name);
  const args = built.subject.ast.params.map((p, i) => {
    const type = p.type
      .replace(/\bconst\b/g, "")
      .replace(/\s+/g, " ")
      .trim();
    if (type === "pmd_t" || type === "pte_t") return `values[${i}]`;
    if (/^struct mm_struct \*$/.test(type)) return "&the_mm";
    if (/^struct vm_area_struct \*$/.test(type)) return "&the_vma";
    if (/^struct vm_fault \*$/.test(type)) return "&the_vmf";
    if (/^pmd_t \*$/.test(type) && has("pmd")) return "the_vmf.pmd";
    if (/^pte_t \*$/.test(type) && has("pte")) return "the_vmf.pte";
    if (/^struct (page|folio) \*$/.test(type)) return "(void *)the_pages";
    if (type.includes("*")) return `(void *)(scratch + ${1024 * (i + 1)})`;
    // One page; pinned, for writing.
    return p.name === "end" ? "PAGE_SIZE" : p.name === "flags" ? "3" : "0";
  });
  const call = `${built.subject.name}(${args.join(", ")})`;
  const isVoid = /^\s*(static\s+)?void\b/.test(
    fixture.slice(fixture.search(new RegExp(`^.*\\b${built.subject.name}\\(`, "m"))),
  );
  const ops = /\bstruct mmu_interval_notifier_ops (\w+) =/.exec(fixture)?.[1];
  return [
    '#include "shim.h"\n#include "fixture.c"',
    `long user_call(long *values)\n{\n\t${isVoid ? `${call};\n\treturn 0;` : `return (long)${call};`}\n}`,
    `const int HAS_SLOT = ${ops ? 1 : 0};`,
    ops
      ? `long user_slot(void) { return ${ops}.invalidate((void *)(scratch + 4096), (void *)scratch, 1); }`
      : "long user_slot(void) { return 0; }",
    "",
  ].join("\n");
}
