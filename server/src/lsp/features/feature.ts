/** The shape of a feature: one file, one registration, its share of the server's capabilities. */
import type { Connection, ServerCapabilities } from "vscode-languageserver";
import type { Dispatcher } from "../dispatch";
import type { Session } from "../session";

export interface FeatureContext {
  connection: Connection;
  session: Session;
  dispatch: Dispatcher;
}

export interface Feature {
  /** Installs the handlers; returns what the server may announce, if anything. */
  register(context: FeatureContext): Partial<ServerCapabilities> | undefined;
}
