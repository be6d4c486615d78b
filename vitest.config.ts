import { defineConfig } from "vitest/config";

/** One run for everything but the end-to-end tests in a real VS Code. */
export default defineConfig({
  test: {
    include: [
      "server/**/*.test.ts",
      "rules/**/*.test.ts",
      "client/src/**/*.test.ts",
      "client/test/host/*.test.ts",
      "scripts/**/*.test.ts",
    ],
    setupFiles: ["server/test/breathe.ts"],
    globalSetup: ["server/test/globalSetup.ts"],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    maxWorkers: 2,
    minWorkers: 1,
  },
});
