/**
 * Holds the types of the spec to a budget: a large spec (8 adapters, 200 presenters, 20 verifiers, 200 links) must not
 * make editors slow. Instantiations are the same on every machine and are what is budgeted tightly; time is a backstop.
 *
 * Run: `node --conditions=@handfast/source scripts/check-types-budget.ts`
 */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const folder = join(root, "node_modules/.cache/handfast-types-budget");

/** Type instantiations of the large spec beyond those of an empty one. Measured: 71,000. */
const mostInstantiations = 90_000;
/** CPU milliseconds beyond an empty one, the better of two runs. Measured: 450 to 650; a slow machine gets room. */
const mostMs = 2_000;

const count = (length: number, write: (index: number) => string): string =>
  Array.from({ length }, (_, index) => write(index)).join("\n");

const adapters = [
  ...Array.from(
    { length: 5 },
    (_, index) =>
      `VerifierAdapter<"toy.verifier-${index}", { listener${index}: string; ports?: number[] | undefined }, "off" | "request" | "required", ${index < 3 ? '"crl"' : '"none"'}>`,
  ),
  ...Array.from(
    { length: 3 },
    (_, index) =>
      `PresenterAdapter<"toy.presenter-${index}", { zone${index}: string; hostnames: string[] }, ${index === 0}>`,
  ),
];

const head = `
import type { PresenterAdapter, VerifierAdapter } from "${join(root, "packages/core/src/adapter/define-adapter.ts")}";
import type { SpecDoor } from "${join(root, "packages/core/src/spec/spec-door.ts")}";
declare const handfast: SpecDoor<${adapters.join(" | ")}, "key-a" | "key-b">;
`;

const empty = `${head}
handfast.spec({ trust: {}, verifiers: {}, links: [] });
`;

const large = (to: (index: number) => string): string => `${head}
handfast.spec({
  trust: {
${count(10, (index) => `    "trust-${index}": { anchors: { file: "ca-${index}.pem" } },`)}
  },
  identities: {
${count(20, (index) => `    "leaf-${index}": { chain: { file: "leaf.pem" }, key: { secret: "key-a" } },`)}
  },
  verifiers: {
${count(20, (index) => `    "verifier-${index}": { adapter: "toy.verifier-${index % 5}", listener${index % 5}: "${index}", mode: "required", trust: "trust-${index % 10}" },`)}
  },
  presenters: {
${count(200, (index) => `    "presenter-${index}": { adapter: "toy.presenter-${index % 3}", zone${index % 3}: "z", hostnames: ["${index}.example.com"], shows: "leaf-${index % 20}" },`)}
  },
  links: [
${count(200, (index) => `    { from: "presenter-${index}", to: "${to(index)}", probe: { url: "https://{hostname}/" } },`)}
  ],
  waves: [{ name: "first", from: ["presenter-0"], bake: "1h" }, { name: "rest" }],
});
`;

interface Cost {
  readonly instantiations: number;
  readonly ms: number;
  readonly errors: readonly string[];
}

function check(name: string, text: string): Cost {
  const file = join(folder, `${name}.ts`);
  writeFileSync(file, text);
  const config = ts.readConfigFile(join(root, "tsconfig.json"), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(
    { ...config.config, include: [], files: [file] },
    ts.sys,
    root,
  );
  const program = ts.createProgram([file], options);
  const source = program.getSourceFile(file);
  const before = process.cpuUsage();
  const found = program.getSemanticDiagnostics(source);
  const { user, system } = process.cpuUsage(before);
  return {
    instantiations: program.getInstantiationCount(),
    ms: (user + system) / 1_000,
    errors: found.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, " ")),
  };
}

function fail(reason: string): void {
  console.error(`check-types-budget: ${reason}`);
  process.exitCode = 1;
}

mkdirSync(folder, { recursive: true });
try {
  const verifierOf = (index: number): string => `verifier-${index % 20}`;
  const baselines = [check("empty", empty), check("empty", empty)];
  const wholes = [check("large", large(verifierOf)), check("large", large(verifierOf))];
  const wrong = check(
    "wrong",
    large((index) => (index === 150 ? "verifier-200" : verifierOf(index))),
  );

  const [baseline] = baselines;
  const [whole] = wholes;
  if (baseline === undefined || whole === undefined) throw new Error("nothing was measured");
  const least = (costs: readonly Cost[]): number => Math.min(...costs.map(({ ms }) => ms));
  const instantiations = whole.instantiations - baseline.instantiations;
  const ms = Math.round(least(wholes) - least(baselines));
  console.log(
    `types of a large spec: ${instantiations} instantiations (most ${mostInstantiations}), ${ms} ms CPU (most ${mostMs}); an empty one: ${baseline.instantiations}, ${Math.round(least(baselines))} ms`,
  );

  if (instantiations > mostInstantiations)
    fail(`${instantiations} instantiations, ${mostInstantiations} allowed`);
  if (ms > mostMs) fail(`${ms} ms, ${mostMs} allowed`);
  // A budget says nothing when the types have stopped checking.
  for (const error of [...baseline.errors, ...whole.errors])
    fail(`a correct spec does not compile: ${error}`);
  if (wrong.errors.length !== 1) fail(`one wrong name gave ${wrong.errors.length} errors instead of 1`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
