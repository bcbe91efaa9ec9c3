import { describe, expect, it } from "vitest";
import { type MtlsPlan, planSchema, renderReport, reportSchema } from "../../src/index.ts";
import { certificates, crls } from "../fixtures/certificates.ts";
import { crlDigest, digest } from "../fixtures/evidence.ts";
import { shop } from "../fixtures/shop.ts";

type Instance = ReturnType<typeof shop>["handfast"];

/** One hostname and one verifier; what is left out of `parts` stays as in the first spec. */
function specOf(
  handfast: Instance,
  parts: {
    anchors?: "a" | "b";
    shows?: "edge" | "nothing" | "inherited";
    link?: boolean;
    mode?: "required" | "off";
    crl?: keyof typeof crls;
  } = {},
) {
  const { anchors = "a", shows = "edge", link = true, mode = "required", crl } = parts;
  return handfast.spec({
    trust: { edge: { anchors: certificates[anchors], crls: crl === undefined ? undefined : [crls[crl]] } },
    identities: { edge: { chain: certificates.a1, key: { secret: "edge-key" } } },
    verifiers: { shop: { adapter: "memory.verifier", listener: "shop", mode, trust: "edge" } },
    presenters: { edge: { adapter: "memory.presenter", hostnames: ["h"], shows } },
    links: link ? [{ from: "edge", to: "shop", probe: { url: "https://{hostname}/" } }] : [],
  });
}

async function done(handfast: Instance, plan: MtlsPlan): Promise<string> {
  const report = await handfast.apply(plan);
  expect(report.status, renderReport(report)).toBe("done");
  return report.runId;
}

describe("a spec that leaves a link out", () => {
  it("is refused while the link is served and would not be at the end", async () => {
    const { handfast, world } = shop();
    await done(handfast, await handfast.plan(specOf(handfast)));
    const before = world.calls.writes;
    const without = specOf(handfast, { link: false, anchors: "b" });
    await expect(handfast.plan(without)).rejects.toThrow(/link-left-out[\s\S]*mayRefuse/);
    expect(world.calls.writes).toBe(before);
  });

  it("keeps the order that the link needs when both ends are torn down", async () => {
    const { handfast } = shop();
    await done(handfast, await handfast.plan(specOf(handfast)));
    const plan = await handfast.plan(specOf(handfast, { link: false, mode: "off", shows: "inherited" }));
    const ids = plan.steps
      .filter(({ kind }) => kind === "write")
      .map(({ id, phase, after }) => ({ id, phase, after }));
    expect(ids.map(({ phase }) => phase)).toEqual(["widen", "present"]);
    expect(ids[1]?.after).toContain(ids[0]?.id);
  });
});

describe("rollback", () => {
  it("goes by a plan that can be read first and applied from its JSON", async () => {
    const { handfast, world } = shop();
    const runId = await done(handfast, await handfast.plan(specOf(handfast)));
    const back = planSchema.parse(JSON.parse(JSON.stringify(await handfast.plan({ rollback: runId }))));
    expect(back).toMatchObject({ kind: "rollback", of: runId });
    await done(handfast, back);
    expect(world.get("listener/shop")).toMatchObject({ mode: "off" });
  });

  it("waits first for a change that was still under way when the run was stopped", async () => {
    const { handfast } = shop();
    const stop = new AbortController();
    const report = await handfast.apply(await handfast.plan(specOf(handfast)), {
      signal: stop.signal,
      onEvent: (event) => {
        if (event.kind === "step-waiting" && event.phase === "widen") stop.abort();
      },
    });
    expect(report.status).toBe("aborted");
    const back = await handfast.plan({ rollback: report.runId });
    expect(back.steps[0]).toMatchObject({ kind: "settle", target: "shop" });
    expect(back.steps.find(({ kind }) => kind === "write")?.after).toContain(back.steps[0]?.id);
    await done(handfast, back);
  });

  it("never lets a revoked certificate in again unless told so", async () => {
    const { handfast, world } = shop();
    await done(handfast, await handfast.plan(specOf(handfast, { crl: "a-none" })));
    const revoking = await done(handfast, await handfast.plan(specOf(handfast, { crl: "a-a2" })));
    const crlsNow = (): unknown => {
      const { store } = world.get("listener/shop") as { store: string };
      return (world.get(`store/${store}`) as { crls: unknown }).crls;
    };
    const kept = await handfast.rollback(revoking);
    expect(kept.status).toBe("done");
    expect(kept.findings).toContainEqual(expect.objectContaining({ code: "ratchet-kept", target: "shop" }));
    expect(crlsNow()).toEqual([crlDigest["a-a2"]]);
    expect((await handfast.rollback(revoking, { mayUnrevoke: true })).status).toBe("done");
    expect(crlsNow()).toEqual([crlDigest["a-none"]]);
  });

  it("refuses a run that nobody knows", async () => {
    const { handfast } = shop();
    await expect(handfast.rollback("20260101T000000000Z-abcdef")).rejects.toMatchObject({
      code: "RUN_UNKNOWN",
    });
  });
});

describe("retire", () => {
  it("leaves what an older run needs for its way back", async () => {
    const { handfast, world } = shop();
    const first = await done(handfast, await handfast.plan(specOf(handfast)));
    await done(handfast, await handfast.plan(specOf(handfast, { crl: "a-none" })));
    const third = await done(handfast, await handfast.plan(specOf(handfast, { crl: "a-a2" })));
    const stores = world.names("store/").length;
    expect(stores).toBe(3);
    await handfast.retire(first);
    expect(world.names("store/")).toHaveLength(3);
    await handfast.retire(third);
    expect(world.names("store/").length).toBeLessThan(3);
    expect(world.get(`store/${(world.get("listener/shop") as { store: string }).store}`)).toBeDefined();
  });

  it("leaves alone what handfast did not make, unless it is named", async () => {
    const { handfast, world } = shop();
    world.set("store/theirs", { kind: "store", anchors: [digest.d], crls: [] });
    const run = await done(handfast, await handfast.plan(specOf(handfast)));
    const back = await handfast.rollback(run);
    await handfast.retire(back.runId);
    expect(world.names("store/")).toEqual(["store/theirs"]);
  });
});

describe("status", () => {
  it("tells what is in effect, what differs, and what runs out", async () => {
    const { handfast, world } = shop();
    const spec = specOf(handfast, { crl: "a-none" });
    const before = await handfast.status(spec);
    expect(before).toMatchObject({
      inEffect: false,
      endpoints: [{ key: "shop", face: { mode: "off" } }, { key: "edge/h" }],
    });
    expect(before.drift.length).toBeGreaterThan(2);
    await done(handfast, await handfast.plan(spec));
    const after = await handfast.status(spec);
    expect(after).toMatchObject({ inEffect: true, drift: [] });
    expect(after.expiring.map(({ what }) => what.replace(/ ?\(?[0-9a-f]{12}\)?/, ""))).toEqual(
      expect.arrayContaining(["CN=Root A", "CN=leaf a1", "revocation list"]),
    );
    world.set("listener/shop", { kind: "listener", mode: "off", store: null, ignoreExpiry: false });
    expect((await handfast.status(spec)).inEffect).toBe(false);
  });
});

describe("report", () => {
  it("is the same when it is made again from the journal, and fits its schema", async () => {
    const { handfast } = shop();
    const report = await handfast.apply(await handfast.plan(specOf(handfast)));
    expect(await handfast.report(report.runId)).toEqual(report);
    expect(reportSchema.safeParse(JSON.parse(JSON.stringify(report))).success).toBe(true);
  });

  it("says as text what failed and what can be done next", async () => {
    const { handfast } = shop({
      prober: async () => ({ verdict: "failed", reason: "HTTP 525", evidence: {} }),
    });
    const text = renderReport(await handfast.apply(await handfast.plan(specOf(handfast))));
    expect(text).toMatch(
      /failed +prove[\s\S]*PROOF_FAILED[\s\S]*HTTP 525[\s\S]*handfast\.resume[\s\S]*handfast\.rollback/,
    );
  });
});
