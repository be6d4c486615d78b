/** Lockstep's plain data → language server protocol types. */
import { type Diagnostic, DiagnosticSeverity, DiagnosticTag, type Range } from "vscode-languageserver";
import type { FileProblem } from "../engine/types";
import type { Finding, Level, Suppression, SuppressionState } from "../protocol/finding";
import { replayLine } from "../report/trace";
import type { CheckRule } from "../rules/model";
import type { Client } from "./client";

const severities: Record<Level, DiagnosticSeverity> = {
  error: DiagnosticSeverity.Error,
  warning: DiagnosticSeverity.Warning,
  hint: DiagnosticSeverity.Hint,
};

export const source = "lockstep";

/** What the conversion needs to know about its surroundings. */
export interface DiagnosticContext {
  client: Client;
  uriOf(path: string): string;
  /** Web page or file that describes a rule. */
  describe(rule: string): string | undefined;
}

/** Carried in `Diagnostic.data`, for code actions and explanations. */
export interface DiagnosticData {
  rule: string;
  alias: string;
  fingerprint: string;
}

export function toDiagnostic(finding: Finding, context: DiagnosticContext): Diagnostic {
  const { client } = context;
  const message = [finding.message, finding.advice, ...(finding.replay ? [replayLine(finding.replay)] : [])]
    .filter((part) => part !== "")
    .join("\n");
  const diagnostic: Diagnostic = {
    range: rangeOf(finding),
    severity: severities[finding.level],
    code: finding.rule,
    source,
    message,
  };
  const href = client.codeDescription ? context.describe(finding.rule) : undefined;
  if (href !== undefined) diagnostic.codeDescription = { href };
  if (client.diagnosticData) {
    diagnostic.data = {
      rule: finding.rule,
      alias: finding.alias,
      fingerprint: finding.fingerprint,
    } satisfies DiagnosticData;
  }
  if (client.relatedInformation && finding.path.length > 0) {
    diagnostic.relatedInformation = finding.path.map((step) => ({
      location: {
        uri: context.uriOf(step.file),
        range: lineRange(step.line, step.column, step.column + Math.max(1, step.text.length)),
      },
      message: step.note,
    }));
  }
  return diagnostic;
}

/** A problem of the file itself: shown, but as information. */
export function problemDiagnostic(problem: FileProblem): Diagnostic {
  return {
    range: lineRange(problem.line, problem.column, problem.column + 1),
    severity: DiagnosticSeverity.Information,
    source,
    message: problem.message,
  };
}

export const suppressionCode = "suppression";

const idle: Record<SuppressionState, (rule: string) => string> = {
  used: () => "",
  inactive: () => "",
  stale: (rule) => `\`${rule}\` reports nothing here any more: this comment can go.`,
  "no-reason": () => "A comment that leaves a finding out needs a reason: `lockstep-ignore(rule): why`.",
  "unknown-rule": (rule) => `There is no rule \`${rule}\`.`,
};

/** A comment that leaves nothing out, and why. */
export function suppressionDiagnostic({ line, rule, state }: Suppression, text: string): Diagnostic {
  const content = text.split("\n")[line - 1] ?? "";
  const from = Math.max(0, content.indexOf("lockstep-ignore"));
  return {
    range: lineRange(line, from + 1, from + 1 + Math.max(1, `lockstep-ignore(${rule})`.length)),
    severity: state === "stale" ? DiagnosticSeverity.Hint : DiagnosticSeverity.Warning,
    ...(state === "stale" ? { tags: [DiagnosticTag.Unnecessary] } : {}),
    source,
    code: suppressionCode,
    message: idle[state](rule),
  };
}

/** Where a rule is described: the kernel's documentation if it is a source, else the rule's own file. */
export function ruleHref(rule: CheckRule, ruleUri: (file: string) => string | undefined): string | undefined {
  for (const text of rule.sources) {
    const page = /\bDocumentation\/([\w/.-]+)\.rst\b/.exec(text);
    if (page) return `https://docs.kernel.org/${page[1]}.html`;
    const address = /https:\/\/[^\s)>,]+/.exec(text);
    if (address) return address[0];
  }
  return ruleUri(rule.file);
}

function rangeOf(finding: Finding): Range {
  return {
    start: { line: finding.line - 1, character: finding.column - 1 },
    end: { line: finding.endLine - 1, character: finding.endColumn - 1 },
  };
}

function lineRange(line: number, from: number, to: number): Range {
  const zero = Math.max(0, line - 1);
  return {
    start: { line: zero, character: Math.max(0, from - 1) },
    end: { line: zero, character: Math.max(0, to - 1) },
  };
}
