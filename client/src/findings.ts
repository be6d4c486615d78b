/** The findings VS Code shows now, whoever asked for them: read from its diagnostics. */
import { type Diagnostic, DiagnosticSeverity, languages, type Uri } from "vscode";

export interface ShownFinding {
  uri: Uri;
  rule: string;
  line: number;
  message: string;
  diagnostic: Diagnostic;
}

const source = "lockstep";

/** The rule a diagnostic is about; undefined for messages that are about no rule. */
export function ruleOf({ source: from, code }: Diagnostic): string | undefined {
  const name = typeof code === "object" ? code.value : code;
  return from === source && typeof name === "string" && name !== "suppression" ? name : undefined;
}

export function shownFindings(): ShownFinding[] {
  return languages.getDiagnostics().flatMap(([uri, diagnostics]) => {
    const seen = new Set<string>();
    return diagnostics.flatMap((diagnostic) => {
      const rule = ruleOf(diagnostic);
      const { line } = diagnostic.range.start;
      // Pushed and pulled diagnostics of one file may overlap for a moment.
      const key = `${rule} ${line} ${diagnostic.range.start.character} ${diagnostic.message}`;
      if (rule === undefined || seen.has(key)) return [];
      seen.add(key);
      return [{ uri, rule, line, message: diagnostic.message.split("\n")[0] ?? "", diagnostic }];
    });
  });
}

export function severityIcon(severity: DiagnosticSeverity): string {
  return severity === DiagnosticSeverity.Error ? "error" : severity === DiagnosticSeverity.Warning ? "warning" : "info";
}
