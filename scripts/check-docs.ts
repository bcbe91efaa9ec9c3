/**
 * Keeps the words true: every TypeScript block in the documents and in doc comments compiles against the sources,
 * every public name says what it is for, every link between documents leads somewhere.
 */
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import ts from "typescript";
import { cache, listFiles, readCompilerOptions, readPackages, root } from "./workspace.ts";

const folder = join(cache, "docs");
const problems: string[] = [];

/** A block of code and where it stands. */
interface Block {
  readonly file: string;
  /** The line of its first line of code, counted from 1. */
  readonly line: number;
  readonly code: string;
}

const place = (file: string, line: number): string => `${relative(root, file)}:${line}`;

/** Blocks fenced as ```ts. A fence that opens is closed by a line that holds the same number of backticks. */
function blocksIn(file: string, lines: readonly string[], first = 1): Block[] {
  const blocks: Block[] = [];
  let open: { readonly fence: string; readonly line: number; readonly wanted: boolean } | undefined;
  let code: string[] = [];
  lines.forEach((line, index) => {
    const fence = /^\s*(`{3,})\s*(\S*)/.exec(line);
    if (open === undefined) {
      if (fence === null) return;
      open = { fence: fence[1] ?? "", line: first + index + 1, wanted: fence[2] === "ts" };
      code = [];
    } else if (fence !== null && fence[1] === open.fence && fence[2] === "") {
      if (open.wanted) blocks.push({ file, line: open.line, code: code.join("\n") });
      open = undefined;
    } else {
      code.push(line);
    }
  });
  if (open !== undefined) problems.push(`${place(file, open.line)}: the code block is not closed`);
  return blocks;
}

function blocksInComments(file: string): Block[] {
  const text = readFileSync(file, "utf8");
  return [...text.matchAll(/\/\*\*[\s\S]*?\*\//g)].flatMap((comment) => {
    const first = text.slice(0, comment.index).split("\n").length;
    const lines = comment[0].split("\n").map((line) => line.replace(/^\s*\*( |$)/, ""));
    return blocksIn(file, lines, first);
  });
}

const documents = listFiles("*.md", "packages/*/*.md", "docs/**/*.md", "examples/**/*.md");
const examples = new Set(listFiles("examples/*.ts").map((file) => readFileSync(file, "utf8").trim()));

/**
 * A block that imports a file beside it can't stand alone: it must be the text of an example, which is compiled, and
 * run, where it lies.
 */
function isExample({ file, line, code }: Block): boolean {
  if (!/\bfrom "\.\.?\//.test(code)) return false;
  if (!examples.has(code.trim()))
    problems.push(
      `${place(file, line)}: imports a file beside it, but is not the text of any file in examples/`,
    );
  return true;
}

/** Each block becomes a module of its own, so that what a reader copies is what was compiled. */
function checkBlocks(): number {
  const blocks = [
    ...documents.flatMap((file) => blocksIn(file, readFileSync(file, "utf8").split("\n"))),
    ...listFiles("packages/*/src/**/*.ts").flatMap(blocksInComments),
  ];
  const alone = blocks.filter((block) => !isExample(block));
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), '{"type":"module"}\n');
  const byPath = new Map(
    alone.map((block, index) => {
      const path = join(folder, `${index}.ts`);
      writeFileSync(path, `${block.code}\n`);
      return [path, block];
    }),
  );
  const program = ts.createProgram([...byPath.keys()], {
    ...readCompilerOptions(),
    moduleDetection: ts.ModuleDetectionKind.Force,
    noUnusedLocals: true,
  });
  for (const [path, block] of byPath) {
    const source = program.getSourceFile(path);
    for (const found of [
      ...program.getSyntacticDiagnostics(source),
      ...program.getSemanticDiagnostics(source),
    ]) {
      const { line } = ts.getLineAndCharacterOfPosition(source as ts.SourceFile, found.start ?? 0);
      const text = ts.flattenDiagnosticMessageText(found.messageText, "\n  ");
      problems.push(`${place(block.file, block.line + line)}: ${text}`);
    }
  }
  rmSync(folder, { recursive: true, force: true });
  return blocks.length;
}

/** A name's comment may stand at its declaration or at the entry that exports it. */
function checkComments(): number {
  const entries = readPackages().flatMap(({ entries }) => entries);
  const program = ts.createProgram(
    entries.map(({ source }) => source),
    readCompilerOptions(),
  );
  const checker = program.getTypeChecker();
  let count = 0;
  for (const { specifier, source } of entries) {
    const file = program.getSourceFile(source);
    const module = file && checker.getSymbolAtLocation(file);
    if (module === undefined) continue;
    for (const name of checker.getExportsOfModule(module)) {
      const symbol = name.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(name) : name;
      count += 1;
      if (symbol.getDocumentationComment(checker).length > 0) continue;
      const declaration = symbol.declarations?.[0];
      if (declaration === undefined) continue;
      const home = declaration.getSourceFile();
      const { line } = home.getLineAndCharacterOfPosition(declaration.getStart());
      problems.push(`${place(home.fileName, line + 1)}: ${name.name} of ${specifier} has no doc comment`);
    }
  }
  return count;
}

/** The anchors that a document's headings give, as GitHub writes them. */
function anchorsOf(text: string): ReadonlySet<string> {
  const anchors = new Set<string>();
  for (const [, heading = ""] of withoutCode(text).matchAll(/^#{1,6}\s+(.*)$/gm)) {
    const plain = heading.replace(/`|\*/g, "").replace(/\[([^\]]*)\]\([^)]*\)/g, "$1");
    const slug = plain
      .trim()
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, "")
      .replace(/\s/g, "-");
    let unique = slug;
    for (let index = 1; anchors.has(unique); index += 1) unique = `${slug}-${index}`;
    anchors.add(unique);
  }
  return anchors;
}

function withoutCode(text: string): string {
  return text.replace(/^\s*(`{3,})[\s\S]*?^\s*\1\s*$/gm, (block) => block.replace(/[^\n]/g, ""));
}

function checkLinks(): number {
  let count = 0;
  for (const file of documents) {
    const text = withoutCode(readFileSync(file, "utf8")).replace(/`[^`\n]*`/g, (code) =>
      " ".repeat(code.length),
    );
    for (const link of text.matchAll(/\]\(([^()\s]+)(?:\s+"[^"]*")?\)|^\[[^\]]+\]:\s*(\S+)/gm)) {
      const target = link[1] ?? link[2] ?? "";
      if (/^[a-z][a-z0-9+.-]*:/i.test(target)) continue;
      count += 1;
      const at = place(file, text.slice(0, link.index).split("\n").length);
      const [path = "", anchor] = target.split("#");
      const to = path === "" ? file : resolve(dirname(file), decodeURIComponent(path));
      if (!existsSync(to)) problems.push(`${at}: the link ${target} leads to no file`);
      else if (relative(root, to).startsWith(".."))
        problems.push(`${at}: the link ${target} leaves the repository`);
      else if (anchor !== undefined && statSync(to).isFile() && to.endsWith(".md")) {
        if (!anchorsOf(readFileSync(to, "utf8")).has(anchor))
          problems.push(`${at}: ${relative(root, to)} has no heading for #${anchor}`);
      }
    }
  }
  return count;
}

const blocks = checkBlocks();
const names = checkComments();
const links = checkLinks();
process.stdout.write(`${blocks} code blocks, ${names} public names, ${links} links\n`);
if (problems.length > 0) {
  process.stdout.write(`\n${problems.join("\n")}\n`);
  process.exitCode = 1;
}
