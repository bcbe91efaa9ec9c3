import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import {
  createHandfast,
  fileJournal,
  fromValue,
  type Journal,
  type MtlsPlan,
  memoryPresenter,
  memoryVerifier,
  type Prober,
  type RunEvent,
  renderPlan,
  renderReport,
} from "../../src/index.ts";
import { certificates, keys } from "../fixtures/certificates.ts";
import { digest } from "../fixtures/evidence.ts";
import { passing, resealed, type ShopOptions, shop as world } from "../fixtures/shop.ts";

function shop(options: ShopOptions = {}) {
  const made = world(options);
  const spec = made.handfast.spec({
    trust: { edge: { anchors: certificates.a } },
    identities: { edge: { chain: certificates.a1, key: { secret: "edge-key" } } },
    verifiers: { shop: { adapter: "memory.verifier", listener: "shop", mode: "required", trust: "edge" } },
    presenters: { edge: { adapter: "memory.presenter", hostnames: ["shop.example.com"], shows: "edge" } },
    links: [
      { from: "edge", to: "shop", probe: { url: "https://{hostname}/healthz", echo: "x-seen-client-cert" } },
    ],
  });
  return { ...made, spec };
}

const folders: string[] = [];
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true });
});

describe("createHandfast", () => {
  it("plans, applies, plans nothing more, rolls back exactly, and retires", async () => {
    const { handfast, spec, world } = shop();
    const plan = await handfast.plan(spec);
    expect(renderPlan(plan)).toMatchInlineSnapshot(`
      "Plan: 7 steps at 2 endpoints, 1 link

          s1  widen    change listener/shop
                       in effect after about 3 s, at most 5 s
          s2  prepare  create certificate/57445eaf7292
                       in effect after about 3 s, at most 5 s
          s3  present  create association/shop.example.com  after s2, s1
                       in effect after about 3 s, at most 5 s
          s4  prove    prove by real handshakes that edge/shop.example.com -> shop is served with certificate 57445eaf7292  after s3
          s5  prepare  create store/b1bb7031d015
                       in effect after about 3 s, at most 5 s
          s6  narrow   change listener/shop  after s5, s4
                       in effect after about 3 s, at most 5 s
          s7  prove    prove by real handshakes that edge/shop.example.com -> shop is served with certificate 57445eaf7292  after s6

      Findings
        info    shop will refuse: clients without a certificate, certificates of any other CA, expired certificates of CN=Root A [access-lost]
        warning shop checks no certificate before required is on, so its first check is that of all traffic; and after it only requests through presenters prove edge/shop.example.com -> shop, which may be answered over connections older than the change [unchecked-before]; let it rehearse at a spare port, where its adapter can (rehearsalPort of aws.alb), and give links to it probe.direct

      Takes      about 8 s of waiting, at most 4 min
      Writes     5 to memory
      Way back   exact from every step, until it is retired
      Valid      until 2026-12-02 12:00 UTC, digest 61143445453f
      "
    `);
    const events: RunEvent[] = [];
    const report = await handfast.apply(plan, { onEvent: (event) => events.push(event) });
    expect(report.status).toBe("done");
    expect(report.steps.every(({ status }) => status === "settled")).toBe(true);
    expect(events.at(-1)).toMatchObject({ kind: "run-ended", status: "done" });
    expect((await handfast.plan(spec)).steps).toEqual([]);
    expect(await handfast.status(spec)).toMatchObject({ inEffect: true, drift: [] });

    const back = await handfast.rollback(report.runId);
    expect(back.status).toBe("done");
    expect(world.get("listener/shop")).toEqual({
      kind: "listener",
      mode: "off",
      store: null,
      ignoreExpiry: false,
    });
    expect(world.get("association/shop.example.com")).toBeUndefined();

    const retired = await handfast.retire(back.runId);
    expect(retired.steps.map(({ summary }) => summary.replace(/\/.*/, ""))).toEqual([
      "delete store",
      "delete certificate",
    ]);
    expect(retired.status).toBe("done");
    expect(world.names("store/")).toEqual([]);
    expect(world.names("certificate/")).toEqual([]);
    await expect(handfast.rollback(back.runId)).rejects.toMatchObject({ code: "RUN_STATE" });
    expect((await handfast.runs()).map(({ kind, status, retired }) => ({ kind, status, retired }))).toEqual([
      { kind: "retire", status: "done", retired: false },
      { kind: "rollback", status: "done", retired: true },
      { kind: "apply", status: "done", retired: false },
    ]);
  });

  it("applies a plan that was read back from its JSON in the same way", async () => {
    const { handfast, spec, world } = shop();
    const plan = JSON.parse(JSON.stringify(await handfast.plan(spec))) as MtlsPlan;
    expect((await handfast.apply(plan)).status).toBe("done");
    expect(world.get("listener/shop")).toMatchObject({ mode: "required" });
  });

  it("refuses a plan when the world has moved since", async () => {
    const { handfast, spec, world } = shop();
    const plan = await handfast.plan(spec);
    world.set("listener/shop", { kind: "listener", mode: "request", store: null, ignoreExpiry: false });
    const before = world.calls.writes;
    await expect(handfast.apply(plan)).rejects.toMatchObject({ code: "PLAN_STALE" });
    expect(world.calls.writes).toBe(before);
  });

  it("refuses a plan that was edited, and one without its edges even when its digest was made anew", async () => {
    const { handfast, spec } = shop();
    const plan = await handfast.plan(spec);
    const edited = { ...plan, steps: plan.steps.map((step) => ({ ...step, after: [] })) };
    await expect(handfast.apply(edited)).rejects.toMatchObject({ code: "PLAN_EDITED" });
    await expect(handfast.apply(resealed(edited))).rejects.toMatchObject({ code: "PLAN_UNSAFE" });
  });

  it("stops before it narrows when a proof fails, and goes on when it is mended", async () => {
    let mended = false;
    const prober: Prober = async () =>
      mended
        ? { verdict: "passed", reason: "served", evidence: {} }
        : { verdict: "failed", reason: "HTTP 525", evidence: {} };
    const { handfast, spec, world } = shop({ prober });
    const report = await handfast.apply(await handfast.plan(spec));
    expect(report.status).toBe("failed");
    expect(renderReport(report)).toContain("PROOF_FAILED");
    expect(world.get("listener/shop")).toMatchObject({ mode: "request" });
    mended = true;
    const resumed = await handfast.resume(report.runId);
    expect(resumed.status).toBe("done");
    expect(world.get("listener/shop")).toMatchObject({ mode: "required" });
  });

  it("holds when a proof is inconclusive", async () => {
    const { handfast, spec } = shop({
      prober: async () => ({ verdict: "inconclusive", reason: "nobody reached", evidence: {} }),
    });
    expect((await handfast.apply(await handfast.plan(spec))).status).toBe("held");
  });

  it("ends at a safe point when it is stopped, and resumes", async () => {
    const { handfast, spec, world } = shop();
    const stop = new AbortController();
    const plan = await handfast.plan(spec);
    const report = await handfast.apply(plan, {
      signal: stop.signal,
      onEvent: (event) => {
        if (event.kind === "step-waiting") stop.abort();
      },
    });
    expect(report.status).toBe("aborted");
    expect((await handfast.resume(report.runId)).status).toBe("done");
    expect(world.get("listener/shop")).toMatchObject({ mode: "required" });
  });

  it("resumes from the file journal after the process was killed behind every single entry", async () => {
    const clean = shop();
    const plan = await clean.handfast.plan(clean.spec);
    const entries = (await (await clean.handfast.apply(plan)).steps).length * 4;
    for (let most = 1; most <= entries; most += 1) {
      const folder = await mkdtemp(join(tmpdir(), "handfast-"));
      folders.push(folder);
      const journal = fileJournal(folder);
      const dying: Journal = {
        ...journal,
        blobs: journal.blobs,
        read: (run) => journal.read(run),
        runs: () => journal.runs(),
        open: async (run, claim) => {
          const writer = await journal.open(run, claim);
          let left = most;
          return {
            ...writer,
            append: async (entry) => {
              if (left === 0) throw new Error("killed");
              left -= 1;
              return await writer.append(entry);
            },
          };
        },
      };
      const { world, clock, spec, handfast } = shop({ journal: dying });
      const report = await handfast.apply(await handfast.plan(spec)).catch(() => undefined);
      if (report?.status === "done") break;
      const heir = createHandfast({
        adapters: [
          memoryVerifier(world, { modes: ["off", "request", "required"], atMostMs: 5_000 }),
          memoryPresenter(world, { atMostMs: 5_000 }),
        ],
        journal,
        secrets: { "edge-key": fromValue(keys.a1) },
        prober: passing,
        clock,
      });
      const [run] = await heir.runs();
      expect(run?.status).not.toBe("done");
      const resumed = await heir.resume(run?.runId ?? "");
      expect(resumed.status, `killed after ${most} entries`).toBe("done");
      expect(world.get("listener/shop")).toMatchObject({ mode: "required" });
      expect(world.get("association/shop.example.com")).toMatchObject({ shows: { certificate: digest.a1 } });
    }
  });

  it("tells all that is wrong with the input at once, and reads nothing then", async () => {
    const { handfast, world } = shop();
    const reads = world.calls.reads;
    const spec = handfast.spec({
      trust: { edge: { anchors: [certificates.a1, { file: "nowhere/ca.pem" }] } },
      identities: { edge: { chain: certificates.a, key: { secret: "edge-key" } } },
      verifiers: { shop: { adapter: "memory.verifier", listener: "shop", mode: "required", trust: "edge" } },
      presenters: { edge: { adapter: "memory.presenter", hostnames: ["h"], shows: "edge" } },
      links: [{ from: "edge", to: "shop" }],
    });
    await expect(handfast.plan(spec)).rejects.toThrow(
      /FILE_UNREADABLE[\s\S]*ca-where-leaf-is-due[\s\S]*KEY_MISMATCH/,
    );
    expect(world.calls.reads).toBe(reads);
  });
});
