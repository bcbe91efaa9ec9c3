import { describe, expect, it } from "vitest";
import {
  type Check,
  type CheckRequest,
  createHandfast,
  fromValue,
  memoryPresenter,
  memoryVerifier,
  type RunEvent,
} from "../../src/index.ts";
import { certificates, keys } from "../fixtures/certificates.ts";
import { passing, shop } from "../fixtures/shop.ts";

type Shop = ReturnType<typeof shop>;

function instance({ world, journal, clock }: Shop, check: Check) {
  return createHandfast({
    adapters: [
      memoryVerifier(world, { modes: ["off", "request", "required"], atMostMs: 5_000 }),
      memoryPresenter(world, { atMostMs: 5_000 }),
    ],
    journal,
    secrets: { "edge-key": fromValue(keys.a1) },
    prober: passing,
    checks: { "error-rate": check },
    clock,
  });
}

function specOf(handfast: ReturnType<typeof instance>, bake: "0s" | "10m" = "10m") {
  return handfast.spec({
    trust: { edge: { anchors: certificates.a } },
    identities: { edge: { chain: certificates.a1, key: { secret: "edge-key" } } },
    verifiers: { shop: { adapter: "memory.verifier", listener: "shop", mode: "required", trust: "edge" } },
    presenters: {
      canary: { adapter: "memory.presenter", hostnames: ["c"], shows: "edge" },
      rest: { adapter: "memory.presenter", hostnames: ["r"], shows: "edge" },
    },
    links: [
      { from: "canary", to: "shop", probe: { url: "https://{hostname}/" } },
      { from: "rest", to: "shop", probe: { url: "https://{hostname}/" } },
    ],
    waves: [{ name: "canary", from: ["canary"], bake, checks: ["error-rate"] }, { name: "rest" }],
  });
}

const ok = { verdict: "passed", reason: "1 in 1,000 fails", evidence: { ratio: 0.001 } } as const;
const bad = { verdict: "failed", reason: "1 in 5 fails", evidence: { ratio: 0.2 } } as const;
const mute = { verdict: "inconclusive", reason: "no traffic", evidence: {} } as const;

/** Runs the spec with a check that says these one after the other, the last for ever. */
async function run(answers: readonly Awaited<ReturnType<Check>>[], bake?: "0s" | "10m") {
  const made = shop();
  const asked: (CheckRequest & { readonly at: number })[] = [];
  const events: RunEvent[] = [];
  const handfast = instance(made, async (request) => {
    asked.push({ ...request, at: made.clock.now() });
    return answers[Math.min(asked.length, answers.length) - 1] ?? ok;
  });
  const plan = await handfast.plan(specOf(handfast, bake));
  const report = await handfast.apply(plan, {
    onEvent: (event) => events.push(event),
    onFailure: "roll-back",
  });
  const wave = report.steps.find(({ phase, about }) => phase === "wave" && about === "canary");
  return { ...made, handfast, plan, report, wave, asked, events };
}

describe("checks of a wave", () => {
  it("watch while it bakes, and let the next wave move once they pass at its end", async () => {
    const { report, wave, asked, events } = await run([ok]);
    expect(report.status).toBe("done");
    expect(wave).toMatchObject({ status: "settled", proof: { verdict: "passed" } });
    expect(wave?.proof?.evidence).toEqual({ "error-rate": "passed", "error-rate.ratio": 0.001 });
    const [first, last] = [asked[0], asked.at(-1)];
    expect(first).toMatchObject({ check: "error-rate", runId: report.runId, wave: "canary" });
    expect((last?.at ?? 0) - (first?.since ?? 0)).toBeGreaterThanOrEqual(600_000);
    expect(asked.length).toBeGreaterThan(10);
    expect(events.filter(({ kind }) => kind === "proof").length).toBeGreaterThan(asked.length);
    expect(report.proofs).toContainEqual(expect.objectContaining({ link: "canary", verdict: "passed" }));
  });

  it("look once at least where nothing bakes", async () => {
    const { report, asked } = await run([ok], "0s");
    expect(report.status).toBe("done");
    expect(asked).toHaveLength(1);
  });

  it("end the wave at once when one fails, before the rest has moved, and go back by policy", async () => {
    const { report, wave, asked, world } = await run([ok, ok, bad]);
    expect(asked).toHaveLength(3);
    expect(report).toMatchObject({ status: "failed", takenBack: [{ status: "done" }] });
    expect(wave).toMatchObject({ status: "failed", error: { code: "PROOF_FAILED" } });
    expect(wave?.error?.message).toContain("error-rate: 1 in 5 fails");
    expect(world.get("association/r")).toBeUndefined();
    expect(world.get("association/c")).toBeUndefined();
  });

  it("hold the run when nothing could be known at the end, and a resume looks again", async () => {
    const made = shop();
    let answer: Awaited<ReturnType<Check>> = mute;
    const handfast = instance(made, async () => answer);
    const report = await handfast.apply(await handfast.plan(specOf(handfast)), { onFailure: "roll-back" });
    expect(report).toMatchObject({ status: "held" });
    expect(report.takenBack).toBeUndefined();
    expect(made.world.get("association/r")).toBeUndefined();
    answer = ok;
    expect((await handfast.resume(report.runId)).status).toBe("done");
  });

  it("may be inconclusive on the way", async () => {
    expect((await run([mute, mute, ok])).report.status).toBe("done");
  });

  it("count as inconclusive when they throw, and their text stays out of the journal", async () => {
    const made = shop();
    const handfast = instance(made, async () => {
      throw new Error("token=hunter2");
    });
    const report = await handfast.apply(await handfast.plan(specOf(handfast, "0s")));
    expect(report.status).toBe("held");
    expect(JSON.stringify(report)).not.toContain("hunter2");
  });

  it("must be at hand before anything is changed", async () => {
    const made = shop();
    const handfast = instance(made, async () => ok);
    const plan = await handfast.plan(specOf(handfast));
    const without = createHandfast({
      adapters: [
        memoryVerifier(made.world, { modes: ["off", "request", "required"], atMostMs: 5_000 }),
        memoryPresenter(made.world, { atMostMs: 5_000 }),
      ],
      journal: made.journal,
      secrets: { "edge-key": fromValue(keys.a1) },
      prober: passing,
      clock: made.clock,
    });
    await expect(without.apply(plan)).rejects.toMatchObject({
      code: "GATE_MISSING",
      message: expect.stringContaining("error-rate"),
    });
    expect(made.world.get("listener/shop")).toMatchObject({ mode: "off" });
    expect(() => without.parseSpec({ ...minimal, waves: [{ name: "all", checks: ["error-rate"] }] })).toThrow(
      expect.objectContaining({ code: "SPEC_INVALID" }),
    );
  });
});

const minimal = {
  trust: {},
  verifiers: { shop: { adapter: "memory.verifier", listener: "shop", mode: "off" } },
  links: [],
};
