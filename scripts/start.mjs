/**
 * `npm start`: sets up, builds, checks the demo tree, or what follows `--`, and says what to do next.
 * Findings are not a failure here: the demo is full of them.
 */
import { spawnSync } from "node:child_process";
import path from "node:path";
import { build, ensureDependencies, root } from "./setup.mjs";

ensureDependencies();
build();

const demo = path.join(root, "test-fixtures/demo");
const given = process.argv.slice(2);
const target = given.length > 0 ? given : ["--root", demo, demo];
// npm changes to the project's folder; paths the user gives are relative to where the user is.
const cwd = given.length > 0 ? (process.env.INIT_CWD ?? process.cwd()) : root;
const shown = given.length > 0 ? given.join(" ") : path.relative(cwd, demo);

console.log(`\nlockstep check ${shown}\n`);
const cli = path.join(root, "dist/cli.js");
const checked = spawnSync(process.execPath, [cli, "check", ...target], {
  cwd,
  stdio: ["ignore", "inherit", "inherit"],
});

console.log(`
Every finding starts with file:line:column. To open one in an editor:
  code --goto ${given.length > 0 ? "FILE:LINE:COLUMN" : `${path.relative(root, demo)}/mm/range.c:14`}
  vim +LINE FILE
In any LSP editor, start the server with: node ${cli} lsp --stdio
More: node dist/cli.js explain RULE, node dist/cli.js --help, README.md`);

// 1 means findings, which is what one came for; anything else is a real failure.
process.exit(checked.status === 1 ? 0 : (checked.status ?? 2));
