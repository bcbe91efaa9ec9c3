import { describe, expect, it } from "vitest";
import type { Prober, RunEvent } from "../../src/index.ts";
import { type jumpingClock, refusal, shop, wavedSpec } from "../fixtures/shop.ts";

const association = /^association\//;

describe("apply", () => {
  it("lets the rest start only after the canary is through and has baked", async () => {
    const { handfast, clock } = shop();
    const events: (RunEvent & { at: number })[] = [];
    const report = await handfast.apply(await handfast.plan(wavedSpec(handfast, { bake: "10m" })), {
      onEvent: (event) => events.push({ ...event, at: clock.now() }),
    });
    expect(report.status).toBe("done");
    const when = (kind: RunEvent["kind"], text: RegExp): number[] =>
      events
        .filter((event) => event.kind === kind && "summary" in event && text.test(event.summary))
        .map(({ at }) => at);
    const canaries = Math.max(...when("step-settled", /association\/c/));
    expect(Math.min(...when("step-started", /association\/r/)) - canaries).toBeGreaterThanOrEqual(600_000);
    expect(Math.min(...when("step-started", /create store/))).toBeLessThan(canaries);
  });

  it("goes on within a wave's budget of failures, and never narrows past a link that failed", async () => {
    const failing: Prober = async ({ url }) =>
      url.includes("//c2")
        ? { verdict: "failed", reason: "HTTP 525", evidence: {} }
        : { verdict: "passed", reason: "served", evidence: {} };
    const { handfast, world } = shop({ prober: failing });
    const plan = await handfast.plan(wavedSpec(handfast, { maxFailures: 1 }));
    const report = await handfast.apply(plan, { onFailure: "roll-back" });
    expect(report.status).toBe("held");
    expect(report.takenBack).toBeUndefined();
    expect(world.get("association/r3")).toBeDefined();
    expect(world.get("listener/shop")).toMatchObject({ mode: "request" });
    const failed = report.steps.find(({ status }) => status === "failed");
    expect(failed?.error?.message).toContain("the run goes on");
    expect(failed?.error?.message).not.toContain("stops here");
  });

  it("stops before the next wave when a wave has used up its budget", async () => {
    const failing: Prober = async () => ({ verdict: "failed", reason: "HTTP 525", evidence: {} });
    const { handfast, world } = shop({ prober: failing });
    const report = await handfast.apply(await handfast.plan(wavedSpec(handfast, { maxFailures: 1 })));
    expect(report.status).toBe("failed");
    expect(world.names("association/")).toEqual(["association/c1", "association/c2"]);
    expect(report.steps.filter(({ status }) => status === "skipped").length).toBeGreaterThan(3);
  });

  it("tries again what failed for a moment, after as long as the provider asked for", async () => {
    let refused = 0;
    const { handfast, clock } = shop({
      refuse: (object) => {
        if (association.test(object) && refused++ < 2)
          throw refusal("REMOTE_RATE_LIMITED", { retryAfterMs: 7_000 });
      },
    });
    const retries: number[] = [];
    const report = await handfast.apply(await handfast.plan(wavedSpec(handfast)), {
      onEvent: (event) => {
        if (event.kind === "step-retrying") retries.push(event.inMs);
      },
    });
    expect(report.status).toBe("done");
    expect(retries).toEqual([7_000, 7_000]);
    expect((clock as ReturnType<typeof jumpingClock>).sleeps).toContain(7_000);
  });

  it("reads the world after a lost answer, and does nothing twice", async () => {
    const lost = new Set<string>();
    const writes: string[] = [];
    const { handfast, world } = shop();
    const set = world.set.bind(world);
    world.set = (object, value) => {
      set(object, value);
      writes.push(object);
      if (lost.has(object)) return;
      lost.add(object);
      throw refusal("REMOTE_UNAVAILABLE", { outcomeUnknown: true });
    };
    const report = await handfast.apply(await handfast.plan(wavedSpec(handfast)));
    expect(report.status).toBe("done");
    expect(writes.filter((object) => association.test(object))).toHaveLength(5);
    expect(report.steps.filter(({ found }) => found === true).length).toBeGreaterThan(5);
  });

  it("does not try again what was refused, and says who must act", async () => {
    const { handfast } = shop({
      refuse: (object) => {
        if (association.test(object)) throw refusal("REMOTE_REJECTED");
      },
    });
    const report = await handfast.apply(await handfast.plan(wavedSpec(handfast)));
    expect(report.status).toBe("failed");
    const failed = report.steps.filter(({ status }) => status === "failed");
    expect(failed.every(({ attempts, error }) => attempts === 1 && error?.who === "operator")).toBe(true);
  });

  it("keeps an exception that nobody knows out of the report, and calls its outcome unknown", async () => {
    const { handfast } = shop({
      refuse: (object) => {
        if (association.test(object)) throw new Error("token tk-123 in a foreign message");
      },
    });
    const report = await handfast.apply(await handfast.plan(wavedSpec(handfast)));
    expect(report.status).toBe("failed");
    expect(JSON.stringify(report)).not.toContain("tk-123");
    expect(report.steps.find(({ status }) => status === "unknown")?.error?.code).toBe("REMOTE_UNEXPECTED");
  });

  it("makes no more calls at once than it may", async () => {
    let atOnce = 0;
    let most = 0;
    const { handfast } = shop({ concurrency: 2 });
    const spec = wavedSpec(handfast);
    const report = await handfast.apply(await handfast.plan(spec), {
      onEvent: (event) => {
        if (event.kind === "step-started" && event.phase !== "prove" && event.phase !== "wave")
          most = Math.max(most, ++atOnce);
        if (event.kind === "step-waiting") atOnce -= 1;
      },
    });
    expect(report.status).toBe("done");
    expect(most).toBe(2);
  });

  it("notices when somebody else writes to the object of a step that is under way", async () => {
    const { handfast, world } = shop();
    const report = await handfast.apply(await handfast.plan(wavedSpec(handfast)), {
      onEvent: (event) => {
        if (
          event.kind === "step-waiting" &&
          event.summary.includes("listener/shop") &&
          event.phase === "widen"
        ) {
          world.set("listener/shop", {
            kind: "listener",
            mode: "required",
            store: "foreign",
            ignoreExpiry: false,
          });
        }
      },
    });
    expect(report.status).toBe("failed");
    expect(report.steps.find(({ error }) => error?.code === "STEP_MOVED")?.phase).toBe("widen");
  });

  it("stops at once, calling nobody, when the journal can't be written", async () => {
    const { handfast, journal, world } = shop();
    const plan = await handfast.plan(wavedSpec(handfast));
    const open = journal.open.bind(journal);
    journal.open = async (run) => {
      const writer = await open(run);
      return {
        ...writer,
        append: async () => Promise.reject(refusal("REMOTE_UNAVAILABLE")),
        close: () => writer.close(),
        [Symbol.asyncDispose]: () => writer.close(),
      };
    };
    const before = world.calls.writes;
    await expect(handfast.apply(plan)).rejects.toThrow();
    expect(world.calls.writes).toBe(before);
  });

  it("tells, as often as it looks, how long a step has not been in effect", async () => {
    const { handfast } = shop({ lagMs: 4_500 });
    const waited: number[] = [];
    const report = await handfast.apply(await handfast.plan(wavedSpec(handfast)), {
      onEvent: (event) => {
        if (event.kind === "step-pending" && event.phase === "widen") waited.push(event.waitedMs);
        if (event.kind === "step-pending") expect(event.atMostMs).toBe(5_000);
      },
    });
    expect(report.status).toBe("done");
    expect(waited.at(-1)).toBe(4_000);
  });

  it("goes on when a listener of events throws", async () => {
    const { handfast } = shop();
    const report = await handfast.apply(await handfast.plan(wavedSpec(handfast)), {
      onEvent: () => {
        throw new Error("a mistake of the caller");
      },
    });
    expect(report.status).toBe("done");
  });

  it("says why when the provider could not be read until the time was up", async () => {
    const { handfast, world } = shop();
    const plan = await handfast.plan(wavedSpec(handfast));
    const get = world.get.bind(world);
    let isAway = false;
    world.get = (object) => {
      if (isAway) throw refusal("REMOTE_UNAVAILABLE");
      return get(object);
    };
    const report = await handfast.apply(plan, {
      onEvent: (event) => {
        if (event.kind === "step-waiting") isAway = true;
      },
    });
    const late = report.steps.find(({ error }) => error?.code === "STEP_TIMED_OUT");
    expect(late?.error?.message).toContain("the provider could not be read: write failed");
  });
});
