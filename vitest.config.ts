import { availableParallelism } from "node:os";
import { defineConfig, type TestProjectConfiguration } from "vitest/config";
import { NameSkipped } from "./scripts/name-skipped.ts";
import { SlowestFirst } from "./scripts/slowest-first.ts";

const conditions = ["@handfast/source"];

/** Tests run on the sources: no build comes first. */
const onSources = { resolve: { conditions }, ssr: { resolve: { conditions } } };

const tests: TestProjectConfiguration = {
  ...onSources,
  test: {
    name: "tests",
    include: [
      "packages/*/test/**/*.test.ts",
      "examples/test/**/*.test.ts",
      "crash-matrix/test/**/*.test.ts",
      "truth-table/test/**/*.test.ts",
    ],
    setupFiles: ["scripts/fail-on-console.ts"],
    // Generous: property tests and real handshakes share two cores. A test that hangs is still ended.
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
};

/** The conformance suites on real accounts. Only `pnpm test:live` asks for them. */
const live: TestProjectConfiguration = {
  ...onSources,
  test: {
    name: "live",
    include: ["packages/*/test/live/**/*.live.ts"],
    setupFiles: ["scripts/fail-on-console.ts"],
    // A provider takes minutes to settle, and an account has one set of quotas.
    testTimeout: 1_800_000,
    hookTimeout: 1_800_000,
    fileParallelism: false,
  },
};

/** Where the counted results go, for those who read them by machine; people read the default reporter. */
const report = process.env.HANDFAST_TEST_REPORT;

export default defineConfig({
  test: {
    // Vitest leaves a core to itself, which is half of a machine with two.
    maxWorkers: availableParallelism(),
    sequence: { sequencer: SlowestFirst },
    projects: process.env.HANDFAST_LIVE === "1" ? [live] : [tests],
    reporters: [
      "default",
      new NameSkipped(),
      ...(report === undefined ? [] : [["json", { outputFile: report }] as ["json", { outputFile: string }]]),
    ],
  },
});
