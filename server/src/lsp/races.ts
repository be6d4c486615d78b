/** Which findings have a race to show, and how a request names one: shared by lenses, hovers, code actions and the replay. */
import type { CancellationToken } from "vscode-languageserver";
import type { ReplayRequest } from "../engine/replay";
import type { Finding } from "../protocol/finding";
import type { RaceTarget, ReplayParams, ScenarioChoice } from "../protocol/replay";
import { shownFindings } from "./checkDocument";
import type { Project } from "./project";
import { scenariosOf } from "./scenarios";
import type { OpenFile, Session } from "./session";

export { scenariosOf } from "./scenarios";

export function scenarioChoices(session: Session): ScenarioChoice[] {
  return scenariosOf(session).scenarios.map(({ id, title, profiles }) => ({ id, title, profiles }));
}

/** Scenario of a finding's rule; undefined if its harm is no race. */
export function scenarioOf(project: Project, rule: string): string | undefined {
  return project.rules.checks.find((check) => check.id === rule)?.scenario;
}

/** What a client needs to show the race of a finding again, after edits too. */
export function raceTarget(uri: string, { line, function: name, rule }: Finding): RaceTarget {
  return { uri, line: line - 1, function: name, rule };
}

export interface Located {
  request: ReplayRequest;
  finding: Finding | null;
  function: string;
}

/** The finding or function that a request means now, or why there is none. */
export function locate(
  session: Session,
  { project, path, document }: OpenFile,
  params: ReplayParams,
  token: CancellationToken,
): Located | { problem: string } {
  const line = params.position.line + 1;
  const findings = shownFindings(session, project, path, token).findings.filter(
    (f) => params.rule === undefined || f.rule === params.rule || f.alias === params.rule,
  );
  const request = (at: number, scenario = params.scenario): ReplayRequest => ({
    file: path,
    line: at,
    rule: params.rule ?? null,
    scenario: scenario ?? null,
    profile: params.profile ?? null,
    schedule: params.schedule ?? null,
  });
  if (params.function === undefined) {
    const there = findings.filter((f) => f.line <= line && line <= f.endLine);
    const finding = there.find((f) => scenarioOf(project, f.rule) !== undefined) ?? there[0] ?? null;
    const around = project.engine.lockStateAt(path, document.offsetAt(params.position)).function;
    return { request: request(line), finding, function: finding?.function ?? around ?? "" };
  }
  const inside = findings.filter((f) => f.function === params.function);
  const [finding] = inside.sort((a, b) => Math.abs(a.line - line) - Math.abs(b.line - line));
  if (finding) return { request: request(finding.line), finding, function: params.function };
  const contract = project.engine.contract(path, params.function);
  if (contract === undefined) return { problem: `${path}: there is no function ${params.function}() any more.` };
  const scenario = params.scenario ?? (params.rule === undefined ? undefined : scenarioOf(project, params.rule));
  if (scenario === undefined)
    return { problem: `${params.function}(): nothing is reported there, and no scenario is chosen.` };
  return { request: request(contract.line, scenario), finding: null, function: params.function };
}
