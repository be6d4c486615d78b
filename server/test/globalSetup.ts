/** Builds the bundles once, so that tests drive what ships. A failing build fails its own test, not all of them. */
import { buildAll } from "../../esbuild.mjs";

export default async function setup(): Promise<void> {
  try {
    await buildAll();
    delete process.env.LOCKSTEP_BUILD_ERROR;
  } catch (error) {
    process.env.LOCKSTEP_BUILD_ERROR = error instanceof Error ? error.message : String(error);
  }
}
