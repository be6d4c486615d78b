/** Code actions: repair a finding, replay its race, leave it out with a reason, take back a comment that does nothing, write down a contract. */
import { type CodeAction, CodeActionKind, type Diagnostic, type TextEdit } from "vscode-languageserver";
import type { Fix } from "../../engine/types";
import type { Finding, Suppression } from "../../protocol/finding";
import { raceTextCommand, showRaceCommand } from "../../protocol/replay";
import { diagnosticContext, shownFindings } from "../checkDocument";
import { raceTarget, scenarioOf } from "../races";
import type { OpenFile } from "../session";
import { suppressionDiagnostic, toDiagnostic } from "../toProtocol";
import type { Feature } from "./feature";

/** Offered by clients that can ask for a reason before they write the comment. */
const ignoreCommand = "lockstep.ignoreFinding";

export const codeAction: Feature = {
  register({ connection, session, dispatch }) {
    /** Fixes are checked by running the rules again: once per text and finding is enough. */
    const known = new Map<string, { version: number; fixes: Map<string, Fix[]> }>();
    session.documents.onDidClose(({ document }) => void known.delete(document.uri));
    const fixesOf = ({ document, project, path }: OpenFile, finding: Finding): Fix[] => {
      let kept = known.get(document.uri);
      if (kept?.version !== document.version) {
        kept = { version: document.version, fixes: new Map() };
        known.set(document.uri, kept);
      }
      const fixes = kept.fixes.get(finding.fingerprint) ?? project.engine.fixes(path, finding.fingerprint);
      kept.fixes.set(finding.fingerprint, fixes);
      return fixes;
    };
    session.onChange(() => known.clear());
    connection.onCodeAction(
      dispatch.request(
        "textDocument/codeAction",
        async ({ textDocument, range, context }, token): Promise<CodeAction[] | null> => {
          const file = await session.open(textDocument.uri);
          if (file === undefined) return null;
          const wanted = (kind: string) => context.only?.some((k) => kind === k || kind.startsWith(`${k}.`)) ?? true;
          const { findings, suppressions } = shownFindings(session, file.project, file.path, token);
          const { start, end } = range;
          const onLines = (first: number, last: number) => first - 1 <= end.line && last - 1 >= start.line;
          const actions: CodeAction[] = [];
          const edit = (edits: TextEdit[]) => ({ changes: { [textDocument.uri]: edits } });
          if (wanted(CodeActionKind.QuickFix)) {
            const diagnostics = diagnosticContext(session, file.project);
            // A client without a viewer gets the race as text, from the server.
            const race = session.client.commands.includes(showRaceCommand) ? showRaceCommand : raceTextCommand;
            for (const finding of findings.filter((f) => onLines(f.line, f.endLine))) {
              const diagnostic = toDiagnostic(finding, diagnostics);
              for (const [i, fix] of fixesOf(file, finding).entries())
                actions.push({
                  title: fix.title,
                  kind: CodeActionKind.QuickFix,
                  diagnostics: [diagnostic],
                  isPreferred: i === 0,
                  edit: edit([editOf(file, fix)]),
                });
              if (scenarioOf(file.project, finding.rule) !== undefined)
                actions.push(replayAction(textDocument.uri, finding, diagnostic, race));
              actions.push(ignoreAction(file, finding, diagnostic, session.client.commands.includes(ignoreCommand)));
            }
            for (const s of suppressions.filter((x) => x.state === "stale" && onLines(x.line, x.line)))
              actions.push({
                title: `Remove the comment: ${s.rule} reports nothing here`,
                kind: CodeActionKind.QuickFix,
                diagnostics: [suppressionDiagnostic(s, file.document.getText())],
                edit: edit([removal(file, s)]),
              });
          }
          if (wanted(CodeActionKind.RefactorRewrite)) {
            for (const way of file.project.engine.annotations(file.path, file.document.offsetAt(start)))
              actions.push({ title: way.title, kind: CodeActionKind.RefactorRewrite, edit: edit([editOf(file, way)]) });
          }
          return distinct(actions);
        },
        null,
      ),
    );
    return { codeActionProvider: { codeActionKinds: [CodeActionKind.QuickFix, CodeActionKind.RefactorRewrite] } };
  },
};

function editOf({ document }: OpenFile, fix: Fix): TextEdit {
  return { range: { start: document.positionAt(fix.start), end: document.positionAt(fix.end) }, newText: fix.text };
}

function replayAction(uri: string, finding: Finding, diagnostic: Diagnostic, name: string): CodeAction {
  const title = `Replay the race of ${finding.rule}`;
  const command = { title, command: name, arguments: [raceTarget(uri, finding)] };
  return { title, kind: CodeActionKind.QuickFix, diagnostics: [diagnostic], command };
}

/** A comment on the line above, indented like the line. Without a client that asks, the reason is for the user to write. */
function ignoreAction({ document }: OpenFile, finding: Finding, diagnostic: Diagnostic, asks: boolean): CodeAction {
  const line = finding.line - 1;
  const title = `Leave ${finding.rule} out here, with a reason`;
  const base = { title, kind: CodeActionKind.QuickFix, diagnostics: [diagnostic] };
  if (asks)
    return { ...base, command: { title, command: ignoreCommand, arguments: [document.uri, line, finding.rule] } };
  const text = document.getText({ start: { line, character: 0 }, end: { line: line + 1, character: 0 } });
  const indent = /^[ \t]*/.exec(text)?.[0] ?? "";
  const at = { line, character: 0 };
  const newText = `${indent}/* lockstep-ignore(${finding.rule}): FIXME: say why */\n`;
  return { ...base, edit: { changes: { [document.uri]: [{ range: { start: at, end: at }, newText }] } } };
}

/** Takes the comment away, with its line if nothing else stands there. */
function removal({ document }: OpenFile, { line }: Suppression): TextEdit {
  const start = { line: line - 1, character: 0 };
  const text = document.getText({ start, end: { line, character: 0 } });
  const comment = /[ \t]*(?:\/\*\s*lockstep-ignore\(.*?\*\/|\/\/\s*lockstep-ignore\(.*)/.exec(text);
  if (comment === null || text.replace(comment[0], "").trim() === "")
    return { range: { start, end: { line, character: 0 } }, newText: "" };
  return {
    range: {
      start: { line: line - 1, character: comment.index },
      end: { line: line - 1, character: comment.index + comment[0].length },
    },
    newText: "",
  };
}

/** Findings that share a cause share their fix. */
function distinct(actions: CodeAction[]): CodeAction[] {
  const seen = new Set<string>();
  return actions.filter((action) => {
    const key = `${action.title}\n${JSON.stringify(action.edit ?? action.command)}`;
    return !seen.has(key) && seen.add(key);
  });
}
