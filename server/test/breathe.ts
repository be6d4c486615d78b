/** The runner gives up on a process from which it hears nothing for a minute: between tests that compute there is a pause. */
import { beforeEach } from "vitest";

beforeEach(() => new Promise<void>((resolve) => setTimeout(resolve, 0)));
