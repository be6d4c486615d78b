/**
 * The one wrapper around every request: cancelled requests answer so, a failing one is logged and
 * answers with what it has instead of an error, and the server lives on.
 */
import { type CancellationToken, type Connection, LSPErrorCodes, ResponseError } from "vscode-languageserver";
import { Cancelled, isCancelled } from "../base/cancellation";
import { messageOf } from "../base/text";

export type Handler<Params, Result> = (params: Params, token: CancellationToken) => Result | Promise<Result>;

export interface Dispatcher {
  /** Wraps a request handler. `fallback` is the answer when it fails. */
  request<Params, Result>(
    name: string,
    handler: Handler<Params, Result>,
    fallback: Result,
  ): (params: Params, token: CancellationToken) => Promise<Result>;
  /** Installs the handler of one of our own requests, wrapped. */
  answer<Params, Result>(name: string, handler: Handler<Params, Result>, fallback: Result): void;
  /** Wraps a notification handler or a deferred piece of work. */
  run(name: string, work: () => void | Promise<void>): Promise<void>;
}

export function createDispatcher(connection: Connection): Dispatcher {
  const log = (name: string, error: unknown) => {
    const detail = error instanceof Error && error.stack !== undefined ? error.stack : messageOf(error);
    connection.console.error(`${name} failed: ${detail}`);
  };
  const request: Dispatcher["request"] = (name, handler, fallback) => async (params, token) => {
    try {
      throwIfCancelled(token);
      return await handler(params, token);
    } catch (error) {
      if (isCancelled(error)) throw new ResponseError(LSPErrorCodes.RequestCancelled, "cancelled");
      if (error instanceof ResponseError) throw error;
      log(name, error);
      return fallback;
    }
  };
  return {
    request,
    answer: (name, handler, fallback) => connection.onRequest(name, request(name, handler, fallback)),
    async run(name, work) {
      try {
        await work();
      } catch (error) {
        if (!isCancelled(error)) log(name, error);
      }
    },
  };
}

export function throwIfCancelled(token: CancellationToken): void {
  if (token.isCancellationRequested) throw new Cancelled();
}
