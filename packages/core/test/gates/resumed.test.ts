import { describe, expect, it } from "vitest";
import type { Policy } from "../../src/guardrails/index.ts";
import { freezeWindows } from "../../src/guardrails/index.ts";
import type { Check, ConnectionLog, Prober, RunEvent } from "../../src/index.ts";
import { certificates, keys } from "../fixtures/certificates.ts";
import { digest, evidence } from "../fixtures/evidence.ts";
import { passing } from "../fixtures/shop.ts";
import { errorsOf, failing, fine, gated, logged, ours, twoLinks, unsure, watched } from "./gated.ts";

const dayMs = 86_400_000;
const hourMs = 3_600_000;

/** Aborts when an event comes of which this is true. */
function stopAt(isTime: (event: RunEvent) => boolean) {
  const stop = new AbortController();
  return {
    signal: stop.signal,
    onEvent: (event: RunEvent) => {
      if (isTime(event)) stop.abort();
    },
  };
}

/** Stops when the last proof before the narrowing is through. */
const beforeNarrowing = () => {
  let proved = 0;
  return stopAt((event) => event.kind === "step-settled" && event.phase === "prove" && ++proved === 2);
};

describe("resume", () => {
  it("proves again what stands before a narrowing that was not begun", async () => {
    const { instance, mode, clock } = gated();
    let isRefused = false;
    let probes = 0;
    const prober: Prober = async (request) => {
      probes += 1;
      return isRefused ? failing() : await passing(request);
    };
    const handfast = instance({ prober });
    const plan = await handfast.plan(handfast.parseSpec(twoLinks));
    const first = await handfast.apply(plan, beforeNarrowing());
    expect([first.status, mode()]).toEqual(["aborted", "request"]);
    await clock.sleep(dayMs);
    isRefused = true;
    probes = 0;
    const report = await handfast.resume(first.runId);
    expect(report.status).toBe("failed");
    expect(probes).toBeGreaterThan(0);
    expect(mode()).toBe("request");
    isRefused = false;
    expect((await handfast.resume(first.runId)).status).toBe("done");
    expect(mode()).toBe("required");
  });

  it("looks into the log again", async () => {
    const { instance, mode, clock } = gated();
    let shown = ours;
    const log: ConnectionLog = async ({ from, to }) => ({
      from,
      to,
      complete: true,
      unreadable: 0,
      connections: [{ shown, outcome: "served", count: 40, lastAt: to }],
    });
    const handfast = instance({ logs: { log } });
    const plan = await handfast.plan(handfast.parseSpec({ ...twoLinks, ...logged() }));
    const look = plan.steps.find(({ kind }) => kind === "evidence")?.id;
    const first = await handfast.apply(
      plan,
      stopAt((event) => event.kind === "step-settled" && event.step === look),
    );
    expect([first.status, mode()]).toEqual(["aborted", "request"]);
    await clock.sleep(30 * dayMs);
    shown = "nothing";
    const report = await handfast.resume(first.runId);
    expect(report.status).toBe("failed");
    expect(errorsOf(report)).toContain("40 would be refused");
    expect(mode()).toBe("request");
  });

  it("does not prove again what has been changed since, and goes on", async () => {
    const { instance, mode, world } = gated();
    const first = instance();
    expect((await first.apply(await first.plan(first.parseSpec(twoLinks)))).status).toBe("done");
    // a rotation: the old certificate is not shown any more when it goes on
    const direct = { url: "https://lb.internal/", servername: "{hostname}" };
    const probe = { url: "https://{hostname}/", echo: "x-seen", direct };
    const spec = {
      ...twoLinks,
      trust: { edge: { anchors: certificates.b } },
      identities: { edge: { chain: certificates.b1, key: { secret: "edge-key" } } },
      links: twoLinks.links.map((link) => ({ ...link, probe })),
    };
    const next = instance({
      secrets: { "edge-key": (await import("../../src/index.ts")).fromValue(keys.b1) },
      prober: async (request) => {
        const seen = world.get(`association/${new URL(request.url).hostname}`) as
          | { shows?: { certificate?: string } }
          | undefined;
        if (request.certificate === undefined) return await passing(request);
        return seen?.shows?.certificate === request.certificate ? fine : failing("another was seen");
      },
    });
    const plan = await next.plan(next.parseSpec(spec));
    let shown = 0;
    const stopped = await next.apply(
      plan,
      stopAt((event) => event.kind === "step-settled" && event.phase === "present" && ++shown === 2),
    );
    expect(stopped.status).toBe("aborted");
    expect(world.get("association/c")).toMatchObject({ shows: { certificate: digest.b1 } });
    const report = await next.resume(stopped.runId);
    expect(errorsOf(report)).toBe("");
    expect(report.status).toBe("done");
    expect(mode()).toBe("required");
  });

  it("asks the checks of a wave that is through once more, and bakes it no second time", async () => {
    const { instance, clock, world } = gated();
    let answer: Awaited<ReturnType<Check>> = fine;
    const asked: number[] = [];
    const check: Check = async () => {
      asked.push(clock.now());
      return answer;
    };
    const handfast = instance({ checks: { errors: check } });
    const plan = await handfast.plan(handfast.parseSpec({ ...twoLinks, ...watched("10m") }));
    const first = await handfast.apply(
      plan,
      stopAt((event) => event.kind === "step-settled" && event.phase === "wave"),
    );
    expect(first.status).toBe("aborted");
    await clock.sleep(30 * dayMs);
    asked.length = 0;
    answer = failing("5xx");
    expect((await handfast.resume(first.runId)).status).toBe("failed");
    expect(world.get("association/r")).toBeUndefined();
    answer = fine;
    // it has failed since: now it bakes from the start
    asked.length = 0;
    expect((await handfast.resume(first.runId)).status).toBe("done");
    expect(asked.length).toBeGreaterThan(10);
  });

  it("is refused when a certificate has run out since, and the way back stays open", async () => {
    const { instance, mode, clock } = gated();
    const handfast = instance();
    const first = await handfast.apply(await handfast.plan(handfast.parseSpec(twoLinks)), beforeNarrowing());
    await clock.sleep(evidence.certificate(digest.a1).notAfter - clock.now() + dayMs);
    await expect(handfast.resume(first.runId)).rejects.toMatchObject({
      code: "PLAN_STALE",
      message: expect.stringMatching(/^resume run .* failed: .*roll back/),
    });
    expect(mode()).toBe("request");
    expect((await handfast.rollback(first.runId)).status).toBe("done");
    expect(mode()).toBe("off");
  });

  it("is held by a freeze and by any other policy, and the way back is not", async () => {
    const { instance, mode, clock } = gated();
    const first = instance();
    const stopped = await first.apply(await first.plan(first.parseSpec(twoLinks)), beforeNarrowing());
    const [from, to] = [clock.now() - 1_000, clock.now() + dayMs].map((at) => new Date(at).toISOString());
    const freeze = freezeWindows([{ from: from ?? "", to: to ?? "", because: "year's end" }]);
    const frozen = instance({ policies: [freeze as Policy] });
    await expect(frozen.resume(stopped.runId)).rejects.toMatchObject({
      code: "POLICY_REFUSED",
      message: expect.stringContaining("year's end"),
    });
    expect(mode()).toBe("request");
    const back = await frozen.rollback(stopped.runId);
    expect(back.status).toBe("done");
    expect(mode()).toBe("off");
  });

  it("of a way back is held by no freeze", async () => {
    const { instance, mode, clock } = gated();
    const first = instance();
    const done = await first.apply(await first.plan(first.parseSpec(twoLinks)));
    const [from, to] = [clock.now() - 1_000, clock.now() + dayMs].map((at) => new Date(at).toISOString());
    const freeze = freezeWindows([{ from: from ?? "", to: to ?? "", because: "year's end" }]);
    const frozen = instance({ policies: [freeze as Policy] });
    const back = await frozen.rollback(
      done.runId,
      stopAt((event) => event.kind === "step-settled"),
    );
    expect(back.status).toBe("aborted");
    expect((await frozen.resume(back.runId)).status).toBe("done");
    expect(mode()).toBe("off");
  });
});

describe("a bake", () => {
  /** Looks of a check, in milliseconds since a run's part began. */
  function looking(answers: (look: number) => Awaited<ReturnType<Check>>) {
    const made = gated();
    const looks: number[] = [];
    const handfast = made.instance({
      checks: {
        errors: async () => {
          looks.push(made.clock.now());
          return answers(looks.length);
        },
      },
    });
    return { ...made, handfast, looks };
  }

  it.each([
    ["failed", failing("5xx")],
    ["was in doubt", unsure()],
  ])("that %s is baked anew, however long ago that was", async (_, bad) => {
    let answer: Awaited<ReturnType<Check>> = bad;
    const { handfast, looks, clock } = looking(() => answer);
    const plan = await handfast.plan(handfast.parseSpec({ ...twoLinks, ...watched("10m") }));
    const first = await handfast.apply(plan);
    expect(first.status).not.toBe("done");
    await clock.sleep(hourMs);
    answer = fine;
    looks.length = 0;
    expect((await handfast.resume(first.runId)).status).toBe("done");
    expect((looks.at(-1) ?? 0) - (looks[0] ?? 0)).toBeGreaterThanOrEqual(10 * 60_000);
    expect(looks.length).toBeGreaterThan(15);
  });

  it("that was stopped counts no time in which nobody watched", async () => {
    const stop = new AbortController();
    const { handfast, looks, clock } = looking((look) => {
      if (look === 3) stop.abort();
      return fine;
    });
    const plan = await handfast.plan(handfast.parseSpec({ ...twoLinks, ...watched("1h") }));
    const first = await handfast.apply(plan, { signal: stop.signal });
    expect(first.status).toBe("aborted");
    await clock.sleep(3 * hourMs);
    looks.length = 0;
    expect((await handfast.resume(first.runId)).status).toBe("done");
    expect((looks.at(-1) ?? 0) - (looks[0] ?? 0)).toBeGreaterThanOrEqual(hourMs);
  });

  it("is ended by no clock on the wall that leaps", async () => {
    const { handfast, looks, clock } = looking((look) => {
      if (look === 2) clock.leap(dayMs);
      return fine;
    });
    const plan = await handfast.plan(handfast.parseSpec({ ...twoLinks, ...watched("10h") }));
    expect((await handfast.apply(plan)).status).toBe("done");
    expect(looks.length).toBeGreaterThan(1_000);
  });
});
