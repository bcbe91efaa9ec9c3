/**
 * Writes one declaration per module beside the built JavaScript, so that "go to definition" leads to the module where
 * a name lives (bundled declarations lose that). See docs/decisions/0001-build-and-declarations.md.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";
import ts from "typescript";
import { listFiles, readCompilerOptions, root } from "./workspace.ts";

const files = listFiles("packages/*/src/**/*.ts");
const program = ts.createProgram([...files], {
  ...readCompilerOptions(),
  noEmit: false,
  allowImportingTsExtensions: true,
  emitDeclarationOnly: true,
  // `pnpm check` has said what there is to say about types; what a declaration can't express is still reported.
  noCheck: true,
  declaration: true,
  declarationMap: true,
  stripInternal: true,
  rootDir: root,
  outDir: root,
});

/** `packages/core/src/a/b.d.ts` is written as `packages/core/dist/a/b.d.ts`. */
function toDist(path: string): string {
  const [packages = "", name = "", src = "", ...rest] = relative(root, path).split(sep);
  if (packages !== "packages" || src !== "src") throw new Error(`${path} is outside packages/*/src`);
  return join(root, packages, name, "dist", ...rest);
}

/** The compiler leaves `.ts` in the specifiers of declarations; readers of the package have `.js`. */
const rewriteSpecifiers: ts.TransformerFactory<ts.SourceFile | ts.Bundle> = (context) => {
  const { factory } = context;
  const isRelative = (node: ts.Node | undefined): node is ts.StringLiteral =>
    node !== undefined && ts.isStringLiteral(node) && /^\.{1,2}\/.*\.ts$/.test(node.text);
  const rewritten = ({ text }: ts.StringLiteral): ts.StringLiteral =>
    factory.createStringLiteral(text.replace(/\.ts$/, ".js"));

  const visit = (node: ts.Node): ts.Node => {
    if (ts.isImportDeclaration(node) && isRelative(node.moduleSpecifier)) {
      const { modifiers, importClause, moduleSpecifier, attributes } = node;
      return factory.updateImportDeclaration(
        node,
        modifiers,
        importClause,
        rewritten(moduleSpecifier),
        attributes,
      );
    }
    if (ts.isExportDeclaration(node) && isRelative(node.moduleSpecifier)) {
      const { modifiers, isTypeOnly, exportClause, moduleSpecifier, attributes } = node;
      const specifier = rewritten(moduleSpecifier);
      return factory.updateExportDeclaration(
        node,
        modifiers,
        isTypeOnly,
        exportClause,
        specifier,
        attributes,
      );
    }
    const inner = ts.visitEachChild(node, visit, context);
    if (
      ts.isImportTypeNode(inner) &&
      ts.isLiteralTypeNode(inner.argument) &&
      isRelative(inner.argument.literal)
    ) {
      const { attributes, qualifier, typeArguments, isTypeOf } = inner;
      const argument = factory.updateLiteralTypeNode(inner.argument, rewritten(inner.argument.literal));
      return factory.updateImportTypeNode(inner, argument, attributes, qualifier, typeArguments, isTypeOf);
    }
    return inner;
  };
  return (source) => ts.visitEachChild(source, visit, context) as ts.SourceFile;
};

/** A map's sources are written relative to the map, which now lies in dist. */
function pointAtSource(map: string, from: string, to: string): string {
  const parsed = JSON.parse(map) as { readonly sources: readonly string[] };
  const sources = parsed.sources.map((source) => relative(dirname(to), resolve(dirname(from), source)));
  return JSON.stringify({ ...parsed, sources });
}

let written = 0;
const { diagnostics } = program.emit(
  undefined,
  (path, text) => {
    const to = toDist(path);
    mkdirSync(dirname(to), { recursive: true });
    writeFileSync(to, path.endsWith(".map") ? pointAtSource(text, path, to) : text);
    written += 1;
  },
  undefined,
  true,
  { afterDeclarations: [rewriteSpecifiers] },
);

if (diagnostics.length > 0) {
  const host = {
    getCanonicalFileName: (name: string) => name,
    getCurrentDirectory: () => root,
    getNewLine: () => "\n",
  };
  process.stderr.write(ts.formatDiagnostics(diagnostics, host));
  process.exitCode = 1;
}
process.stdout.write(`${written} files of declarations for ${files.length} modules\n`);
