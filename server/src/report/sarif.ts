/** SARIF 2.1.0, the exchange format of code scanning services. */
import type { Finding, Level, PathStep, ReplaySummary } from "../protocol/finding";
import type { TraceStep } from "../protocol/trace";
import type { CheckRule } from "../rules/model";
import { toJson } from "./json";
import type { Report } from "./model";
import { ruleHelp } from "./ruleHelp";

const levels: Record<Level, string> = { error: "error", warning: "warning", hint: "note" };

export function renderSarif(report: Report): string {
  const used = rulesOf(report);
  const indexOf = new Map(used.map((rule, index) => [rule.id, index]));
  return toJson({
    $schema: "https://json.schemastore.org/sarif-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: { driver: { name: "Lockstep", semanticVersion: report.version, rules: used.map(ruleDescriptor) } },
        columnKind: "utf16CodeUnits",
        originalUriBaseIds: { SRCROOT: { description: { text: "The root of the kernel tree." } } },
        results: report.findings.map((finding) => result(finding, indexOf.get(finding.rule))),
      },
    ],
  });
}

/** The rules that have findings, in the order of their ids. */
function rulesOf(report: Report): CheckRule[] {
  const named = new Set(report.findings.map((finding) => finding.rule));
  return report.rules.filter((rule) => named.has(rule.id)).sort((a, b) => (a.id < b.id ? -1 : 1));
}

function ruleDescriptor(rule: CheckRule) {
  return {
    id: rule.id,
    name: rule.alias,
    shortDescription: { text: rule.title },
    fullDescription: { text: rule.what },
    help: { text: ruleHelp(rule, "text"), markdown: ruleHelp(rule, "markdown") },
    defaultConfiguration: {
      level: rule.status === "preview" ? "note" : rule.harm === "single-thread" ? "error" : "warning",
    },
    properties: { tags: ["concurrency", "linux-kernel"], precision: precision[rule.confidence], status: rule.status },
  };
}

const precision: Record<CheckRule["confidence"], string> = { high: "high", moderate: "medium", low: "low" };

function result(finding: Finding, ruleIndex: number | undefined) {
  const steps = finding.path.map(stepLocation);
  const here = { physicalLocation: physical(finding.file, region(finding)), ...logical(finding) };
  const flows = [
    ...(steps.length === 0
      ? []
      : [{ message: { text: "How it gets there." }, threadFlows: [{ locations: flow(finding, here, steps) }] }]),
    ...raceFlows(finding.replay),
  ];
  return {
    ruleId: finding.rule,
    ...(ruleIndex === undefined ? {} : { ruleIndex }),
    level: levels[finding.level],
    message: { text: [finding.message, finding.advice].filter((part) => part !== "").join("\n") },
    locations: [here],
    ...(steps.length === 0 ? {} : { relatedLocations: steps.map((step, index) => ({ id: index + 1, ...step })) }),
    ...(flows.length === 0 ? {} : { codeFlows: flows }),
    partialFingerprints: { "lockstep/v1": finding.fingerprint },
    ...(finding.replay === null ? {} : { properties: { replay: verdictOf(finding.replay) } }),
  };
}

function verdictOf({ verdict, scenario, profile, states, switches, reason }: ReplaySummary) {
  return { verdict, scenario, profile, states, switches, reason };
}

/** The interleaving that does the harm: one flow per CPU, the steps numbered across them. */
function raceFlows(replay: ReplaySummary | null) {
  const { steps = [], threads = [] } = replay ?? {};
  if (steps.length === 0) return [];
  const threadFlows = threads.flatMap(({ cpu, name }) => {
    const locations = steps.flatMap((step, index) =>
      step.cpu === cpu ? [{ location: raceLocation(step), executionOrder: index + 1 }] : [],
    );
    return locations.length === 0 ? [] : [{ id: `CPU${cpu}`, message: { text: name }, locations }];
  });
  return [{ message: { text: "An interleaving that does harm, in the model." }, threadFlows }];
}

function raceLocation(step: TraceStep) {
  return {
    physicalLocation: physical(step.file, { startLine: step.line, snippet: { text: step.text } }),
    ...logical(step),
    message: { text: step.note === "" ? step.text : `${step.text}: ${step.note}` },
  };
}

/** The path, ended by the finding itself if the path does not end there. */
function flow(finding: Finding, here: object, steps: object[]) {
  const last = finding.path[finding.path.length - 1]!;
  const complete = last.file === finding.file && last.line === finding.line;
  const end = complete ? [] : [{ ...here, message: { text: finding.message } }];
  return [...steps, ...end].map((location, index) => ({ location, executionOrder: index + 1 }));
}

function stepLocation(step: PathStep) {
  return {
    physicalLocation: physical(step.file, {
      startLine: step.line,
      startColumn: step.column,
      snippet: { text: step.text },
    }),
    message: { text: step.note },
  };
}

function physical(file: string, where: object) {
  const base = file.startsWith("/") ? {} : { uriBaseId: "SRCROOT" };
  return { artifactLocation: { uri: uriOf(file), ...base }, region: where };
}

function region(finding: Finding) {
  return {
    startLine: finding.line,
    startColumn: finding.column,
    endLine: finding.endLine,
    endColumn: finding.endColumn,
  };
}

function logical(finding: Pick<Finding, "function">) {
  return finding.function === "" ? {} : { logicalLocations: [{ name: finding.function, kind: "function" }] };
}

function uriOf(file: string): string {
  const encoded = file.replace(/[^A-Za-z0-9._~+@/-]/gu, encodeCharacter);
  return file.startsWith("/") ? `file://${encoded}` : encoded;
}

function encodeCharacter(character: string): string {
  try {
    return encodeURIComponent(character);
  } catch {
    return "_";
  }
}
