import { describe, expect, it } from "vitest";
import { createHandfast, fromValue, memoryPresenter, memoryVerifier, type Prober } from "../../src/index.ts";
import { certificates, keys } from "../fixtures/certificates.ts";
import { digest, evidence } from "../fixtures/evidence.ts";
import { passing, refusal, shop } from "../fixtures/shop.ts";

type Shop = ReturnType<typeof shop>;

function specOf(
  { handfast }: Pick<Shop, "handfast">,
  { anchors = "a", compromised = false }: { anchors?: "a" | "b"; compromised?: boolean } = {},
) {
  return handfast.spec({
    trust: {
      edge: { anchors: certificates[anchors] },
      old: { anchors: certificates.a, compromised },
    },
    identities: { edge: { chain: certificates[`${anchors}1`], key: { secret: "edge-key" } } },
    verifiers: { shop: { adapter: "memory.verifier", listener: "shop", mode: "required", trust: "edge" } },
    presenters: { edge: { adapter: "memory.presenter", hostnames: ["h"], shows: "edge" } },
    links: [{ from: "edge", to: "shop", probe: { url: "https://{hostname}/" } }],
  });
}

/** An instance whose `edge-key` is that of `b1`, over the same world. */
function withKeyOfB({ world, clock, journal }: Shop) {
  return createHandfast({
    adapters: [
      memoryVerifier(world, { modes: ["off", "request", "required"], atMostMs: 5_000 }),
      memoryPresenter(world, { atMostMs: 5_000 }),
    ],
    journal,
    secrets: { "edge-key": fromValue(keys.b1) },
    prober: passing,
    clock,
  });
}

const modeOf = ({ world }: Shop): string => (world.get("listener/shop") as { mode: string }).mode;

describe("stopNow", () => {
  it("calls off what is under way, keeps the journal readable, and the run goes on from there", async () => {
    const hang = Promise.withResolvers<never>();
    let isHanging = true;
    const prober: Prober = async () =>
      isHanging ? await hang.promise : { verdict: "passed", reason: "served", evidence: {} };
    const made = shop({ prober });
    const now = new AbortController();
    const report = await made.handfast.apply(await made.handfast.plan(specOf(made)), {
      stopNow: now.signal,
      onEvent: (event) => {
        if (event.kind === "step-started" && event.phase === "prove") queueMicrotask(() => now.abort());
      },
    });
    expect(report).toMatchObject({ status: "aborted" });
    expect(await made.handfast.report(report.runId)).toEqual(report);
    expect(modeOf(made)).not.toBe("required");
    isHanging = false;
    expect((await made.handfast.resume(report.runId)).status).toBe("done");
    expect(modeOf(made)).toBe("required");
  });

  it("ends a run that was to end at the next safe point, which does not come", async () => {
    let tries = 0;
    const made = shop({
      prober: async (request) => {
        tries += 1;
        return tries > 1 ? await passing(request) : await new Promise(() => {});
      },
    });
    const [soon, now] = [new AbortController(), new AbortController()];
    const report = await made.handfast.apply(await made.handfast.plan(specOf(made)), {
      signal: soon.signal,
      stopNow: now.signal,
      onEvent: (event) => {
        if (event.kind !== "step-started" || event.phase !== "prove") return;
        soon.abort();
        setImmediate(() => now.abort());
      },
    });
    expect(report.status).toBe("aborted");
    expect((await made.handfast.rollback(report.runId)).status).toBe("done");
    expect(modeOf(made)).toBe("off");
  });
});

describe("onFailure", () => {
  const failing: Prober = async () => ({ verdict: "failed", reason: "HTTP 525", evidence: {} });

  it("goes back from a failed proof when it is told to, and the report tells by which run", async () => {
    const made = shop({ prober: failing });
    const report = await made.handfast.apply(await made.handfast.plan(specOf(made)), {
      onFailure: "roll-back",
    });
    expect(report.status).toBe("failed");
    const [back] = report.takenBack ?? [];
    expect((await made.handfast.runs())[0]).toMatchObject({ runId: back?.runId, kind: "rollback" });
    expect(await made.handfast.report(report.runId)).toEqual(report);
  });

  it("stays where it is unless told, and never goes back from an inconclusive proof", async () => {
    const stays = shop({ prober: failing });
    const failed = await stays.handfast.apply(await stays.handfast.plan(specOf(stays)));
    expect(failed.takenBack).toBeUndefined();
    const held = shop({
      prober: async () => ({ verdict: "inconclusive", reason: "no answer", evidence: {} }),
    });
    const report = await held.handfast.apply(await held.handfast.plan(specOf(held)), {
      onFailure: "roll-back",
    });
    expect(report).toMatchObject({ status: "held" });
    expect(report.takenBack).toBeUndefined();
  });

  it("says why it did not go back when somebody else was there", async () => {
    const made = shop({
      refuse: (object, value) => {
        if (object === "association/h" && value !== undefined && !isTheirs) throw refusal("REMOTE_REJECTED");
      },
    });
    let isTheirs = false;
    const plan = await made.handfast.plan(specOf(made));
    const report = await made.handfast.apply(plan, {
      onFailure: "roll-back",
      onEvent: ({ kind }) => {
        if (kind !== "step-failed") return;
        isTheirs = true;
        made.world.set("association/h", {
          kind: "association",
          shows: { certificate: digest.c1, chain: [] },
        });
      },
    });
    expect(report).toMatchObject({ status: "failed", notTakenBack: { code: "PLAN_BLOCKED" } });
    expect(report.notTakenBack?.message).toContain("moved-since");
  });
});

describe("rollback", () => {
  it("stops when the world is neither before nor after, says what moved, and goes on when told to", async () => {
    const made = shop();
    const { runId } = await made.handfast.apply(await made.handfast.plan(specOf(made)));
    made.world.bytes.set(digest.a2, evidence.certificate(digest.a2).der);
    made.world.set("association/h", { kind: "association", shows: { certificate: digest.a2, chain: [] } });
    await made.clock.sleep(10_000);
    await expect(made.handfast.rollback(runId)).rejects.toMatchObject({
      code: "PLAN_BLOCKED",
      message: expect.stringMatching(/moved-since.*edge\/h is neither as run.*it shows [0-9a-f]{12}/s),
    });
    expect((await made.handfast.rollback(runId, { evenIfMoved: true })).status).toBe("done");
    expect(made.world.get("association/h")).toBeUndefined();
    expect(modeOf(made)).toBe("off");
  });

  it("takes every state of the run itself, and of its own way back, for known", async () => {
    const steps = (
      await (async () => {
        const made = shop();
        return (await made.handfast.plan(specOf(made))).steps;
      })()
    ).length;
    for (let most = 1; most <= steps; most += 1) {
      const made = shop();
      const stopAfter = (count: number) => {
        const stop = new AbortController();
        let settled = 0;
        return {
          signal: stop.signal,
          onEvent: ({ kind }: { kind: string }) => {
            if (kind === "step-settled") settled += 1;
            if (settled >= count) stop.abort();
          },
        };
      };
      const { runId } = await made.handfast.apply(await made.handfast.plan(specOf(made)), stopAfter(most));
      await made.handfast.rollback(runId, stopAfter(1));
      expect((await made.handfast.rollback(runId)).status, `stopped after ${most}`).toBe("done");
      expect(modeOf(made)).toBe("off");
    }
  });

  it("never trusts a CA again that a spec called compromised, unless told to", async () => {
    const made = shop();
    await made.handfast.apply(await made.handfast.plan(specOf(made)));
    const handfast = withKeyOfB(made);
    const rotated = await handfast.apply(
      await handfast.plan(specOf({ handfast } as Shop, { anchors: "b", compromised: true })),
    );
    expect(rotated.status).toBe("done");
    const anchors = (): unknown => {
      const { store } = made.world.get("listener/shop") as { store: string };
      return (made.world.get(`store/${store}`) as { anchors: unknown } | undefined)?.anchors;
    };
    // without the old CA the presenter's old certificate would be refused: that is said, and nothing is done
    await expect(handfast.rollback(rotated.runId)).rejects.toThrow(/link-refused|PLAN_NO_PATH|ratchet/);
    expect(anchors()).toEqual([digest.b]);
    const back = await handfast.rollback(rotated.runId, { mayTrustCompromised: true });
    expect(back.status).toBe("done");
    expect(anchors()).toEqual([digest.a]);
  });

  it("refuses a spec whose verifier trusts what the same spec calls compromised", async () => {
    const made = shop();
    await expect(made.handfast.plan(specOf(made, { compromised: true }))).rejects.toThrow(
      /trusts-compromised/,
    );
  });
});
