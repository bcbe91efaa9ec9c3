import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Test files that take a minute or more each, by the end of their path, the slowest first. */
const slow: readonly string[] = [
  "packages/aws/test/conformance.test.ts",
  "examples/test/crash/wire-judged.test.ts",
  "examples/test/traffic.test.ts",
  "examples/test/crash/kill-sample.test.ts",
  "packages/aws/test/cloudfront/conformance.test.ts",
  "examples/test/resilience.test.ts",
  "packages/aws/test/cloudfront-origin/conformance.test.ts",
  "packages/cloudflare/test/conformance.test.ts",
  "examples/test/demo.test.ts",
];

/**
 * Runs the slow test files before all others. A fresh machine knows no durations, and Vitest then goes by size: the
 * slowest are small, would come last, and one worker would wait for the other.
 */
export class SlowestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification): number => {
      const index = slow.findIndex((end) => moduleId.endsWith(end));
      return index < 0 ? slow.length : index;
    };
    return (await super.sort(files)).toSorted((one, other) => rank(one) - rank(other));
  }
}
