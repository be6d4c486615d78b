/**
 * `npm start`: sets up, builds, checks the demo tree, or what follows `--`, says what to do next, and shows the demo in an
 * editor where somebody is there to see it (`--open`: in any case, `--no-open`: never). Findings are not a failure here: the
 * demo is full of them.
 */
import { spawnSync } from "node:child_process";
import path from "node:path";
import { openDemo } from "./openDemo.mjs";
import { build, ensureDependencies, root } from "./setup.mjs";

ensureDependencies();
build();

const demo = path.join(root, "test-fixtures/demo");
const switches = process.argv.slice(2).filter((word) => /^--(no-)?open$/.test(word));
const given = process.argv.slice(2).filter((word) => !switches.includes(word));
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

// A tree of the user's own is opened by the user.
const wish = switches.length > 0 ? switches.at(-1) === "--open" : given.length > 0 ? false : undefined;
if (given.length === 0 || wish === true) console.log(`\n${await openDemo(wish)}`);

// 1 means findings, which is what one came for; anything else is a real failure.
process.exit(checked.status === 1 ? 0 : (checked.status ?? 2));
