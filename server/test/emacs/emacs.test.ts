/** A real editor: Debian's Emacs with eglot, without a screen, opens a file, receives the diagnostics and asks for a race as text. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { describeMissing } from "../kernel";
import { copyDemo, project } from "../lspClient";

const probe = "(progn (package-initialize) (require 'eglot))";
const present = spawnSync("emacs", ["--batch", "--eval", probe], { stdio: "ignore" }).status === 0;

if (!present) describeMissing("emacs", process.env.LOCKSTEP_EMACS_MISSING ?? "emacs with eglot is not installed");
else {
  describe("emacs", () => {
    it("shows the findings of a demo file, and the race of one", { timeout: 120_000 }, () => {
      const demo = copyDemo();
      const home = mkdtempSync(path.join(tmpdir(), "lockstep-emacs-"));
      const done = spawnSync("emacs", ["--batch", "-l", path.join(project, "server/test/emacs/init.el")], {
        encoding: "utf8",
        timeout: 100_000,
        cwd: demo.root,
        env: {
          ...process.env,
          HOME: home,
          LOCKSTEP_SERVER: path.join(project, "dist/server.js"),
          LOCKSTEP_ROOT: `${demo.root}/`,
          LOCKSTEP_FILE: path.join(demo.root, "mm/range.c"),
          LOCKSTEP_RACE: "return vma->vm_end;",
        },
      });
      demo.remove();
      rmSync(home, { recursive: true, force: true });
      expect(done.stdout, done.stderr).toMatch(/^14: .*`vma` is used after mmap_lock was released/m);
      expect(done.stdout).toMatch(/^violation: /m);
      expect(done.stdout).toMatch(/^ +CPU1 /m);
      expect(done.status).toBe(0);
    });
  });
}
