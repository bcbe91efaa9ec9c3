import { describe, expect, it } from "vitest";
import { type MtlsPlan, memoryJournal, type RunEvent } from "../../src/index.ts";
import { certificates } from "../fixtures/certificates.ts";
import { digest } from "../fixtures/evidence.ts";
import { jumpingClock, refusal, shop } from "../fixtures/shop.ts";

type Instance = ReturnType<typeof shop>["handfast"];

function specOf(
  handfast: Instance,
  parts: {
    mode?: "required" | "off";
    shows?: "edge" | "inherited";
    anchors?: readonly ("a" | "b")[];
    hostnames?: readonly string[];
  } = {},
) {
  const { mode = "required", shows = "edge", anchors = ["a"], hostnames = ["h"] } = parts;
  return handfast.spec({
    trust: { edge: { anchors: anchors.map((name) => certificates[name]) } },
    identities: { edge: { chain: certificates.a1, key: { secret: "edge-key" } } },
    verifiers: { shop: { adapter: "memory.verifier", listener: "shop", mode, trust: "edge" } },
    presenters: { edge: { adapter: "memory.presenter", hostnames: [...hostnames], shows } },
    links: [{ from: "edge", to: "shop", probe: { url: "https://{hostname}/" } }],
  });
}

/** Stops a run at the first event of a kind. */
async function stopped(handfast: Instance, plan: MtlsPlan, at: (event: RunEvent) => boolean) {
  const stop = new AbortController();
  return await handfast.apply(plan, { signal: stop.signal, onEvent: (event) => at(event) && stop.abort() });
}

describe("rollback", () => {
  it("refuses a run that a later one was built on, until that is taken back", async () => {
    const { handfast } = shop();
    const first = await handfast.apply(await handfast.plan(specOf(handfast, { anchors: ["a", "b"] })));
    const second = await handfast.apply(
      await handfast.plan(specOf(handfast, { anchors: ["a", "b"], hostnames: ["h", "h2"] })),
    );
    await expect(handfast.rollback(first.runId)).rejects.toMatchObject({
      code: "RUN_STATE",
      details: { facts: { newer: second.runId } },
    });
    await expect(handfast.rollback(second.runId)).rejects.toThrow(/edge\/h2 -> shop[\s\S]*mayBreak/);
    const back = await handfast.rollback(second.runId, { mayBreak: ["edge/h2 -> shop"] });
    expect(back.status).toBe("done");
    expect((await handfast.rollback(first.runId)).status).toBe("done");
  });
});

describe("plan", () => {
  it("waits first for a switch that was made, whatever became of its wait", async () => {
    const { handfast, world } = shop();
    await handfast.apply(await handfast.plan(specOf(handfast)));
    const off = specOf(handfast, { mode: "off", shows: "inherited" });
    const plan = await handfast.plan(off);
    let isOut = false;
    const set = world.set.bind(world);
    world.set = (object, value) => {
      set(object, value);
      isOut = object === "listener/shop";
    };
    const get = world.get.bind(world);
    world.get = (object) => {
      if (isOut) throw refusal("REMOTE_REJECTED");
      return get(object);
    };
    expect((await handfast.apply(plan)).status).toBe("failed");
    isOut = false;
    const next = await handfast.plan(off);
    expect(next.steps[0]).toMatchObject({ kind: "settle", target: "shop" });
  });

  it("still waits for it after the run was resumed and stopped at once", async () => {
    const { handfast } = shop();
    await handfast.apply(await handfast.plan(specOf(handfast)));
    const off = specOf(handfast, { mode: "off", shows: "inherited" });
    const report = await stopped(handfast, await handfast.plan(off), ({ kind }) => kind === "step-waiting");
    const now = new AbortController();
    now.abort();
    const again = await handfast.resume(report.runId, { signal: now.signal });
    expect(again.steps.filter(({ attempts }) => attempts > 0).map(({ status }) => status)).toEqual(["done"]);
    expect((await handfast.plan(off)).steps[0]).toMatchObject({ kind: "settle" });
  });

  it("is refused by code when it is given what is no spec", async () => {
    const { handfast } = shop();
    for (const rubbish of [null, "x", {}, { rolback: "x" }, { trust: {}, links: [] }]) {
      await expect(handfast.plan(rubbish as never)).rejects.toMatchObject({ code: "SPEC_INVALID" });
    }
  });
});

describe("resume", () => {
  it("leaves alone what somebody else changed since, and says so", async () => {
    const { handfast, world } = shop();
    const report = await stopped(
      handfast,
      await handfast.plan(specOf(handfast)),
      (event) => event.kind === "step-waiting" && event.phase === "widen",
    );
    world.set("association/h", { kind: "association", shows: { certificate: digest.b1, chain: [] } });
    const resumed = await handfast.resume(report.runId);
    expect(resumed.status).toBe("failed");
    expect(resumed.steps.find(({ error }) => error?.code === "STEP_MOVED")?.about).toBe("edge/h");
    expect(world.get("association/h")).toMatchObject({ shows: { certificate: digest.b1 } });
  });

  it("never waits longer than a step may take, though the journal comes from a clock that was days ahead", async () => {
    const ahead = jumpingClock();
    await ahead.sleep(3 * 86_400_000);
    const journal = memoryJournal({ clock: ahead });
    const first = shop({ journal, clock: ahead });
    const report = await stopped(
      first.handfast,
      await first.handfast.plan(specOf(first.handfast)),
      ({ kind }) => kind === "step-waiting",
    );
    const clock = jumpingClock();
    const heir = shop({ journal, clock });
    for (const object of ["listener/", "association/", "certificate/", "store/"].flatMap((prefix) =>
      first.world.names(prefix),
    )) {
      heir.world.set(object, first.world.get(object));
    }
    expect((await heir.handfast.resume(report.runId)).status).toBe("done");
    expect(Math.max(...clock.sleeps)).toBeLessThanOrEqual(15_000);
  });
});

describe("apply", () => {
  it("refuses a second run at the same endpoints while one is under way, and names it", async () => {
    const { handfast, world } = shop();
    const plan = await handfast.plan(specOf(handfast));
    let second: Promise<unknown> | undefined;
    const report = await handfast.apply(plan, {
      onEvent: (event) => {
        if (event.kind === "run-started") second = handfast.apply(plan).catch((error: unknown) => error);
      },
    });
    expect(report.status).toBe("done");
    expect(await second).toMatchObject({ code: "JOURNAL_HELD", details: { run: report.runId } });
    expect(world.get("listener/shop")).toMatchObject({ mode: "required" });
  });

  it("refuses a plan that lay until a certificate in it has run out", async () => {
    const { handfast, clock, world } = shop({ planValidMs: 36_600 * 86_400_000 });
    const plan = await handfast.plan(specOf(handfast));
    const before = world.calls.writes;
    await clock.sleep(36_560 * 86_400_000);
    await expect(handfast.apply(plan)).rejects.toMatchObject({ code: "PLAN_STALE" });
    expect(world.calls.writes).toBe(before);
  });

  it("takes a prober that throws for a proof that is inconclusive", async () => {
    const { handfast } = shop({
      prober: async () => {
        throw new Error("token tk-9 in a foreign message");
      },
    });
    const report = await handfast.apply(await handfast.plan(specOf(handfast)));
    expect(report.status).toBe("held");
    expect(JSON.stringify(report)).not.toContain("tk-9");
  });
});
