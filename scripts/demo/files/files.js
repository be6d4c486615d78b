/** The demo tree as a file system in memory: what is edited in the browser changes nothing on the disk. */
const vscode = require("vscode");

const scheme = "lockstep-demo";

/** Files and folders by their path; a folder is a `Map`, a file is `{ bytes, mtime }`. */
class MemoryFiles {
  constructor(texts) {
    this.root = new Map();
    this.changed = new vscode.EventEmitter();
    this.onDidChangeFile = this.changed.event;
    for (const [path, text] of Object.entries(texts)) this.put(path.split("/"), new TextEncoder().encode(text));
  }

  put(parts, bytes) {
    let folder = this.root;
    for (const part of parts.slice(0, -1)) {
      if (!folder.has(part)) folder.set(part, new Map());
      folder = folder.get(part);
    }
    folder.set(parts.at(-1), { bytes, mtime: Date.now() });
  }

  at(uri) {
    let found = this.root;
    for (const part of partsOf(uri)) found = found instanceof Map ? found.get(part) : undefined;
    if (found === undefined) throw vscode.FileSystemError.FileNotFound(uri);
    return found;
  }

  watch() {
    return new vscode.Disposable(() => {});
  }

  stat(uri) {
    const found = this.at(uri);
    if (found instanceof Map) return { type: vscode.FileType.Directory, ctime: 0, mtime: 0, size: 0 };
    return { type: vscode.FileType.File, ctime: 0, mtime: found.mtime, size: found.bytes.length };
  }

  readDirectory(uri) {
    const typeOf = (entry) => (entry instanceof Map ? vscode.FileType.Directory : vscode.FileType.File);
    return [...this.at(uri)].map(([name, entry]) => [name, typeOf(entry)]);
  }

  readFile(uri) {
    return this.at(uri).bytes;
  }

  writeFile(uri, bytes) {
    this.put(partsOf(uri), bytes);
    this.changed.fire([{ type: vscode.FileChangeType.Changed, uri }]);
  }

  createDirectory(uri) {
    const parts = partsOf(uri);
    this.at(uri.with({ path: `/${parts.slice(0, -1).join("/")}` })).set(parts.at(-1), new Map());
  }

  delete(uri) {
    const parts = partsOf(uri);
    this.at(uri.with({ path: `/${parts.slice(0, -1).join("/")}` })).delete(parts.at(-1));
    this.changed.fire([{ type: vscode.FileChangeType.Deleted, uri }]);
  }

  rename(from, to) {
    const entry = this.at(from);
    this.delete(from);
    this.writeFile(to, entry.bytes);
  }
}

const partsOf = (uri) => uri.path.split("/").filter((part) => part !== "");

exports.activate = async (context) => {
  const answer = await fetch(vscode.Uri.joinPath(context.extensionUri, "tree.json").toString(true));
  const files = new MemoryFiles(await answer.json());
  context.subscriptions.push(vscode.workspace.registerFileSystemProvider(scheme, files, { isCaseSensitive: true }));
};
