/** Findings of one file as diagnostics: engine, configuration and client settings together. */
import type { CancellationToken, Diagnostic } from "vscode-languageserver";
import { Cancelled, isCancelled } from "../base/cancellation";
import { matchesAny } from "../base/glob";
import { messageOf } from "../base/text";
import type { FileProblem } from "../engine/types";
import type { Finding, Suppression } from "../protocol/finding";
import { applyFilter, atLeast } from "../report/filter";
import { compareFindings } from "../report/order";
import type { Project } from "./project";
import type { Session } from "./session";
import { type DiagnosticContext, problemDiagnostic, ruleHref, suppressionDiagnostic, toDiagnostic } from "./toProtocol";
import { verdictsOf } from "./verdicts";

/** What a user is to see of one file. */
export interface Shown {
  findings: Finding[];
  problems: FileProblem[];
  /** Comments that leave findings out; those of rules that are switched off are not looked at. */
  suppressions: Suppression[];
}

/** Throws what the engine throws, and when cancelled. */
export function shownFindings(session: Session, project: Project, path: string, token?: CancellationToken): Shown {
  if (matchesAny(project.config.exclude, path)) return { findings: [], problems: [], suppressions: [] };
  const result = project.engine.check(path, () => {
    if (token?.isCancellationRequested) throw new Cancelled();
  });
  verdictsOf(session, project).apply(result.findings);
  const own = project.config.severity;
  const wanted = session.client.settings.severity;
  const severity = own !== undefined && atLeast(own, wanted) ? own : wanted;
  const off = new Set(project.config.disable.map((name) => name.toLowerCase()));
  return {
    findings: applyFilter(result.findings, { ...project.config, severity }).sort(compareFindings),
    problems: result.problems,
    suppressions: result.suppressions.filter(({ rule }) => !off.has(rule.toLowerCase())),
  };
}

/** Diagnostics of a file. A file whose check fails shows why; only cancellation is thrown. */
export function checkDocument(
  session: Session,
  project: Project,
  path: string,
  token?: CancellationToken,
): Diagnostic[] {
  try {
    const { findings, problems, suppressions } = shownFindings(session, project, path, token);
    const context = diagnosticContext(session, project);
    const idle = suppressions.filter(({ state }) => state !== "used" && state !== "inactive");
    const text = idle.length === 0 ? "" : (session.textOf(project, path) ?? "");
    return [
      ...findings.map((finding) => toDiagnostic(finding, context)),
      ...problems.map(problemDiagnostic),
      ...idle.map((suppression) => suppressionDiagnostic(suppression, text)),
    ];
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

export function diagnosticContext(session: Session, project: Project): DiagnosticContext {
  return {
    client: session.client,
    uriOf: (file) => session.uriOf(project, file),
    describe: (id) => {
      const rule = project.rules.checks.find((candidate) => candidate.id === id);
      return rule === undefined ? undefined : ruleHref(rule, (file) => session.host.ruleUri(file));
    },
  };
}
