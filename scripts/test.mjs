/**
 * `npm test`: sets up what the tests need, runs them all, says exactly what could not run and why.
 * Arguments go to Vitest. The last line is `N passed, N failed`.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";
import { installPackage, provideKernel, versions } from "./kernels.mjs";
import { ensureDependencies, root } from "./setup.mjs";

ensureDependencies();
const environment = {
  ...process.env,
  ...kernelEnvironment(),
  ...editorEnvironment(),
  ...checkerEnvironment(),
  ...compilerEnvironment(),
};
const reportFile = path.join(root, ".cache/test-report.json");
mkdirSync(path.dirname(reportFile), { recursive: true });
rmSync(reportFile, { force: true });

const vitest = path.join(root, "node_modules/vitest/vitest.mjs");
const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${reportFile}`];
const done = spawnSync(process.execPath, [vitest, "run", ...reporters, ...process.argv.slice(2)], {
  cwd: root,
  stdio: "inherit",
  env: environment,
});

const { passed, failed, notRun } = summarise(reportFile);
if (notRun.length > 0) console.log(`\nNot run:\n${notRun.map((line) => `  ${line}`).join("\n")}`);
const failures = failed === 0 && done.status !== 0 ? 1 : failed;
console.log(`\n${passed} passed, ${failures} failed`);
process.exit(failures > 0 ? 1 : 0);

/** LOCKSTEP_KERNEL_612, LOCKSTEP_KERNEL_61 and, where a tree is missing, the reason. */
function kernelEnvironment() {
  const found = {};
  for (const version of versions) {
    const key = `LOCKSTEP_KERNEL_${version.replace(".", "")}`;
    const kernel = provideKernel(version);
    if (kernel.root) found[key] = kernel.root;
    else found[`${key}_MISSING`] = kernel.missing;
  }
  return found;
}

/** The editors that drive the server in some of the tests. */
function editorEnvironment() {
  const nvim = () => spawnSync("nvim", ["--version"], { stdio: "ignore" }).status === 0;
  const probe = "(progn (package-initialize) (require 'eglot))";
  const emacs = () => spawnSync("emacs", ["--batch", "--eval", probe], { stdio: "ignore" }).status === 0;
  const missing = {};
  if (!nvim()) {
    const problem = installPackage("neovim");
    if (!nvim()) missing.LOCKSTEP_NVIM_MISSING = problem ?? "neovim does not start";
  }
  if (!emacs()) {
    const problem = installPackage("emacs-nox") ?? installPackage("elpa-eglot");
    if (!emacs()) missing.LOCKSTEP_EMACS_MISSING = problem ?? "emacs does not load eglot";
  }
  return missing;
}

/** The model checker that the engine of the replay is compared with. */
function checkerEnvironment() {
  const present = () => spawnSync("spin", ["-V"], { stdio: "ignore" }).status === 0;
  if (present()) return {};
  const problem = installPackage("spin");
  return present() ? {} : { LOCKSTEP_SPIN_MISSING: problem ?? "spin does not start" };
}

/** The compiler that the lowering of the replay is compared with; Spin's models are compiled by it as well. */
function compilerEnvironment() {
  const program = "#include <stdio.h>\n#include <ucontext.h>\n";
  const present = () => spawnSync("gcc", ["-fsyntax-only", "-x", "c", "-"], { input: program }).status === 0;
  if (present()) return {};
  const problem = installPackage("gcc") ?? installPackage("libc6-dev");
  return present() ? {} : { LOCKSTEP_GCC_MISSING: problem ?? "gcc compiles nothing" };
}

/** Counts from Vitest's report; a file that could not be loaded counts as one failure. */
function summarise(file) {
  let report;
  try {
    report = JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return { passed: 0, failed: 0, notRun: ["the test runner wrote no report"] };
  }
  const broken = report.testResults.filter(
    (result) => result.status === "failed" && !result.assertionResults.some((test) => test.status === "failed"),
  );
  const suites = report.testResults.flatMap((result) => result.assertionResults.flatMap((test) => test.ancestorTitles));
  const notRun = [...new Set(suites.filter((title) => title.includes(": not run, ")))];
  return { passed: report.numPassedTests, failed: report.numFailedTests + broken.length, notRun };
}
