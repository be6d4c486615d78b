/** `lockstep/rules`: the rules in force, with their descriptions. */
import { type RulesParams, type RulesResult, rulesRequest } from "../../protocol/requests";
import { ruleHelp } from "../../report/ruleHelp";
import type { Feature } from "./feature";

export const rules: Feature = {
  register({ session, dispatch }) {
    dispatch.answer(
      rulesRequest,
      async (params: RulesParams | null): Promise<RulesResult> => {
        const uri = params?.textDocument?.uri;
        const project = uri === undefined ? await session.firstProject() : await session.projectOf(uri);
        if (project === undefined) return { rules: [] };
        const off = new Set(project.config.disable.map((name) => name.toLowerCase()));
        const listed = project.rules.checks.map((rule) => ({
          id: rule.id,
          alias: rule.alias,
          title: rule.title,
          status: rule.status,
          confidence: rule.confidence,
          enabled: !off.has(rule.id.toLowerCase()) && !off.has(rule.alias.toLowerCase()),
          markdown: ruleHelp(rule, "markdown"),
        }));
        return { rules: listed.sort((a, b) => (a.alias < b.alias ? -1 : a.alias > b.alias ? 1 : 0)) };
      },
      { rules: [] },
    );
    return undefined;
  },
};
