/**
 * `pnpm check:package`: looks at the packages as a user gets them, packed, not as they lie here. Each tarball goes
 * through publint and attw; then all are unpacked side by side, imported by every Node at hand, and compiled against.
 */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, delimiter, dirname, join, relative } from "node:path";
import ts from "typescript";
import { type CommandResult, inSeconds, runCommand } from "./run-command.ts";
import { readPackages, root, type WorkspacePackage } from "./workspace.ts";

const packages = readPackages();
const folder = mkdtempSync(join(tmpdir(), "handfast-packages-"));
const problems: string[] = [];

function report(name: string, what: string, { ok, output, ms }: CommandResult): void {
  process.stdout.write(`${ok ? "ok  " : "FAIL"}  ${name.padEnd(22)} ${what.padEnd(22)} ${inSeconds(ms)}\n`);
  if (!ok) problems.push(`--- ${name}: ${what}\n${output.trim()}`);
}

async function timed(run: () => Promise<string> | string): Promise<CommandResult> {
  const started = performance.now();
  const output = await run();
  return { ok: output === "", output, ms: performance.now() - started };
}

async function pack({ name, folder: from }: WorkspacePackage): Promise<string | undefined> {
  const to = join(folder, "tarballs", basename(name));
  mkdirSync(to, { recursive: true });
  const packed = await runCommand("pnpm", ["pack", "--pack-destination", to], { cwd: from });
  const [tarball] = readdirSync(to);
  report(name, "pack", packed);
  return tarball === undefined ? undefined : join(to, tarball);
}

async function checkTarball({ name }: WorkspacePackage, tarball: string): Promise<void> {
  report(name, "publint --strict", await runCommand("publint", ["run", "--strict", tarball]));
  const attw = ["--profile", "esm-only", "--no-definitely-typed", "--no-emoji", "--no-color", tarball];
  report(name, "attw esm-only", await runCommand("attw", attw));
  const to = join(folder, "node_modules", name);
  mkdirSync(to, { recursive: true });
  report(name, "unpack", await runCommand("tar", ["-xzf", tarball, "--strip-components=1", "-C", to]));
  report(name, "manifest", await timed(() => readManifest(to).join("\n")));
}

/** What publint does not say: nothing points outside the tarball, and no workspace range is left. */
function readManifest(unpacked: string): readonly string[] {
  const text = readFileSync(join(unpacked, "package.json"), "utf8");
  const manifest = JSON.parse(text) as { readonly exports: unknown };
  const targets = (value: unknown): readonly string[] =>
    typeof value === "string" ? [value] : Object.values(value as object).flatMap(targets);
  const wrong = targets(manifest.exports)
    .filter((target) => !existsSync(join(unpacked, target)))
    .map((target) => `exports names ${target}, which is not in the tarball`);
  if (text.includes('"workspace:')) wrong.push("a workspace: range is left in package.json");
  if (existsSync(join(unpacked, "test"))) wrong.push("the tarball holds tests");
  if (!existsSync(join(unpacked, "LICENSE"))) wrong.push("the tarball holds no LICENSE");
  return wrong;
}

/** Puts what the packages depend on beside them, as an installer would, from what is installed here. */
function linkDependencies(): void {
  const declared = packages.flatMap(({ folder: from, manifest }) =>
    Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies }).map((name) => ({ from, name })),
  );
  for (const { from, name } of declared) {
    const to = join(folder, "node_modules", name);
    if (name.startsWith("@handfast/") || existsSync(to)) continue;
    mkdirSync(dirname(to), { recursive: true });
    symlinkSync(realpathSync(join(from, "node_modules", name)), to);
  }
  const types = join(folder, "node_modules/@types");
  mkdirSync(types, { recursive: true });
  symlinkSync(realpathSync(join(root, "node_modules/@types/node")), join(types, "node"));
}

/** Every Node on PATH: inside pnpm that is the pinned one, then the machine's own. */
function findNodes(): readonly string[] {
  const found = (process.env.PATH ?? "")
    .split(delimiter)
    .map((part) => join(part, "node"))
    .filter((path) => existsSync(path) && !path.startsWith(join(root, "node_modules/.bin")));
  return [...new Set([process.execPath, ...found].map((path) => realpathSync(path)))];
}

/** Whether a version, "v24.1.0", satisfies what every manifest asks for, ">=22.12". */
function isSupported(version: string): boolean {
  const numbers = (text: string): readonly number[] => (text.match(/\d+/g) ?? []).map(Number);
  const [major = 0, minor = 0] = numbers(version);
  return packages.every(({ manifest }) => {
    const [leastMajor = 0, leastMinor = 0] = numbers(manifest.engines.node);
    return major > leastMajor || (major === leastMajor && minor >= leastMinor);
  });
}

const specifiers = packages.flatMap(({ entries }) => entries.map(({ specifier }) => specifier));

async function checkImports(): Promise<void> {
  for (const node of findNodes()) {
    const version = (await runCommand(node, ["--version"])).output.trim();
    if (!isSupported(version)) {
      process.stdout.write(`skipped: import on ${version}, which is older than the packages ask for\n`);
      continue;
    }
    for (const specifier of specifiers) {
      const code = `const all = Object.keys(await import(${JSON.stringify(specifier)})); if (all.length === 0) throw new Error("exports nothing")`;
      const args = ["--input-type=module", "--eval", code];
      report(specifier, `import on ${version}`, await runCommand(node, args, { cwd: folder }));
    }
  }
}

/** Compiles imports of every entry with the declarations of the tarballs, checking the declarations themselves. */
function compile(): string {
  writeFileSync(join(folder, "package.json"), '{"type":"module"}');
  const file = join(folder, "consumer.ts");
  writeFileSync(
    file,
    specifiers.map((specifier, index) => `export * as entry${index} from "${specifier}";`).join("\n"),
  );
  const program = ts.createProgram([file], {
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    target: ts.ScriptTarget.ES2022,
    lib: ["lib.es2024.d.ts", "lib.esnext.disposable.d.ts"],
    types: ["node"],
    strict: true,
    noEmit: true,
    skipLibCheck: false,
    preserveSymlinks: false,
  });
  const own = program
    .getSourceFiles()
    .filter(({ fileName }) => fileName === file || fileName.includes("/node_modules/@handfast/"));
  const sources = own.filter(({ fileName }) => fileName.includes("/src/"));
  const found = own.flatMap((source) => [
    ...program.getSyntacticDiagnostics(source),
    ...program.getSemanticDiagnostics(source),
  ]);
  return [
    ...sources.map(
      ({ fileName }) => `${relative(folder, fileName)}: a source was read in place of a declaration`,
    ),
    ...found.map(({ file: at, start, messageText }) => {
      const line = at === undefined ? 0 : at.getLineAndCharacterOfPosition(start ?? 0).line + 1;
      const name = at === undefined ? "" : relative(folder, at.fileName);
      return `${name}:${line}: ${ts.flattenDiagnosticMessageText(messageText, " ")}`;
    }),
  ].join("\n");
}

try {
  if (packages.some((one) => !existsSync(join(one.folder, "dist/index.js")))) {
    throw new Error("there is no build to check: run pnpm build first");
  }
  await Promise.all(
    packages.map(async (one) => {
      const tarball = await pack(one);
      if (tarball !== undefined) await checkTarball(one, tarball);
    }),
  );
  linkDependencies();
  await checkImports();
  report("all", "compile against", await timed(compile));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
if (problems.length > 0) process.stdout.write(`\n${problems.join("\n\n")}\n`);
process.stdout.write(`\n${problems.length === 0 ? "the packages hold" : `${problems.length} problems`}\n`);
process.exitCode = problems.length === 0 ? 0 : 1;
