import { expect, it } from "vitest";
import type { Adapter } from "../../src/adapter/define-adapter.ts";
import { Watcher } from "../../src/apply/watcher.ts";
import type { Clock } from "../../src/clock.ts";

const turn = () => new Promise((resolve) => setImmediate(resolve));

/** A watcher of an adapter whose every read waits to be answered. */
function slowWatcher(clock: Clock) {
  const asked: string[][] = [];
  let answer: (() => void) | undefined;
  const read = async (targets: readonly { readonly key: string }[]) => {
    asked.push(targets.map(({ key }) => key));
    await new Promise<void>((resolve) => {
      answer = resolve;
    });
    return targets.map(() => ({ objects: [], now: {}, may: [], settled: true, owner: "us", findings: [] }));
  };
  const adapter = { facts: { name: "test.slow" }, definition: { read } } as unknown as Adapter;
  const watcher = new Watcher(adapter, {
    clock,
    signal: new AbortController().signal,
    keep: async () => ({ sha256: "", size: 0 }),
  });
  return { watcher, asked, answer: () => answer?.() };
}

it("read answers who asks during a read by the next one, together with all who came meanwhile", async () => {
  const { watcher, asked, answer } = slowWatcher({ now: () => 0, sleep: async () => undefined });
  const first = ["a", "b"].map((key) => watcher.read(key, {}));
  await turn();
  const second = ["c", "a"].map((key) => watcher.read(key, {}));
  await turn();
  const third = watcher.read("d", {});
  await turn();
  expect(asked).toEqual([["a", "b"]]);
  answer();
  await Promise.all(first);
  await turn();
  expect(asked).toEqual([
    ["a", "b"],
    ["c", "a", "d"],
  ]);
  answer();
  await Promise.all([...second, third]);
});

it("wait looks once at least for somebody who came during a read that outlasted the deadline", async () => {
  let now = 0;
  const { watcher, answer } = slowWatcher({ now: () => now, sleep: async () => undefined });
  const wait = (key: string) => watcher.wait(key, {}, { everyMs: 0, deadline: now }, () => key);
  const first = wait("first");
  await turn();
  const late = wait("late");
  now = 60_000;
  answer();
  expect(await first).toBe("first");
  await turn();
  answer();
  expect(await late).toBe("late");
});
