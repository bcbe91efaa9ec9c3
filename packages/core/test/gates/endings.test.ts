import { describe, expect, it } from "vitest";
import {
  createHandfast,
  fromValue,
  HandfastError,
  memoryPresenter,
  memoryVerifier,
  type Prober,
} from "../../src/index.ts";
import { keys } from "../fixtures/certificates.ts";
import { passing } from "../fixtures/shop.ts";
import { errorsOf, failing, fine, gated, twoLinks, twoListeners, unsure, watched } from "./gated.ts";

const hourMs = 3_600_000;

describe("a run that has failed", () => {
  /** The shop is narrowed in the first wave, and refuses its link from then on; the second wave bakes for long. */
  const afterNarrowing = (mode: () => unknown): Prober => {
    return async (request) => {
      const isRefused = mode() === "required" && request.link.startsWith("canary");
      return isRefused ? failing("HTTP 520") : await passing(request);
    };
  };

  it.each(["a bake", "a bake with checks"])("goes back at once, and does not wait for %s", async (what) => {
    const { instance, clock, mode } = gated();
    const handfast = instance({ prober: afterNarrowing(mode), checks: { errors: async () => fine } });
    const checks = what === "a bake" ? {} : { checks: ["errors"] };
    const spec = handfast.parseSpec({
      ...twoListeners,
      waves: [
        { name: "canary", from: ["canary"] },
        { name: "rest", bake: "12h", ...checks },
      ],
    });
    const began = clock.now();
    const report = await handfast.apply(await handfast.plan(spec), { onFailure: "roll-back" });
    expect(report).toMatchObject({ status: "failed", takenBack: [{ status: "done" }] });
    expect(clock.now() - began).toBeLessThan(hourMs);
    expect(mode()).toBe("off");
    const bake = report.steps.find(({ about, phase }) => phase === "wave" && about === "rest");
    expect(bake).toMatchObject({ status: "skipped", because: "the run stopped while it waited" });
  });

  it("does not wait for logs", async () => {
    const { instance, clock, mode } = gated();
    const handfast = instance({
      prober: afterNarrowing(mode),
      logs: { log: async ({ from }) => ({ from, to: from, complete: true, unreadable: 0, connections: [] }) },
    });
    const { canary, rest } = { canary: twoListeners.verifiers.shop, rest: twoListeners.verifiers.api };
    const evidence = { logs: "log", since: "7d", wait: "12h" };
    const verifiers = { shop: canary, api: { ...rest, evidence } };
    const began = clock.now();
    const plan = await handfast.plan(handfast.parseSpec({ ...twoListeners, verifiers }));
    const report = await handfast.apply(plan, { onFailure: "roll-back" });
    expect(report).toMatchObject({ status: "failed", takenBack: [{ status: "done" }] });
    expect(clock.now() - began).toBeLessThan(hourMs);
  });
});

describe("a failure and a doubt", () => {
  it.each(["canary", "rest"])("end in a failure, whichever comes first: %s is in doubt", async (doubtful) => {
    const { instance, mode } = gated();
    const handfast = instance({
      proof: { atMostMs: 5_000 },
      prober: async (request) => {
        if (mode() !== "required") return await passing(request);
        return request.link.startsWith(doubtful) ? unsure() : failing();
      },
    });
    const report = await handfast.apply(await handfast.plan(handfast.parseSpec(twoLinks)), {
      onFailure: "roll-back",
    });
    expect(report).toMatchObject({ status: "failed", takenBack: [{ status: "done" }] });
    expect(mode()).toBe("off");
  });

  it("do not keep a held run waiting for a bake, which is looked at once more", async () => {
    const { instance, clock, mode } = gated();
    let looks = 0;
    const handfast = instance({
      proof: { atMostMs: 5_000 },
      prober: async (request) =>
        mode() === "required" && request.link.startsWith("canary") ? unsure() : await passing(request),
      checks: { errors: async () => (++looks > 1 ? failing("5xx") : fine) },
    });
    const spec = handfast.parseSpec({
      ...twoListeners,
      waves: [
        { name: "canary", from: ["canary"] },
        { name: "rest", bake: "12h", checks: ["errors"] },
      ],
    });
    const began = clock.now();
    const report = await handfast.apply(await handfast.plan(spec), { onFailure: "roll-back" });
    expect(looks).toBe(2);
    expect(report).toMatchObject({ status: "failed", takenBack: [{ status: "done" }] });
    expect(clock.now() - began).toBeLessThan(hourMs);
  });
});

describe("a failure that is covered", () => {
  const wide = {
    presenters: {
      ...twoLinks.presenters,
      rest: { ...twoLinks.presenters.rest, hostnames: ["r1", "r2", "r3"] },
    },
    waves: [
      { name: "canary", from: ["canary"] },
      { name: "rest", maxFailures: 1 },
    ],
  };

  it("by its wave's budget holds the run, takes nothing back, and is gone past by no verifier", async () => {
    const { instance, mode, world } = gated();
    let isMended = false;
    const handfast = instance({
      prober: async (request) =>
        request.link.startsWith("rest/r1") && !isMended ? failing("HTTP 503") : await passing(request),
    });
    const plan = await handfast.plan(handfast.parseSpec({ ...twoLinks, ...wide }));
    const report = await handfast.apply(plan, { onFailure: "roll-back" });
    expect(report.status).toBe("held");
    expect(report.takenBack).toBeUndefined();
    expect(mode()).toBe("request");
    expect(world.get("association/r3")).toBeDefined();
    expect(errorsOf(report)).toMatch(/PROOF_FAILED.*HTTP 503.*the run goes on/);
    expect(errorsOf(report)).not.toContain("stops here");
    isMended = true;
    expect((await handfast.resume(report.runId)).status).toBe("done");
    expect(mode()).toBe("required");
  });

  it("is one no more when it is one too many", async () => {
    const { instance, mode } = gated();
    const handfast = instance({
      prober: async (request) =>
        /^rest\/r[12]/.test(request.link) ? failing("HTTP 503") : await passing(request),
    });
    const plan = await handfast.plan(handfast.parseSpec({ ...twoLinks, ...wide }));
    const report = await handfast.apply(plan, { onFailure: "roll-back" });
    expect(report.status).toBe("failed");
    expect(report.takenBack).toHaveLength(1);
    expect(errorsOf(report)).toContain("the run stops here");
    expect(mode()).toBe("off");
  });

  it("by being a clean-up behind the last switch holds the run, and takes no proved rollout back", async () => {
    const { world, clock, journal, mode } = gated();
    const plain = memoryVerifier(world, { modes: ["off", "request", "required"], atMostMs: 1_000 });
    let isRefused = true;
    let cleaned = 0;
    const { steps, perform, check, after } = plain.definition;
    const tidy = "tidy";
    const handfast = createHandfast({
      adapters: [
        {
          ...plain,
          definition: {
            ...plain.definition,
            // behind each narrowing something is tidied up that nobody meets
            steps: (...move: Parameters<typeof steps>) => {
              const planned = steps(...move);
              const last = planned.steps.at(-1);
              if (last?.effect !== "switch" || !JSON.stringify(last.action).includes('"required"'))
                return planned;
              const step = {
                ...last,
                key: tidy,
                after: [last.key],
                effect: "none" as const,
                summary: "tidy up",
              };
              return { ...planned, steps: [...planned.steps, step] };
            },
            after: (...asked: Parameters<typeof after>) =>
              asked[2].key === tidy ? asked[1] : after(...asked),
            check: (...asked: Parameters<typeof check>) =>
              asked[1].key === tidy ? (cleaned > 0 ? "done" : "todo") : check(...asked),
            perform: async (...asked: Parameters<typeof perform>) => {
              if (asked[0][0]?.step.key !== tidy) return await perform(...asked);
              if (isRefused) throw new HandfastError("REMOTE_UNAUTHORIZED", "delete listener failed: denied");
              cleaned += 1;
              return [{}];
            },
          },
        },
        memoryPresenter(world, { atMostMs: 1_000 }),
      ],
      journal,
      secrets: { "edge-key": fromValue(keys.a1) },
      prober: passing,
      clock,
    });
    const plan = await handfast.plan(handfast.parseSpec(twoLinks));
    expect(plan.steps.map(({ summary }) => summary)).toContain("tidy up");
    const report = await handfast.apply(plan, { onFailure: "roll-back" });
    expect(report.status).toBe("held");
    expect(report.takenBack).toBeUndefined();
    expect(mode()).toBe("required");
    expect(report.steps.filter(({ status }) => status !== "settled").map(({ summary }) => summary)).toEqual([
      "tidy up",
    ]);
    isRefused = false;
    expect((await handfast.resume(report.runId)).status).toBe("done");
    expect(cleaned).toBe(1);
  });
});

it("a run that is stopped by its caller in a bake says so", async () => {
  const { instance } = gated();
  const stop = new AbortController();
  const handfast = instance({
    checks: {
      errors: async () => {
        stop.abort();
        return fine;
      },
    },
  });
  const plan = await handfast.plan(handfast.parseSpec({ ...twoLinks, ...watched() }));
  const report = await handfast.apply(plan, { signal: stop.signal, onFailure: "roll-back" });
  expect(report.status).toBe("aborted");
  expect(report.steps.find(({ phase }) => phase === "wave")).toMatchObject({
    status: "skipped",
    because: "the run was stopped while it waited",
  });
});
