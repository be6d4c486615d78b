/**
 * What VS Code loads first, and waits for. The language client is many times larger than this: it is loaded in a turn of
 * its own, so that other extensions that start with the same window come in between.
 */
import type { ExtensionContext } from "vscode";
import type * as Main from "./main.node";

let main: typeof Main | undefined;

export async function activate(context: ExtensionContext): Promise<void> {
  await new Promise<void>((resolve) => setImmediate(resolve));
  main = require("./client.cjs") as typeof Main;
  await main.activate(context);
}

export async function deactivate(): Promise<void> {
  await main?.deactivate();
}
