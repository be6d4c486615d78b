/** Steps of end-to-end tests, and their pictures. */
import path from "node:path";

/**
 * Runs the steps of an end-to-end test one after the other; a failing one leaves a picture. With `chained`, each needs the
 * ones before it: the first failure is the last step.
 */
export function stepsOf(shot, { chained = false } = {}) {
  let passed = 0;
  let failed = 0;
  return {
    async step(name, run) {
      if (chained && failed > 0) {
        console.log(`skip  ${name}`);
        return;
      }
      const started = Date.now();
      try {
        await run();
        passed++;
        console.log(`ok    ${name} (${Date.now() - started} ms)`);
      } catch (error) {
        failed++;
        console.log(`FAIL  ${name}: ${error.message}`);
        await shot(`failed-${name.replace(/\W+/g, "-")}`).catch(() => {});
      }
    },
    /** Exit code, after a closing line. */
    report() {
      console.log(`\n${passed} passed, ${failed} failed`);
      return failed > 0 ? 1 : 0;
    },
  };
}

/** Takes pictures of a page into a folder. What fades in is shown as it will be; a machine that is busy gets a second try. */
export function picturesOf(page, folder) {
  return async (name) => {
    const options = { path: path.join(folder, `${name}.png`), animations: "disabled" };
    await page.screenshot(options).catch(() => page.screenshot(options));
  };
}
