/**
 * A library is silent: a test fails when anything is written through `console`, by the sources or by the test. What a
 * test has to tell a person (that it was skipped, and why) it writes with `process.stderr.write("skipped: …\n")`.
 */
import { afterAll, afterEach } from "vitest";

const methods = ["log", "info", "warn", "error", "debug", "trace", "dir", "table"] as const;
const said: string[] = [];

for (const method of methods) {
  globalThis.console[method] = (...values: unknown[]) => {
    said.push(`console.${method}(${values.map(String).join(", ")})`);
  };
}

function expectSilence(): void {
  const lines = said.splice(0);
  if (lines.length > 0) throw new Error(`console output in a test:\n${lines.join("\n")}`);
}

afterEach(expectSilence);
// Output between tests: while a module loads, in hooks, from timers.
afterAll(expectSilence);
