import { expect, it } from "vitest";
import type { Adapter } from "../../src/adapter/define-adapter.ts";
import { Watcher } from "../../src/apply/watcher.ts";

it("wait looks once at least for somebody who came during a read that outlasted the deadline", async () => {
  let now = 0;
  let answer: (() => void) | undefined;
  const read = async (targets: readonly unknown[]) => {
    await new Promise<void>((resolve) => {
      answer = resolve;
    });
    return targets.map(() => ({ objects: [], now: {}, may: [], settled: true, owner: "us", findings: [] }));
  };
  const adapter = { facts: { name: "test.slow" }, definition: { read } } as unknown as Adapter;
  const context = {
    clock: { now: () => now, sleep: async () => undefined },
    signal: new AbortController().signal,
    keep: async () => ({ sha256: "", size: 0 }),
  };
  const watcher = new Watcher(adapter, context);
  const turn = () => new Promise((resolve) => setImmediate(resolve));
  const wait = (key: string) => watcher.wait(key, {}, { everyMs: 0, deadline: now }, () => key);
  const first = wait("first");
  await turn();
  const late = wait("late");
  now = 60_000;
  answer?.();
  expect(await first).toBe("first");
  await turn();
  answer?.();
  expect(await late).toBe("late");
});
