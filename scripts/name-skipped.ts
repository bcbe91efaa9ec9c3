import type { Reporter, TestModule } from "vitest/node";

/** Ends a run with a line for every test that was skipped, and why: none is left out unseen. */
export class NameSkipped implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    for (const module of modules) {
      for (const test of module.children.allTests()) {
        const result = test.result();
        if (result.state !== "skipped") continue;
        const why = result.note ?? (test.options.mode === "todo" ? "still to be written" : "no reason given");
        process.stdout.write(`skipped: ${module.relativeModuleId}: ${test.fullName}: ${why}\n`);
      }
    }
  }
}
