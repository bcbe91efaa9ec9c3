import { describe, expect, it } from "vitest";
import { createHandfast, fromValue, memoryPresenter, memoryVerifier, type Prober } from "../../src/index.ts";
import { certificates, keys } from "../fixtures/certificates.ts";
import { passing, shop } from "../fixtures/shop.ts";

const failing: Prober = async () => ({ verdict: "failed", reason: "refused, it says", evidence: {} });

function instance({ world, journal, clock }: ReturnType<typeof shop>, prober: Prober) {
  return createHandfast({
    adapters: [
      memoryVerifier(world, { modes: ["off", "request", "required"], atMostMs: 5_000 }),
      memoryPresenter(world, { atMostMs: 5_000 }),
    ],
    journal,
    secrets: { "edge-key": fromValue(keys.a1) },
    prober,
    clock,
  });
}

function specOf(handfast: ReturnType<typeof instance>) {
  return handfast.spec({
    trust: { edge: { anchors: certificates.a } },
    identities: { edge: { chain: certificates.a1, key: { secret: "edge-key" } } },
    verifiers: { shop: { adapter: "memory.verifier", listener: "shop", mode: "required", trust: "edge" } },
    presenters: { edge: { adapter: "memory.presenter", hostnames: ["h"], shows: "edge" } },
    links: [{ from: "edge", to: "shop", probe: { url: "https://{hostname}/" } }],
  });
}

describe("a prober that says failed to everything", () => {
  it("stops a rollout before anybody is refused, and does not hold its way back up", async () => {
    const made = shop();
    const handfast = instance(made, failing);
    const report = await handfast.apply(await handfast.plan(specOf(handfast)), { onFailure: "roll-back" });
    expect(report.status).toBe("failed");
    expect(report.steps.filter(({ phase }) => phase === "narrow")).toMatchObject([{ status: "skipped" }]);
    expect(made.world.get("association/h")).toBeUndefined();
    expect(made.world.get("listener/shop")).toMatchObject({ mode: "off" });
  });

  it("does not hold the way back from a finished rollout up, which is proved at its end", async () => {
    const made = shop();
    const honest = instance(made, passing);
    const report = await honest.apply(await honest.plan(specOf(honest)));
    const handfast = instance(made, failing);
    const plan = await handfast.plan({ rollback: report.runId });
    expect(plan.steps.map(({ phase }) => phase)).toEqual(["widen", "present", "prove"]);
    const back = await handfast.apply(plan);
    expect(back.status).toBe("failed");
    expect(made.world.get("association/h")).toBeUndefined();
    expect(made.world.get("listener/shop")).toMatchObject({ mode: "off" });
    expect((await instance(made, passing).resume(back.runId)).status).toBe("done");
  });
});
