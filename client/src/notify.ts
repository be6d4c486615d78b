/** Notifications, for nobody to wait for. Names of files and words of code in them never become links. */
import { window } from "vscode";
import { unlinked } from "../../server/src/protocol/markdown";

export function inform(text: string): void {
  void window.showInformationMessage(`Lockstep: ${unlinked(text)}`);
}

export function warn(text: string): void {
  void window.showWarningMessage(`Lockstep: ${unlinked(text)}`);
}

export function complain(text: string): void {
  void window.showErrorMessage(`Lockstep: ${unlinked(text)}`);
}
