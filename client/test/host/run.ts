/** Entry of the tests inside the extension host: runs every check, prints one line each, fails if one failed. */
import * as vscode from "vscode";
import { Kit, type Screen } from "./kit";
import { missing, table } from "./table";

/** Filled in when this is bundled: where the driver of the window listens, and which host this is. */
declare const LOCKSTEP_SCREEN: string;
declare const LOCKSTEP_HOST: "node" | "web";
/** Both hosts have it; the types of VS Code's world do not. */
declare const fetch: (
  url: string,
  options: { method: string; body: string },
) => Promise<{ json(): Promise<{ answer?: unknown; problem?: string }> }>;

const limitMs = 120_000;

async function ask<T>(op: string, given: object): Promise<T> {
  const response = await fetch(LOCKSTEP_SCREEN, { method: "POST", body: JSON.stringify({ op, ...given }) });
  const { answer, problem } = await response.json();
  if (problem !== undefined) throw new Error(problem);
  return answer as T;
}

const screen: Screen = {
  shown: (selector, text) => ask("shown", { selector, text }),
  hidden: (selector, text) => ask("hidden", { selector, text }),
  texts: (selector) => ask("texts", { selector }),
  attribute: (selector, name) => ask("attribute", { selector, name }),
  click: (selector, text) => ask("click", { selector, text }),
  menuOf: (selector, text) => ask("menuOf", { selector, text }),
  press: (keys) => ask("press", { keys }),
  type: (text) => ask("type", { text }),
};

export async function run(): Promise<void> {
  const kit = new Kit(vscode, screen, LOCKSTEP_HOST);
  const extension = vscode.extensions.getExtension("lockstep.lockstep");
  if (extension === undefined) throw new Error("the extension is not there");
  await extension.activate();
  const { only } = await ask<{ only: string[] }>("wanted", {});
  const failures: string[] = [];
  let passed = 0;
  const one = async (name: string, check: (kit: Kit) => Promise<void>) => {
    if (only.length > 0 && !only.some((part) => name.includes(part))) return;
    const started = Date.now();
    let timer: ReturnType<typeof setTimeout> | undefined;
    try {
      await kit.reset();
      const late = new Promise<never>((_, reject) => {
        timer = setTimeout(() => reject(new Error(`not done after ${limitMs} ms`)), limitMs);
      });
      await Promise.race([check(kit), late]);
      passed++;
      await ask("say", { text: `ok    ${name} (${Date.now() - started} ms)` });
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      failures.push(name);
      await ask("failed", { name, text });
    } finally {
      clearTimeout(timer);
    }
  };
  await one("everything that is contributed has its check", async () => {
    const lacking = missing(extension.packageJSON as object);
    if (lacking.length > 0) throw new Error(`no check for ${lacking.join(", ")}`);
  });
  for (const [group, checks] of Object.entries(table))
    for (const [name, check] of Object.entries(checks)) await one(`${group}: ${name}`, check);
  await ask("say", { text: `\n${passed} passed, ${failures.length} failed` });
  if (failures.length > 0) throw new Error(`${failures.length} checks failed`);
}
