/** The text of `--help`. */
export const usage = `Lockstep checks Linux kernel C against the locking rules of memory management.

usage: lockstep <command> [options]

  check [PATH...|-]     check files or folders (default: the current folder); "-" reads a file from standard input
  contract FILE:FUNC    which locks a function requires, takes, releases and drops
  why FILE:LINE         which locks are held at a line, on what evidence, and why rules spoke or stayed silent
  replay FILE:LINE[:RULE]
                        the racing interleaving behind a finding, or why there is none in the model
  race FILE:FUNC FILE:FUNC
                        two functions at once on the same objects: what they may do to each other
  explain RULE          what a rule means, why it exists, how to repair the code (R07 or its name)
  rules                 list all rules
  lsp --stdio           language server for editors

options of check:
  --root TREE           kernel tree that gives the context (default: nearest parent with Kbuild and mm/);
                        relative paths are looked up there first, then in the current folder
  --format FORMAT       text (default), json, sarif or github
  --severity LEVEL      weakest level that counts: error, warning (default) or hint
  --diff FILE|-         report only what a patch introduces; the tree may have it applied or not
  --baseline FILE       leave out what an earlier "check --format json" reported
  --stdin-filename F    name of the file that "-" reads: its place in the tree gives the context
  --rules DIR           additional rules (besides .lockstep/rules in the tree)
  --jobs N              number of parallel workers; the result is the same
  --shard I/N           check only the I-th of N equal parts
  --stats               files, functions, degraded functions, times and memory
  --no-replay           do not look for the races behind findings: levels then rest on the static evidence alone
  --cache DIR, --no-cache
                        accepted; this version keeps nothing between runs

contract, why, explain and rules take --format text|json; contract and why also --root and --rules.
.lockstep/config.yaml in the tree may set severity, disable (rules) and exclude (globs).

options of replay: --scenario NAME, --profile NAME, --schedule S (run exactly that interleaving),
--format text, json, markdown, diagram (for commit messages) or promela (for the model checker Spin).

options of race: --distinct (every parameter is an object of its own), --format as for replay.

exit code of replay and race: 0 clean, 1 violation, 3 inconclusive, 2 wrong usage or unreadable input.
exit code of check: 0 nothing found, 1 findings, 2 wrong usage or unreadable input.
NO_COLOR switches colours off.
`;
