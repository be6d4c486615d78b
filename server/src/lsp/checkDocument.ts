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
  /** Time was short: not all functions were looked at. */
  unfinished: boolean;
}

/** Throws what the engine throws, and when cancelled. `patience`: milliseconds after which what is known by then will do. */
export function shownFindings(
  session: Session,
  project: Project,
  path: string,
  token?: CancellationToken,
  patience?: number,
): Shown {
  if (matchesAny(project.config.exclude, path)) {
    return { findings: [], problems: [], suppressions: [], unfinished: false };
  }
  const cancel = (): void => {
    if (token?.isCancellationRequested) throw new Cancelled();
  };
  const result = project.engine.check(path, cancel, false, patience);
  verdictsOf(session, project).apply(result.findings);
  const own = project.config.severity;
  const wanted = session.client.settings.severity;
  const severity = own !== undefined && atLeast(own, wanted) ? own : wanted;
  const off = new Set(project.config.disable.map((name) => name.toLowerCase()));
  return {
    findings: applyFilter(result.findings, { ...project.config, severity }).sort(compareFindings),
    problems: result.problems,
    suppressions: result.suppressions.filter(({ rule }) => !off.has(rule.toLowerCase())),
    unfinished: result.unfinished === true,
  };
}

export interface Checked {
  items: Diagnostic[];
  unfinished: boolean;
}

/** Diagnostics of a file. A file whose check fails shows why; only cancellation is thrown. */
export function checkDocument(
  session: Session,
  project: Project,
  path: string,
  token?: CancellationToken,
): Diagnostic[] {
  return checkForAWhile(session, project, path, token).items;
}

/** The same, with what is known after so many milliseconds. */
export function checkForAWhile(
  session: Session,
  project: Project,
  path: string,
  token?: CancellationToken,
  patience?: number,
): Checked {
  try {
    const { findings, problems, suppressions, unfinished } = shownFindings(session, project, path, token, patience);
    const context = diagnosticContext(session, project);
    const idle = suppressions.filter(({ state }) => state !== "used" && state !== "inactive");
    const text = idle.length === 0 ? "" : (session.textOf(project, path) ?? "");
    const items = [
      ...findings.map((finding) => toDiagnostic(finding, context)),
      ...problems.map(problemDiagnostic),
      ...idle.map((suppression) => suppressionDiagnostic(suppression, text)),
    ];
    return { items, unfinished };
  } catch (error) {
    if (isCancelled(error)) throw error;
    session.connection.console.error(
      `${path}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
    );
    const message = `Lockstep could not check this file: ${messageOf(error)}`;
    return { items: [problemDiagnostic({ file: path, line: 1, column: 1, message })], unfinished: false };
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
