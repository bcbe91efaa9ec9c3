/**
 * Holds the public names to a snapshot, so that none comes or goes unseen, and core's to a number.
 *
 * `pnpm exec node scripts/check-surface.ts --write` renews the snapshot.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { type Entry, readCompilerOptions, readPackages, root } from "./workspace.ts";

const snapshot = join(root, "scripts/public-names.txt");

/** Names of functions, classes and constants per entry: what has to be learnt. Types follow from them. */
const mostValues: Readonly<Record<string, number>> = { "@handfast/core": 40 };

/** What an entry exports: "value createHandfast", "type MtlsPlan"; a class is a value. */
function namesOf(entry: Entry, program: ts.Program): readonly string[] {
  const checker = program.getTypeChecker();
  const file = program.getSourceFile(entry.source);
  const module = file && checker.getSymbolAtLocation(file);
  if (module === undefined) throw new Error(`${entry.source} is no module`);
  return checker
    .getExportsOfModule(module)
    .map((name) => {
      const symbol = name.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(name) : name;
      const typeOnly =
        (symbol.flags & ts.SymbolFlags.Value) === 0 ||
        name.declarations?.some(ts.isTypeOnlyExportDeclaration);
      return `${typeOnly ? "type" : "value"} ${name.name}`;
    })
    .sort();
}

const entries = readPackages().flatMap(({ entries }) => entries);
const program = ts.createProgram(
  entries.map(({ source }) => source),
  readCompilerOptions(),
);
const problems: string[] = [];
const sections = entries.map((entry) => {
  const names = namesOf(entry, program);
  const values = names.filter((name) => name.startsWith("value ")).length;
  process.stdout.write(`${entry.specifier}: ${values} values, ${names.length - values} types\n`);
  const most = mostValues[entry.specifier];
  if (most !== undefined && values > most)
    problems.push(`${entry.specifier} exports ${values} values, at most ${most}`);
  return `${entry.specifier}\n${names.map((name) => `  ${name}\n`).join("")}`;
});
const text = sections.join("\n");

if (process.argv.includes("--write")) {
  writeFileSync(snapshot, text);
  process.stdout.write("scripts/public-names.txt written\n");
} else if (!existsSync(snapshot)) {
  process.stdout.write("no snapshot yet: pnpm exec node scripts/check-surface.ts --write makes it\n");
} else {
  compare(readFileSync(snapshot, "utf8"), text);
}

function compare(before: string, after: string): void {
  const full = (text: string): ReadonlySet<string> => {
    let entry = "";
    return new Set(
      text.split("\n").flatMap((line) => {
        if (line.startsWith("  ")) return [`${entry}: ${line.trim()}`];
        if (line !== "") entry = line;
        return [];
      }),
    );
  };
  const [old, now] = [full(before), full(after)];
  for (const name of now) if (!old.has(name)) problems.push(`+ ${name}`);
  for (const name of old) if (!now.has(name)) problems.push(`- ${name}`);
  if (problems.length > 0)
    problems.push(
      "if that is meant: pnpm exec node scripts/check-surface.ts --write, and say so in the change",
    );
}

if (problems.length > 0) {
  process.stdout.write(`\n${problems.join("\n")}\n`);
  process.exitCode = 1;
}
