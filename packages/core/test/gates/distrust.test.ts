import { describe, expect, it } from "vitest";
import type { Check, ConnectionLog, Prober } from "../../src/index.ts";
import { errorsOf, failing, fine, gated, logged, ours, twoLinks, watched } from "./gated.ts";

const cyclic: Record<string, unknown> = {};
cyclic.self = cyclic;

/** Answers of somebody else's code that are no result. */
const noResults: readonly (readonly [name: string, answer: unknown, fault: string])[] = [
  ["nothing", undefined, "it answered undefined"],
  ["null", null, "it answered null"],
  ["true", true, "it answered boolean"],
  ["a text", "failed", "it answered string"],
  ["a verdict that is none", { verdict: "fail", reason: "x", evidence: {} }, "verdict is not"],
  ["a verdict in capitals", { verdict: "FAILED", reason: "x", evidence: {} }, "verdict is not"],
  ["false as verdict", { verdict: false, reason: "x", evidence: {} }, "verdict is not"],
  ["no verdict", { ok: false, reason: "x", evidence: {} }, "verdict is not"],
  ["no reason", { verdict: "passed", evidence: {} }, "reason is not"],
  ["no evidence", { verdict: "passed", reason: "x" }, "evidence is not"],
  ["NaN", { verdict: "failed", reason: "x", evidence: { rate: Number.NaN } }, "evidence.rate is not"],
  ["a BigInt", { verdict: "passed", reason: "x", evidence: { n: 1n } }, "evidence.n is not"],
  ["a cycle", { verdict: "passed", reason: "x", evidence: { cyclic } }, "evidence.cyclic is not"],
  ["nested evidence", { verdict: "passed", reason: "x", evidence: { a: { b: 1 } } }, "evidence.a is not"],
];

describe("an answer that is no result", () => {
  it.each(noResults)("of a check is inconclusive, and says why: %s", async (_, answer, fault) => {
    const { instance, world } = gated();
    const handfast = instance({ checks: { errors: (async () => answer) as Check } });
    const report = await handfast.apply(
      await handfast.plan(handfast.parseSpec({ ...twoLinks, ...watched("1m") })),
      { onFailure: "roll-back" },
    );
    expect(report).toMatchObject({ status: "held" });
    expect(errorsOf(report)).toMatch(/PROOF_INCONCLUSIVE.*check errors/);
    expect(errorsOf(report)).toContain(fault);
    expect(world.get("association/r")).toBeUndefined();
  });

  it.each(noResults)("of a prober is inconclusive, and says why: %s", async (_, answer, fault) => {
    const { instance, mode } = gated();
    const handfast = instance({ prober: (async () => answer) as Prober });
    const report = await handfast.apply(await handfast.plan(handfast.parseSpec(twoLinks)), {
      onFailure: "roll-back",
    });
    expect(report).toMatchObject({ status: "held" });
    expect(errorsOf(report)).toMatch(/PROOF_INCONCLUSIVE.*the prober gave no result/);
    expect(errorsOf(report)).toContain(fault);
    expect(mode()).toBe("request");
  });

  const whole = { complete: true, unreadable: 0, connections: [] };
  it.each<[string, unknown, string]>([
    ["nothing", undefined, "it answered undefined"],
    ["an empty object", {}, "from is not"],
    ["a time that is none", { ...whole, from: Number.NaN }, "from is not"],
    ["complete in words", { ...whole, complete: "no" }, "complete is not"],
    ["no count of unreadable lines", { ...whole, unreadable: undefined }, "unreadable is not"],
    [
      "a count in words",
      { ...whole, connections: [{ ...one("served"), count: "3" }] },
      "connections.0.count",
    ],
    [
      "a count below nothing",
      { ...whole, connections: [{ ...one("served"), count: -5 }] },
      "connections.0.count",
    ],
    ["an outcome that is none", { ...whole, connections: [one("Served")] }, "connections.0.outcome"],
    [
      "something shown that is none",
      { ...whole, connections: [{ ...one("served"), shown: "Nothing" }] },
      "connections.0.shown",
    ],
  ])("of a reader of logs is inconclusive, and says why: %s", async (_, answer, fault) => {
    const { instance, mode } = gated();
    const log: ConnectionLog = async ({ from, to }) =>
      (typeof answer === "object"
        ? { ...(fault.startsWith("from") ? {} : { from }), to, ...answer }
        : answer) as never;
    const handfast = instance({ logs: { log } });
    const report = await handfast.apply(
      await handfast.plan(handfast.parseSpec({ ...twoLinks, ...logged({ wait: "1m", atLeast: 0 }) })),
      { onFailure: "roll-back" },
    );
    expect(report).toMatchObject({ status: "held" });
    expect(errorsOf(report)).toMatch(/PROOF_INCONCLUSIVE.*the reader of logs log gave no reading/);
    expect(errorsOf(report)).toContain(fault);
    expect(mode()).toBe("request");
  });

  it("is kept short and well-formed, however long", async () => {
    const { instance } = gated();
    const long = {
      verdict: "passed",
      reason: `\ud800${"x".repeat(1_000_000)}`,
      evidence: { at: "y".repeat(1_000_000) },
    } as const;
    const handfast = instance({ prober: async () => long });
    const report = await handfast.apply(await handfast.plan(handfast.parseSpec(twoLinks)));
    expect(report.status).toBe("done");
    expect(JSON.stringify(report).length).toBeLessThan(40_000);
    expect(report.proofs.every(({ reason }) => reason.isWellFormed())).toBe(true);
  });
});

function one(outcome: string) {
  return { shown: ours, outcome, count: 5, lastAt: 0 };
}

const never = () => new Promise<never>(() => {});

describe("an answer that never comes", () => {
  it("of a check is inconclusive after its limit, and the check is told to stop", async () => {
    const { instance, clock } = gated();
    const told: AbortSignal[] = [];
    const check: Check = async ({ signal }) => {
      told.push(signal);
      return await never();
    };
    const handfast = instance({ checks: { errors: check } });
    const plan = await handfast.plan(handfast.parseSpec({ ...twoLinks, ...watched("1m") }));
    const began = clock.now();
    const report = await handfast.apply(plan, { onFailure: "roll-back" });
    expect(report.status).toBe("held");
    expect(errorsOf(report)).toContain("check errors gave no answer within 60 s");
    expect(clock.now() - began).toBeLessThan(10 * 60_000);
    expect(told.every(({ aborted }) => aborted)).toBe(true);
  });

  it("of a check hides no other that failed, which ends the wave at once", async () => {
    const { instance, clock, world } = gated();
    const handfast = instance({ checks: { slow: never, errors: async () => failing("5xx") } });
    const waves = [
      { name: "canary", from: ["canary"], bake: "1h", checks: ["slow", "errors"] },
      { name: "rest" },
    ];
    const plan = await handfast.plan(handfast.parseSpec({ ...twoLinks, waves }));
    const began = clock.now();
    const report = await handfast.apply(plan, { onFailure: "roll-back" });
    expect(report).toMatchObject({ status: "failed", takenBack: [{ status: "done" }] });
    expect(errorsOf(report)).toContain("errors: 5xx");
    expect(clock.now() - began).toBeLessThan(60_000);
    expect(world.get("association/c")).toBeUndefined();
  });

  it("of a prober is inconclusive, and its limit can be set", async () => {
    const { instance, clock } = gated();
    const handfast = instance({ prober: never, answerMs: { prober: 5_000 }, proof: { atMostMs: 10_000 } });
    const plan = await handfast.plan(handfast.parseSpec(twoLinks));
    const began = clock.now();
    const report = await handfast.apply(plan);
    expect(report.status).toBe("held");
    expect(errorsOf(report)).toContain("the prober gave no answer within 5 s");
    expect(clock.now() - began).toBeLessThan(30_000);
  });

  it("of a reader of logs is bounded by how long the evidence may wait", async () => {
    const { instance, clock } = gated();
    const handfast = instance({ logs: { log: never } });
    const plan = await handfast.plan(handfast.parseSpec({ ...twoLinks, ...logged({ wait: "2m" }) }));
    const began = clock.now();
    const report = await handfast.apply(plan);
    expect(report.status).toBe("held");
    expect(errorsOf(report)).toContain("the reader of logs log gave no answer within 120 s");
    expect(clock.now() - began).toBeLessThan(3 * 60_000);
  });

  it.each([
    ["signal", "prober"],
    ["stopNow", "prober"],
    ["signal", "check"],
    ["stopNow", "check"],
    ["signal", "log"],
    ["stopNow", "log"],
  ] as const)("holds no run up that is stopped by %s: %s", async (by, who) => {
    const { instance } = gated();
    const stop = new AbortController();
    const hang = async () => {
      stop.abort();
      return await never();
    };
    const handfast = instance({
      ...(who === "prober" ? { prober: hang } : {}),
      checks: { errors: who === "check" ? hang : async () => fine },
      logs: { log: hang },
    });
    const spec = handfast.parseSpec({
      ...twoLinks,
      ...(who === "check" ? watched() : {}),
      ...(who === "log" ? logged() : {}),
    });
    const report = await handfast.apply(await handfast.plan(spec), { [by]: stop.signal });
    expect(report.status).toBe("aborted");
  });
});

it("a listener of events that rejects changes nothing, and ends no process", async () => {
  const { instance } = gated();
  const handfast = instance();
  const rejected: unknown[] = [];
  const note = (reason: unknown) => rejected.push(reason);
  process.on("unhandledRejection", note);
  const report = await handfast.apply(await handfast.plan(handfast.parseSpec(twoLinks)), {
    onEvent: async () => {
      throw new Error("the chat is down");
    },
  });
  await new Promise((resolve) => setImmediate(resolve));
  process.off("unhandledRejection", note);
  expect(report.status).toBe("done");
  expect(rejected).toEqual([]);
});

it("probes are not more at once than writes may be", async () => {
  const { instance } = gated();
  let atOnce = 0;
  let most = 0;
  const handfast = instance({
    concurrency: 3,
    prober: async () => {
      most = Math.max(most, ++atOnce);
      await new Promise((resolve) => setImmediate(resolve));
      atOnce -= 1;
      return fine;
    },
  });
  const hostnames = Array.from({ length: 40 }, (_, index) => `h${index}`);
  const rest = { ...twoLinks.presenters.rest, hostnames };
  const spec = handfast.parseSpec({ ...twoLinks, presenters: { ...twoLinks.presenters, rest } });
  expect((await handfast.apply(await handfast.plan(spec))).status).toBe("done");
  expect(most).toBe(3);
});

it("hundreds of links whose prober hangs hold the run soon", async () => {
  const { instance, clock } = gated();
  const handfast = instance({ prober: never });
  const hostnames = Array.from({ length: 300 }, (_, index) => `h${index}`);
  const rest = { ...twoLinks.presenters.rest, hostnames };
  const spec = handfast.parseSpec({ ...twoLinks, presenters: { ...twoLinks.presenters, rest } });
  const plan = await handfast.plan(spec);
  const began = clock.now();
  expect((await handfast.apply(plan)).status).toBe("held");
  expect(clock.now() - began).toBeLessThan(20 * 60_000);
});

it.each([
  ["proof", { atMostMs: Number.NaN }],
  ["proof", { atMostMs: Number.POSITIVE_INFINITY }],
  ["proof", { atMostMs: "5m" }],
  ["proof", { atMostMs: -1 }],
  ["proof", { atMostMs: 0 }],
  ["answerMs", { check: Number.NaN }],
  ["answerMs", { log: "1m" }],
  ["answerMs", { prober: 0 }],
])("createHandfast takes no %s of %j", (option, value) => {
  const { instance } = gated();
  expect(() => instance({ [option]: value })).toThrow(TypeError);
  expect(() => instance({ [option]: value })).toThrow(`${option}.${Object.keys(value)[0]}`);
});
