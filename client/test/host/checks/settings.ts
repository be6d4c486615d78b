/** Every setting: what is there while it is on, and gone while it is off. */
import { assert, type Checks, equal, type Kit } from "../kit";

/** Waits for both states; changed settings reach the server after a moment. */
async function toggles(kit: Kit, name: string, count: () => Promise<number>): Promise<void> {
  await kit.until(`${name} shows something`, async () => (await count()) > 0);
  await kit.with(name, false, async () => {
    await kit.until(`${name} off shows nothing`, async () => (await count()) === 0);
  });
  await kit.until(`${name} shows it again`, async () => (await count()) > 0);
}

export const settings: Checks = {
  async "lockstep.severity"(kit) {
    await kit.open("mm/layout.c");
    await kit.until("the hint is there", () => kit.diagnostics("mm/layout.c").length === 1);
    const { DiagnosticSeverity } = kit.vscode;
    equal(kit.diagnostics("mm/layout.c")[0]?.severity, DiagnosticSeverity.Hint, "level of a rule in preview");
    await kit.with("lockstep.severity", "warning", async () => {
      await kit.until("hints are gone", () => kit.diagnostics("mm/layout.c").length === 0);
      await kit.open("mm/range.c");
      await kit.until("errors stay", () => kit.diagnostics("mm/range.c").length === 2);
    });
    await kit.open("mm/layout.c");
    await kit.until("the hint is back", () => kit.diagnostics("mm/layout.c").length === 1);
  },

  async "lockstep.hover"(kit) {
    const editor = await kit.open("mm/range.c");
    const at = kit.placeOf(editor.document, "mmap_read_lock(mm)", 3);
    await toggles(kit, "lockstep.hover", async () => (await kit.hovers(editor.document.uri, at)).length);
  },

  async "lockstep.inlayHints"(kit) {
    const editor = await kit.open("mm/range.c");
    await toggles(kit, "lockstep.inlayHints", async () => (await kit.hints(editor.document)).length);
  },

  async "lockstep.codeLens"(kit) {
    const editor = await kit.open("mm/range.c");
    await toggles(kit, "lockstep.codeLens", async () => (await kit.lenses(editor.document.uri)).length);
  },

  async "lockstep.heldLockDecorations"(kit) {
    await kit.open("mm/range.c", "mmap_read_lock(mm)");
    const marks = ".glyph-margin-widgets > *";
    await kit.screen.shown(marks);
    await kit.with("lockstep.heldLockDecorations", false, () => kit.screen.hidden(marks));
    await kit.screen.shown(marks);
  },

  async "lockstep.statusBar"(kit) {
    await kit.open("mm/range.c", "vma = vma_lookup");
    const [locks, tree] = ["mmap_lock:r", "Linux"] as const;
    await kit.screen.shown(".statusbar-item", locks);
    await kit.screen.shown(".statusbar-item", tree);
    await kit.with("lockstep.statusBar", false, async () => {
      await kit.screen.hidden(".statusbar-item", locks);
      await kit.screen.hidden(".statusbar-item", tree);
    });
    await kit.screen.shown(".statusbar-item", locks);
    // It follows the cursor.
    const editor = kit.vscode.window.activeTextEditor;
    assert(editor, "an editor is in front");
    kit.cursor(editor, "if (!vma)");
    await kit.screen.shown(".statusbar-item", "no locks");
  },
};
