/**
 * Holds modules, tests and adapter folders to their budgets, and file names to the house's rules. Small modules are
 * what lets a reader hold one in the head; the tree is the drawing of the architecture.
 */
import { readFileSync } from "node:fs";
import { basename, dirname, relative } from "node:path";
import ts from "typescript";
import { listFiles, root } from "./workspace.ts";

/** Lines, comments included. */
const modules = { median: 100, p90: 250, most: 400 };
const mostTestLines = 500;
/** Lines of one adapter's folder without blank lines and comments. */
const mostAdapterLines = 700;
/**
 * Adapters that need more, each with its own number. An adapter for one setting of one object stays under 700; these
 * own several objects whose order of making, switching and deleting the service dictates.
 */
const adapterExceptions: Readonly<Record<string, number>> = {
  "packages/aws/src/alb": 2_200,
  // Four modes, stores that can't be read back, and revocation lists besides.
  "packages/aws/src/cloudfront": 2_900,
  "packages/aws/src/cloudfront-origin": 1_550,
  // CAs of an account, lists of a zone and a rule among those of others, which have to be understood.
  "packages/cloudflare/src/api-shield": 2_300,
  // Batches whose members fail one by one, and what stands beside the association: zone, store, SSL mode.
  "packages/cloudflare/src/hostname": 2_300,
  // A store whose newest member is shown: what uploads and deletions switch depends on what else lies there.
  "packages/cloudflare/src/zone": 900,
};
/** Names that say nothing about what is inside. */
const emptyNames = /^(utils?|helpers?|common|shared|manager|base)$/;

const problems: string[] = [];
const lines: string[] = [];

const nameOf = (file: string): string => relative(root, file);
const textOf = (file: string): string => readFileSync(file, "utf8");
const linesIn = (text: string): number => text.split("\n").length - (text.endsWith("\n") ? 1 : 0);

/** Lines that hold at least one token: what is left without blank lines and comments. */
function codeLinesIn(text: string): number {
  const scanner = ts.createScanner(ts.ScriptTarget.Latest, true, ts.LanguageVariant.Standard, text);
  const starts = ts.createSourceFile("x.ts", text, ts.ScriptTarget.Latest).getLineStarts();
  const lineAt = (position: number): number => {
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((starts[middle] ?? 0) <= position) low = middle;
      else high = middle - 1;
    }
    return low;
  };
  const held = new Set<number>();
  while (scanner.scan() !== ts.SyntaxKind.EndOfFileToken) {
    for (let line = lineAt(scanner.getTokenStart()); line <= lineAt(scanner.getTokenEnd() - 1); line += 1) {
      held.add(line);
    }
  }
  return held.size;
}

function checkModules(): void {
  const sizes = listFiles("packages/*/src/**/*.ts")
    .map((file) => ({ file, length: linesIn(textOf(file)) }))
    .sort((a, b) => a.length - b.length);
  const at = (share: number): number => sizes[Math.ceil(sizes.length * share) - 1]?.length ?? 0;
  lines.push(
    `${sizes.length} modules: median ${at(0.5)}, 90th percentile ${at(0.9)}, longest ${at(1)} lines`,
  );
  if (at(0.5) > modules.median)
    problems.push(`median of modules is ${at(0.5)} lines, at most ${modules.median}`);
  if (at(0.9) > modules.p90)
    problems.push(`90th percentile of modules is ${at(0.9)} lines, at most ${modules.p90}`);
  for (const { file, length } of sizes) {
    if (length > modules.most) problems.push(`${nameOf(file)}: ${length} lines, at most ${modules.most}`);
  }
}

function checkTests(): void {
  const files = listFiles(
    "packages/*/test/**/*.ts",
    "examples/**/*.ts",
    "scripts/**/*.ts",
    "bench/**/*.ts",
    "crash-matrix/**/*.ts",
    "truth-table/**/*.ts",
  );
  const tests = files.filter((file) => !file.includes("/fixtures/"));
  const longest = Math.max(0, ...tests.map((file) => linesIn(textOf(file))));
  lines.push(`${tests.length} tests, examples and scripts: longest ${longest} lines`);
  for (const file of tests) {
    const length = linesIn(textOf(file));
    if (length > mostTestLines) problems.push(`${nameOf(file)}: ${length} lines, at most ${mostTestLines}`);
  }
}

/** An adapter's folder is one that holds the adapter's definition. */
function checkAdapters(): void {
  for (const definition of listFiles("packages/{aws,cloudflare}/src/*/adapter.ts")) {
    const folder = dirname(definition);
    const name = nameOf(folder);
    const files = listFiles(`${name}/**/*.ts`);
    const length = files.reduce((sum, file) => sum + codeLinesIn(textOf(file)), 0);
    const most = adapterExceptions[name] ?? mostAdapterLines;
    lines.push(`${name}: ${length} lines without comments`);
    if (length > most) problems.push(`${name}: ${length} lines without comments, at most ${most}`);
  }
}

function checkNames(): void {
  for (const file of listFiles(
    "packages/*/{src,test}/**/*.ts",
    "examples/**/*.ts",
    "crash-matrix/**/*.ts",
    "truth-table/**/*.ts",
    "scripts/**/*.ts",
  )) {
    for (const part of nameOf(file).split("/").slice(1)) {
      const bare = basename(part, ".ts").split(".")[0] ?? "";
      if (emptyNames.test(bare))
        problems.push(`${nameOf(file)}: "${bare}" says nothing about what is inside`);
    }
  }
}

checkModules();
checkTests();
checkAdapters();
checkNames();
process.stdout.write(`${lines.join("\n")}\n`);
if (problems.length > 0) {
  process.stdout.write(`\n${problems.join("\n")}\n`);
  process.exitCode = 1;
}
