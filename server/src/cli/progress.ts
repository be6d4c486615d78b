/** A progress line on standard error, only on a terminal. */
import type { CliHost } from "./host";

export interface Progress {
  update(done: number): void;
  clear(): void;
}

export function progressLine(host: CliHost, total: number): Progress {
  if (!host.interactive || total < 2) return { update() {}, clear() {} };
  let shown = Number.NEGATIVE_INFINITY;
  return {
    update(done) {
      const now = host.now();
      if (now - shown < 100) return;
      shown = now;
      host.err(`\r\u001b[K${done}/${total} files`);
    },
    clear: () => host.err("\r\u001b[K"),
  };
}
