/** The page of the demo: VS Code for browsers with the extension and the demo tree in it. */

const settings = {
  "telemetry.telemetryLevel": "off",
  "security.workspace.trust.enabled": false,
  "workbench.startupEditor": "none",
  "workbench.enableExperiments": false,
  "editor.minimap.enabled": false,
};

/** How often an open page says that it is there. */
const ALIVE_MS = 20_000;

export function page(host) {
  const extension = (path) => ({ scheme: "http", authority: host, path });
  const configuration = {
    productConfiguration: { enableTelemetry: false, nameShort: "Lockstep demo", nameLong: "Lockstep demo" },
    webviewEndpoint: `http://${host}${webviewFolder}`,
    configurationDefaults: settings,
    additionalBuiltinExtensions: [extension("/extension"), extension("/files")],
    defaultLayout: {
      editors: [{ uri: { scheme: "lockstep-demo", path: "/mm/range.c" }, options: { pinned: true } }],
      force: true,
    },
  };
  return `<!DOCTYPE html>
<html>
<head>
<meta charset="utf-8">
<title>Lockstep demo</title>
<link rel="icon" href="/code/favicon.ico">
<link rel="stylesheet" href="/code/out/vs/workbench/workbench.web.main.css">
</head>
<body aria-label="">
<script src="/code/out/vs/loader.js"></script>
<script src="/code/out/vs/webPackagePaths.js"></script>
<script>
const paths = {};
for (const [name, file] of Object.entries(self.webPackagePaths ?? {}))
  paths[name] = location.origin + "/code/node_modules/" + name + "/" + file;
require.config({ baseUrl: location.origin + "/code/out", recordStats: true, paths });
setInterval(() => fetch("/alive"), ${ALIVE_MS});
</script>
<script src="/code/out/vs/workbench/workbench.web.main.nls.js"></script>
<script src="/code/out/vs/workbench/workbench.web.main.js"></script>
<script>
require(["vs/workbench/workbench.web.main"], ({ create, URI }) => {
  const configuration = ${JSON.stringify(configuration)};
  const revive = (uri) => URI.revive(uri);
  create(document.body, {
    ...configuration,
    additionalBuiltinExtensions: configuration.additionalBuiltinExtensions.map(revive),
    defaultLayout: {
      ...configuration.defaultLayout,
      editors: configuration.defaultLayout.editors.map((e) => ({ ...e, uri: revive(e.uri) })),
    },
    workspaceProvider: {
      workspace: { folderUri: URI.parse("lockstep-demo:/") },
      trusted: true,
      open: async () => false,
    },
  });
});
</script>
</body>
</html>
`;
}

/** Where VS Code keeps the frame of its webviews. */
export const webviewFolder = "/code/out/vs/workbench/contrib/webview/browser/pre/";
