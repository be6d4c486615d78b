/** A real editor: Debian's neovim, without a screen, opens a file and receives the diagnostics of the bundled server. */
import { spawnSync } from "node:child_process";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { describeKernel, describeMissing } from "../kernel";
import { project } from "../lspClient";

const present = spawnSync("nvim", ["--version"]).status === 0;

function openInNeovim(root: string, file: string, append?: string) {
  const script = path.join(project, "server/test/neovim/init.lua");
  const server = path.join(project, "dist/server.js");
  return spawnSync("nvim", ["--headless", "-i", "NONE", "-n", "-u", script, path.join(root, file)], {
    encoding: "utf8",
    timeout: 90_000,
    env: {
      ...process.env,
      LOCKSTEP_SERVER: server,
      LOCKSTEP_ROOT: root,
      ...(append === undefined ? {} : { LOCKSTEP_APPEND: append }),
    },
  });
}

const seeded = `
unsigned long lockstep_seeded(struct mm_struct *mm, unsigned long addr)
{
	struct vm_area_struct *vma;

	mmap_read_lock(mm);
	vma = vma_lookup(mm, addr);
	mmap_read_unlock(mm);
	return vma ? vma->vm_end : 0;
}`;

if (!present) describeMissing("neovim", process.env.LOCKSTEP_NVIM_MISSING ?? "nvim is not installed");
else {
  describe("neovim", () => {
    it("shows the findings of a demo file", { timeout: 100_000 }, () => {
      const { stdout, status } = openInNeovim(path.join(project, "test-fixtures/demo"), "mm/range.c");
      expect(stdout).toContain("14 vma-use-after-unlock: return vma->vm_end;");
      expect(status).toBe(0);
    });
  });

  describeKernel("6.12", "neovim in a kernel tree", (root) => {
    it("shows a bug typed into a kernel file", { timeout: 100_000 }, () => {
      const { stdout } = openInNeovim(root, "mm/mincore.c", seeded);
      expect(stdout).toContain("vma-use-after-unlock: return vma ? vma->vm_end : 0;");
    });
  });
}
