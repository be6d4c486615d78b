/** Commands that explain: a rule, a contract, why a line is reported or not. */
import { languages, Uri, window, workspace } from "vscode";
import type { BaseLanguageClient } from "vscode-languageclient";
import {
  type ContractParams,
  type ContractResult,
  contractRequest,
  type RuleSummary,
  type RulesResult,
  rulesRequest,
  type WhyResult,
  whyRequest,
} from "../../server/src/protocol/requests";
import { ruleOf } from "./findings";
import { contractMarkdown } from "./lockText";
import { inform } from "./notify";
import type { Pages } from "./pages";
import { whyPage } from "./pageText";
import { activeEditor, placeOf } from "./places";

export async function allRules(client: BaseLanguageClient): Promise<RuleSummary[]> {
  return (await client.sendRequest<RulesResult>(rulesRequest, {})).rules;
}

/** Shows the page of a rule: the one named, the one reported at the cursor, or one that is picked. */
export async function explainRule(client: BaseLanguageClient, pages: Pages, given?: unknown): Promise<void> {
  const rules = await allRules(client);
  const named = nameOf(given);
  const rule = rules.find(({ id, alias }) => id === named || alias === named) ?? (await pickRule(rules));
  if (rule !== undefined) await pages.show(`${rule.alias} ${rule.id}`, rule.markdown);
}

/** A name, a node of the tree of rules, or nothing: then the finding at the cursor. */
function nameOf(given: unknown): string | undefined {
  if (typeof given === "string") return given;
  const node = given as { kind?: string; rule?: { id?: string }; finding?: { rule?: string } } | undefined;
  if (node?.kind === "rule") return node.rule?.id;
  if (node?.kind === "finding") return node.finding?.rule;
  const editor = activeEditor();
  if (editor === undefined) return undefined;
  return languages
    .getDiagnostics(editor.document.uri)
    .filter(({ range }) => range.start.line === editor.selection.active.line)
    .map(ruleOf)
    .find((rule) => rule !== undefined);
}

async function pickRule(rules: RuleSummary[]): Promise<RuleSummary | undefined> {
  const items = rules.map((rule) => ({ label: `${rule.alias} ${rule.title}`, description: rule.id, rule }));
  return (await window.showQuickPick(items, { title: "Explain a rule", matchOnDescription: true }))?.rule;
}

/** The contract of the function at the cursor, or of a named one (from a code lens). */
export async function showContract(
  client: BaseLanguageClient,
  pages: Pages,
  uri?: string,
  name?: string,
): Promise<void> {
  const editor = activeEditor();
  let params: ContractParams;
  if (uri !== undefined && name !== undefined) params = { textDocument: { uri }, function: name };
  else if (editor !== undefined) params = placeOf(client, editor);
  else {
    inform("put the cursor into a function.");
    return;
  }
  const contract = await client.sendRequest<ContractResult>(contractRequest, params);
  if (contract === null) inform("no function here.");
  else await pages.show(`Contract of ${contract.function}()`, contractMarkdown(contract));
}

/** Why the line of the cursor is reported, or why it is not. */
export async function why(client: BaseLanguageClient, pages: Pages): Promise<void> {
  const editor = activeEditor();
  if (editor === undefined) {
    inform("put the cursor on a line of C.");
    return;
  }
  const result = await client.sendRequest<WhyResult>(whyRequest, placeOf(client, editor));
  const place = `${workspace.asRelativePath(editor.document.uri)}:${editor.selection.active.line + 1}`;
  await pages.show("Why", whyPage(result, place));
}

/** A document by its address as the server wrote it. */
export async function openDocument(uri: string) {
  return await workspace.openTextDocument(Uri.parse(uri, true));
}
