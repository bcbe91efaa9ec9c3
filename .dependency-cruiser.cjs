/**
 * The arrows of the house: which package may import which, and which stage of core may import which.
 * Type-only imports count. `pnpm check` runs this; a rule that is in the way is changed here, in the open.
 */
const { readdirSync, readFileSync } = require("node:fs");
const { join } = require("node:path");

/** Stages of core in the order of the flow: a stage may import itself and those before it. One line, one rank. */
const stages = [
  ["errors.ts", "clock.ts"],
  ["certificate"],
  ["rules"],
  ["adapter"],
  ["accept"],
  ["secret"],
  ["spec"],
  ["observation"],
  ["plan"],
  ["guardrails"],
  ["prove"],
  ["telemetry"],
  ["journal"],
  ["explain"],
  ["report"],
  ["apply"],
  ["handfast"],
  ["reporters"],
];

/** The reference adapter stands beside the flow, as an adapter of somebody else would. */
const memoryMayImport = ["memory", "adapter", "certificate", "clock.ts", "errors.ts"];

/** Third-party packages that the sources of a package may import, and sibling packages beside its own files. */
const packages = {
  core: { siblings: [], modules: ["zod", "canonicalize", "string-width", "@opentelemetry/api"] },
  pki: {
    siblings: ["core"],
    modules: ["zod", "ical-generator", "socks", "@aws-sdk/[^/]+"],
  },
  aws: { siblings: ["core"], modules: ["zod", "@xmldom/xmldom", "@aws-sdk/[^/]+"] },
  cloudflare: { siblings: ["core"], modules: ["zod", "ky"] },
  testing: { siblings: ["core"], modules: ["zod", "@xmldom/xmldom", "msw", "vitest"] },
};

/** Modules that only certain files may import. */
const confined = [
  { module: "@peculiar/x509", home: "^packages/pki/test/", of: "^packages/|^examples/" },
  { module: "@aws-sdk/[^/]+", home: "/sdk-client\\.ts$", of: "^packages/[^/]+/src/" },
  { module: "ky", home: "^packages/cloudflare/", of: "^packages/|^examples/" },
  { module: "vitest", home: "^packages/testing/src/conformance/", of: "^packages/[^/]+/src/" },
];

const literally = (text) => text.replaceAll(".", "\\.");
const installed = (module) => `(^|/)node_modules/${module}/`;
const inCore = (stage) => `^packages/core/src/${literally(stage)}${stage.endsWith(".ts") ? "$" : "/"}`;

/** The files that a package's manifest opens to others. */
function entries(name) {
  const { exports } = JSON.parse(readFileSync(join(__dirname, "packages", name, "package.json"), "utf8"));
  return Object.values(exports)
    .map((entry) => entry["@handfast/source"])
    .filter((path) => path !== undefined)
    .map((path) => `^packages/${name}/${literally(path.slice("./".length))}$`);
}

const publicEntries = Object.keys(packages).flatMap(entries);

const known = new Set([...stages.flat(), "memory", "index.ts"]);
const stray = readdirSync(join(__dirname, "packages/core/src")).filter((name) => !known.has(name));
if (stray.length > 0) {
  throw new Error(
    `packages/core/src has no stage named ${stray.join(", ")}; add it to .dependency-cruiser.cjs`,
  );
}

const stageRules = stages.flatMap((rank, index) =>
  rank.map((stage) => ({
    name: `core-stage-${stage.replace(".ts", "")}`,
    comment: `a stage imports itself and stages before it: ${stages
      .slice(0, index + 1)
      .flat()
      .join(", ")}`,
    severity: "error",
    from: { path: inCore(stage) },
    to: {
      path: "^packages/core/src/",
      pathNot: stages
        .slice(0, index + 1)
        .flat()
        .map(inCore),
    },
  })),
);

const packageRules = Object.entries(packages).map(([name, { siblings, modules }]) => ({
  name: `package-${name}`,
  comment: `the sources of ${name} import node:, ${[...siblings, ...modules].join(", ")} and nothing else`,
  severity: "error",
  from: { path: `^packages/${name}/src/` },
  to: {
    dependencyTypesNot: ["core"],
    pathNot: [
      `^packages/${name}/src/`,
      ...siblings.map((sibling) => `^packages/${sibling}/`),
      ...modules.map(installed),
    ],
  },
}));

const confinedRules = confined.map(({ module, home, of }) => ({
  name: `only-at-home-${module
    .replace(/\/\[.*$/, "")
    .replace("@", "")
    .replace("/", "-")}`,
  comment: `${module} is imported only by files that match ${home}`,
  severity: "error",
  from: { path: of, pathNot: home },
  to: { path: installed(module) },
}));

module.exports = {
  forbidden: [
    ...packageRules,
    ...confinedRules,
    ...stageRules,
    {
      name: "core-memory",
      comment: "the memory adapter knows what any adapter may know",
      severity: "error",
      from: { path: inCore("memory") },
      to: { path: "^packages/core/src/", pathNot: memoryMayImport.map(inCore) },
    },
    {
      name: "public-entries",
      comment:
        "another package is entered by what its manifest exports, from sources, tests and examples alike",
      severity: "error",
      from: { path: "^packages/([^/]+)/" },
      to: { path: "^packages/[^/]+/(src|test)/", pathNot: ["^packages/$1/", ...publicEntries] },
    },
    {
      name: "public-entries-examples",
      comment: "examples show what a user can write",
      severity: "error",
      from: { path: "^examples/" },
      to: { path: "^packages/[^/]+/(src|test)/", pathNot: publicEntries },
    },
    {
      name: "by-name",
      comment: "another package is imported by its name, not by a path",
      severity: "error",
      from: { path: "^(packages/[^/]+|examples)/" },
      to: { path: "^packages/", pathNot: "^$1/", dependencyTypes: ["local"] },
    },
    {
      name: "no-tests-in-sources",
      comment: "sources never import tests",
      severity: "error",
      from: { path: "^packages/[^/]+/src/" },
      to: { path: "(^|/)test/" },
    },
    {
      name: "no-cycles",
      comment: "no import cycles, not even of types",
      severity: "error",
      from: {},
      to: { circular: true },
    },
    {
      name: "resolvable",
      comment: "an import that resolves to nothing: a missing dependency or a wrong path",
      severity: "error",
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    tsConfig: { fileName: "tsconfig.json" },
    tsPreCompilationDeps: true,
    doNotFollow: { path: "node_modules" },
    enhancedResolveOptions: {
      conditionNames: ["@handfast/source", "import", "node", "default", "types"],
      exportsFields: ["exports"],
    },
  },
};
