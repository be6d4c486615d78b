/** Commands about one finding: leave it out with a reason, report it as wrong. */
import { env, Position, WorkspaceEdit, window, workspace } from "vscode";
import type { BaseLanguageClient } from "vscode-languageclient";
import { type WhyResult, whyRequest } from "../../server/src/protocol/requests";
import { allRules, openDocument } from "./explainCommands";
import { inform } from "./notify";
import { excerptAround, falsePositiveReport } from "./pageText";
import { activeEditor, identify } from "./places";

/** Writes `lockstep-ignore(rule): reason` above a line. The reason is asked for: without one the comment counts for nothing. */
export async function ignoreFinding(uri: string, line: number, rule: string, given?: string): Promise<boolean> {
  const document = await openDocument(uri);
  const reason =
    given ??
    (await window.showInputBox({
      title: `Leave ${rule} out here`,
      prompt: "Why is this no bug? The reason becomes a comment in the code.",
      validateInput: (text) => (wording(text) === "" ? "A reason is needed." : undefined),
    }));
  if (reason === undefined || wording(reason) === "") return false;
  const indent = /^[ \t]*/.exec(document.lineAt(line).text)?.[0] ?? "";
  const edit = new WorkspaceEdit();
  edit.insert(document.uri, new Position(line, 0), `${indent}/* lockstep-ignore(${rule}): ${wording(reason)} */\n`);
  return await workspace.applyEdit(edit);
}

/** One line that cannot end the comment it stands in. */
function wording(text: string): string {
  return text
    .replace(/\*+\//g, "")
    .replace(/[*\s]+/g, " ")
    .trim();
}

/** Copies what is needed to judge a wrong report. Nothing is sent anywhere. */
export async function reportFalsePositive(
  client: BaseLanguageClient,
  version: string,
  given?: { finding?: { uri?: { toString(): string }; line?: number; rule?: string } },
): Promise<string | undefined> {
  const node = given?.finding;
  const document = node?.uri === undefined ? activeEditor()?.document : await openDocument(node.uri.toString());
  const line = node?.line ?? activeEditor()?.selection.active.line;
  if (document === undefined || line === undefined) {
    inform("put the cursor on a line that is reported.");
    return undefined;
  }
  const params = { textDocument: identify(client, document), position: { line, character: 0 } };
  const { findings } = await client.sendRequest<WhyResult>(whyRequest, params);
  const finding = findings.find(({ rule }) => node?.rule === undefined || rule === node.rule);
  if (finding === undefined) {
    inform("nothing is reported on this line.");
    return undefined;
  }
  const rule = (await allRules(client)).find(({ id }) => id === finding.rule);
  const text = falsePositiveReport(finding, excerptAround(document.getText().split(/\r?\n/), line), rule, version);
  await env.clipboard.writeText(text);
  inform("the report is in the clipboard; nothing was sent.");
  return text;
}
