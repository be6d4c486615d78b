/** The view of rules: each with its findings by file, or each file with its findings by rule. */
import {
  commands,
  type Disposable,
  EventEmitter,
  languages,
  MarkdownString,
  ThemeIcon,
  type TreeDataProvider,
  TreeItem,
  TreeItemCollapsibleState,
  type TreeView,
  type Uri,
  window,
  workspace,
} from "vscode";
import { type BaseLanguageClient, State } from "vscode-languageclient";
import { type RuleSummary, type RulesResult, rulesRequest } from "../../server/src/protocol/requests";
import { type ShownFinding, severityIcon, shownFindings } from "./findings";

export type Node =
  | { kind: "rule"; rule: RuleSummary; findings: ShownFinding[] }
  | { kind: "file"; uri: Uri; findings: ShownFinding[]; under: string }
  | { kind: "finding"; finding: ShownFinding; showRule: boolean };

type Grouping = "rule" | "file";

export class RulesTree implements TreeDataProvider<Node>, Disposable {
  private readonly changed = new EventEmitter<undefined>();
  readonly onDidChangeTreeData = this.changed.event;
  private readonly view: TreeView<Node>;
  private readonly disposables: Disposable[];
  private rules: RuleSummary[] | undefined;
  private grouping: Grouping = "rule";
  private timer: ReturnType<typeof setTimeout> | undefined;
  /** What the view was filled with. */
  private shown = "";

  constructor(private readonly client: BaseLanguageClient) {
    this.view = window.createTreeView("lockstep.rules", { treeDataProvider: this, showCollapseAll: true });
    this.disposables = [
      this.view,
      this.changed,
      languages.onDidChangeDiagnostics(() => this.later()),
      client.onDidChangeState(({ newState }) => {
        this.rules = undefined;
        this.shown = "";
        if (newState === State.Running) this.later();
      }),
      commands.registerCommand("lockstep.groupByFile", () => this.group("file")),
      commands.registerCommand("lockstep.groupByRule", () => this.group("rule")),
    ];
    void this.group("rule");
  }

  dispose(): void {
    clearTimeout(this.timer);
    for (const disposable of this.disposables) disposable.dispose();
  }

  async getChildren(node?: Node): Promise<Node[]> {
    if (node === undefined) return this.grouping === "rule" ? await this.byRule() : byFile(shownFindings(), false, "");
    if (node.kind === "rule") return byFile(node.findings, true, node.rule.id);
    if (node.kind === "file")
      return node.findings.map((finding) => ({ kind: "finding", finding, showRule: this.grouping === "file" }));
    return [];
  }

  getTreeItem(node: Node): TreeItem {
    if (node.kind === "rule") return ruleItem(node.rule, node.findings.length);
    if (node.kind === "file") {
      const item = new TreeItem(node.uri, TreeItemCollapsibleState.Expanded);
      item.id = `file ${node.under} ${node.uri}`;
      item.description = `${workspace.asRelativePath(node.uri)} · ${node.findings.length}`;
      item.iconPath = ThemeIcon.File;
      return item;
    }
    return findingItem(node.finding, node.showRule);
  }

  private later(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      const findings = shownFindings();
      const { length } = findings;
      // Every message of every extension comes by here; rows that are filled anew lose a click or a key that is under way.
      const now = JSON.stringify(findings.map(({ uri, rule, diagnostic }) => [uri.toString(), rule, diagnostic]));
      if (now === this.shown) return;
      this.shown = now;
      this.view.badge = length === 0 ? undefined : { value: length, tooltip: `${length} findings` };
      this.changed.fire(undefined);
    }, 200);
  }

  private async group(by: Grouping): Promise<void> {
    this.grouping = by;
    await commands.executeCommand("setContext", "lockstep.groupedBy", by);
    this.changed.fire(undefined);
  }

  private async byRule(): Promise<Node[]> {
    if (this.client.state !== State.Running) return [];
    this.rules ??= (await this.client.sendRequest<RulesResult>(rulesRequest, {})).rules;
    const findings = shownFindings();
    const nodes = this.rules.map((rule): Node & { kind: "rule" } => ({
      kind: "rule",
      rule,
      findings: findings.filter((f) => f.rule === rule.id),
    }));
    // Rules that speak come first; otherwise the order of the catalogue.
    return [...nodes.filter((n) => n.findings.length > 0), ...nodes.filter((n) => n.findings.length === 0)];
  }
}

function byFile(findings: readonly ShownFinding[], single: boolean, under: string): Node[] {
  const files = new Map<string, ShownFinding[]>();
  for (const f of findings) files.set(f.uri.toString(), [...(files.get(f.uri.toString()) ?? []), f]);
  const nodes = [...files.values()].map((list): Node & { kind: "file" } => ({
    kind: "file",
    uri: list[0]!.uri,
    under,
    findings: [...list].sort((a, b) => a.line - b.line),
  }));
  const [only] = nodes;
  // A rule that speaks of one file needs no level in between.
  if (single && nodes.length === 1 && only)
    return only.findings.map((finding) => ({ kind: "finding", finding, showRule: false }));
  return nodes.sort((a, b) => (a.uri.path < b.uri.path ? -1 : 1));
}

function ruleItem(rule: RuleSummary, findings: number): TreeItem {
  const state = findings > 0 ? TreeItemCollapsibleState.Collapsed : TreeItemCollapsibleState.None;
  const item = new TreeItem(`${rule.alias} ${rule.title}`, state);
  const notes = [...(rule.enabled ? [] : ["off"]), ...(rule.status === "stable" ? [] : [rule.status])];
  // What is pressed while the view is filled anew is still the same row.
  item.id = `rule ${rule.id}`;
  item.description = [...(findings > 0 ? [String(findings)] : []), ...notes].join(" · ");
  item.iconPath = new ThemeIcon(rule.enabled ? (findings > 0 ? "warning" : "pass") : "circle-slash");
  item.tooltip = new MarkdownString(rule.markdown);
  item.contextValue = "rule";
  if (findings === 0) item.command = { command: "lockstep.explainRule", title: "Explain", arguments: [rule.id] };
  item.accessibilityInformation = { label: `${rule.alias} ${rule.title}, ${findings} findings` };
  return item;
}

function findingItem({ uri, line, rule, message, diagnostic }: ShownFinding, showRule: boolean): TreeItem {
  const item = new TreeItem(message, TreeItemCollapsibleState.None);
  item.id = `finding ${rule} ${uri} ${line} ${diagnostic.range.start.character} ${message}`;
  item.description = `line ${line + 1}${showRule ? ` · ${rule}` : ""}`;
  item.iconPath = new ThemeIcon(severityIcon(diagnostic.severity));
  item.tooltip = diagnostic.message;
  item.contextValue = "finding";
  item.command = {
    command: "vscode.open",
    title: "Open",
    arguments: [uri, { selection: diagnostic.range, preview: true }],
  };
  return item;
}
