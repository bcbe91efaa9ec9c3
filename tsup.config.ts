import { globSync } from "node:fs";
import { defineConfig, type Options } from "tsup";

/**
 * One JavaScript file per module: a stack trace names the module, and nothing unused is loaded. esbuild only looks at
 * specifiers when it bundles, so it is told to bundle and every import is left outside, with `.ts` turned into `.js`.
 */
const onePerModule: NonNullable<Options["esbuildPlugins"]>[number] = {
  name: "one-per-module",
  setup(build) {
    build.onResolve({ filter: /.*/ }, ({ kind, path }) => {
      if (kind === "entry-point") return undefined;
      return { path: path.replace(/^(\.{1,2}\/.*)\.ts$/, "$1.js"), external: true };
    });
  },
};

export default defineConfig(
  globSync("packages/*/src").map((src) => ({
    name: src.split("/")[1] ?? src,
    entry: [`${src}/**/*.ts`],
    outDir: src.replace(/src$/, "dist"),
    format: "esm",
    target: "node22.12",
    platform: "node",
    bundle: true,
    splitting: false,
    treeshake: false,
    sourcemap: true,
    // The sources are in the package: maps point at them.
    esbuildOptions: (options) => {
      options.sourcesContent = false;
    },
    clean: true,
    // Declarations are written by scripts/write-declarations.ts.
    dts: false,
    silent: true,
    esbuildPlugins: [onePerModule],
  })),
);
