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
