/** Findings of one file as diagnostics: engine, configuration and client settings together. */
import type { CancellationToken, Diagnostic } from "vscode-languageserver";
import { Cancelled, isCancelled } from "../base/cancellation";
import { matchesAny } from "../base/glob";
import { messageOf } from "../base/text";
import { applyFilter, atLeast } from "../report/filter";
import { compareFindings } from "../report/order";
import type { Project } from "./project";
import type { Session } from "./session";
import { problemDiagnostic, ruleHref, toDiagnostic } from "./toProtocol";

/** Diagnostics of a file. A file whose check fails shows why; only cancellation is thrown. */
export function checkDocument(
  session: Session,
  project: Project,
  path: string,
  token?: CancellationToken,
): Diagnostic[] {
  const { client } = session;
  if (matchesAny(project.config.exclude, path)) return [];
  try {
    const result = project.engine.check(path, () => {
      if (token?.isCancellationRequested) throw new Cancelled();
    });
    const own = project.config.severity;
    const wanted = client.settings.severity;
    const severity = own !== undefined && atLeast(own, wanted) ? own : wanted;
    const shown = applyFilter(result.findings, { ...project.config, severity }).sort(compareFindings);
    const context = {
      client,
      uriOf: (file: string) => session.uriOf(project, file),
      describe: (id: string) => {
        const rule = project.rules.checks.find((candidate) => candidate.id === id);
        return rule === undefined ? undefined : ruleHref(rule, (file) => session.host.ruleUri(file));
      },
    };
    return [...shown.map((finding) => toDiagnostic(finding, context)), ...result.problems.map(problemDiagnostic)];
  } catch (error) {
    if (isCancelled(error)) throw error;
    session.connection.console.error(
      `${path}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
    );
    return [
      problemDiagnostic({
        file: path,
        line: 1,
        column: 1,
        message: `Lockstep could not check this file: ${messageOf(error)}`,
      }),
    ];
  }
}
