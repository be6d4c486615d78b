/** The kernel tree in words. */
import { code } from "../../server/src/protocol/markdown";
import type { TreeResult } from "../../server/src/protocol/requests";

export function treeTooltip(tree: NonNullable<TreeResult>): string {
  const head = tree.kernel
    ? `Kernel tree ${code(tree.root)}${tree.version === null ? "" : `, Linux ${tree.version}`}`
    : `No kernel tree around this file (a folder with \`Kbuild\` and \`mm/\`): only this folder and the built-in knowledge of kernel interfaces are used.`;
  const rows = tree.features.map(({ symbol, present, rules }) => {
    const used = rules.length === 0 ? "" : `: ${rules.join(", ")}`;
    return `- ${present ? "has" : "lacks"} \`${symbol}\`${used}`;
  });
  return [head, ...(rows.length === 0 ? [] : ["", "What decides which rules apply:", "", ...rows])].join("\n");
}
