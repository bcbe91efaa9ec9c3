/** Where things lie in this repository, read from the manifests so that no script repeats it. */
import { existsSync, globSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";

/** The repository's root folder. */
export const root: string = dirname(dirname(fileURLToPath(import.meta.url)));

/** Scratch space of the scripts: inside the repository, so that imports resolve as they do for the sources. */
export const cache: string = join(root, "node_modules/.cache/handfast");

/** One way into a package: what a user imports, and the source module behind it. */
export interface Entry {
  /** What is written after `from`: `@handfast/core`. */
  readonly specifier: string;
  /** The absolute path of the source module. */
  readonly source: string;
}

export interface WorkspacePackage {
  readonly folder: string;
  readonly name: string;
  readonly manifest: {
    readonly engines: { readonly node: string };
    readonly dependencies?: Readonly<Record<string, string>>;
    readonly peerDependencies?: Readonly<Record<string, string>>;
  };
  readonly entries: readonly Entry[];
}

/** The packages of the workspace, core first, then by name. */
export function readPackages(): readonly WorkspacePackage[] {
  return readdirSync(join(root, "packages"))
    .filter((name) => existsSync(join(root, "packages", name, "package.json")))
    .sort((a, b) => Number(b === "core") - Number(a === "core") || a.localeCompare(b))
    .map((short) => {
      const folder = join(root, "packages", short);
      const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
      return { folder, name: manifest.name, manifest, entries: entriesOf(folder, manifest) };
    });
}

function entriesOf(
  folder: string,
  manifest: { readonly name: string; readonly exports: Readonly<Record<string, unknown>> },
): Entry[] {
  return Object.entries(manifest.exports).flatMap(([path, target]) => {
    const source = (target as { readonly "@handfast/source"?: string })["@handfast/source"];
    if (source === undefined) return [];
    return [{ specifier: manifest.name + path.slice(".".length), source: join(folder, source) }];
  });
}

/** Files that match a pattern, as absolute paths, sorted. */
export function listFiles(...patterns: readonly string[]): readonly string[] {
  const skip = (path: string) => /(^|\/)(node_modules|dist)(\/|$)/.test(path);
  return globSync([...patterns], { cwd: root, exclude: skip })
    .sort()
    .map((path) => join(root, path));
}

/** The compiler options of tsconfig.json. */
export function readCompilerOptions(): ts.CompilerOptions {
  const { config, error } = ts.readConfigFile(join(root, "tsconfig.json"), ts.sys.readFile);
  if (error !== undefined) throw new Error(ts.flattenDiagnosticMessageText(error.messageText, " "));
  return ts.parseJsonConfigFileContent({ ...config, include: [], files: [] }, ts.sys, root).options;
}
