import { build } from "esbuild";
import fs from "node:fs";
import { buildAll, root } from "./esbuild.mjs";
const stub = {
  name: "stub",
  setup(b) {
    b.onResolve({ filter: /engine\/engine$/ }, () => fs.existsSync(root + "/server/src/engine/engine.ts") ? null : ({ path: "engine", namespace: "stub" }));
    b.onResolve({ filter: /syntax\/parser$/ }, () => fs.existsSync(root + "/server/src/syntax/parser.ts") ? null : ({ path: "parser", namespace: "stub" }));
    b.onLoad({ filter: /.*/, namespace: "stub" }, (a) => ({
      contents: a.path === "engine" ? `import {createStubEngine} from "./server/test/stubEngine"; export const createEngine = ({tree}) => createStubEngine(tree);` : `export const createParser = async () => ({});`,
      resolveDir: root, loader: "ts",
    }));
  },
};
await buildAll({ plugins: [stub] });
