import { describe, expect, it } from "vitest";
import {
  type ConnectionLog,
  type ConnectionLogQuery,
  type ConnectionLogReading,
  createHandfast,
  fromValue,
  type LoggedConnections,
  memoryPresenter,
  memoryVerifier,
} from "../../src/index.ts";
import { certificates, crls, keys } from "../fixtures/certificates.ts";
import { digest, evidence } from "../fixtures/evidence.ts";
import { passing, shop } from "../fixtures/shop.ts";

type Shop = ReturnType<typeof shop>;

function instance({ world, journal, clock }: Shop, log: ConnectionLog) {
  return createHandfast({
    adapters: [
      memoryVerifier(world, { modes: ["off", "request", "required"], atMostMs: 5_000 }),
      memoryPresenter(world, { atMostMs: 5_000 }),
    ],
    journal,
    prober: passing,
    logs: { connections: log },
    clock,
  });
}

type Instance = ReturnType<typeof instance>;
type Wanted = NonNullable<Parameters<Instance["spec"]>[0]["verifiers"]["shop"]["evidence"]>;

function specOf(handfast: Instance, wanted: Partial<Wanted> = {}, lists: string | null = crls["a-a2"]) {
  return handfast.spec({
    trust: { staff: { anchors: certificates.a, crls: lists ?? undefined } },
    verifiers: {
      shop: {
        adapter: "memory.verifier",
        listener: "shop",
        mode: "required",
        trust: "staff",
        // of most certificates of a population a log tells too little
        evidence: { logs: "connections", since: "7d", wait: "1h", atLeast: 0, ...wanted },
      },
    },
    populations: { laptops: { mayShow: { issuedBy: ["staff"], nothing: false } } },
    links: [{ from: "laptops", to: "shop" }],
  });
}

const known = (name: "a1" | "a2" | "aexp" | "b1"): LoggedConnections["shown"] => {
  const { serial, notAfter, issuer } = evidence.certificate(digest[name]);
  return { serial, notAfter, issuer };
};
const seen = (shown: LoggedConnections["shown"], count = 1): LoggedConnections => ({
  shown,
  outcome: "served",
  count,
  lastAt: 0,
});

/** Runs with a log that holds these connections. */
async function run(
  connections: readonly LoggedConnections[],
  wanted: Partial<Wanted> = {},
  reading: Partial<ConnectionLogReading> = {},
) {
  const made = shop();
  const queries: ConnectionLogQuery[] = [];
  const handfast = instance(made, async (query) => {
    queries.push(query);
    return { from: query.from, to: query.to, complete: true, unreadable: 0, connections, ...reading };
  });
  const plan = await handfast.plan(specOf(handfast, wanted));
  const report = await handfast.apply(plan, { onFailure: "roll-back" });
  const step = report.steps.find(({ id }) => plan.steps.find((one) => one.id === id)?.kind === "evidence");
  return { ...made, handfast, plan, report, step, queries };
}

describe("evidence from connection logs", () => {
  it("is read after the verifier began to ask and before it refuses anybody", async () => {
    const { plan, report, queries, step, clock } = await run([seen(known("a1"), 40)], { unknown: "pass" });
    expect(plan.steps.map(({ kind, phase }) => `${kind} ${phase}`)).toEqual([
      "write widen",
      "evidence prove",
      "write prepare",
      "write narrow",
    ]);
    expect(report.status).toBe("done");
    const asks = Date.parse(report.steps[0]?.endedAt ?? "");
    expect(queries[0]).toMatchObject({ verifier: "shop", target: { listener: "shop" }, from: asks });
    expect(queries[0]?.to).toBeLessThanOrEqual(clock.now());
    expect(step?.proof).toMatchObject({ verdict: "passed", evidence: { connections: 40, refused: 0 } });
  });

  it.each<[string, LoggedConnections["shown"], string]>([
    ["shows nothing", "nothing", "a certificate is required"],
    ["has expired", known("aexp"), "it has expired"],
    ["is revoked", known("a2"), "it is revoked"],
  ])("goes back before anybody is refused who %s", async (_, shown, why) => {
    const { report, step, world } = await run([seen(known("a1"), 40), seen(shown, 2), seen("unknown")], {
      unknown: "pass",
    });
    expect(report).toMatchObject({ status: "failed", takenBack: [{ status: "done" }] });
    expect(step?.error).toMatchObject({ code: "PROOF_FAILED", message: expect.stringContaining(why) });
    expect(step?.error?.message).toContain("of 2 connections");
    // of what can't be told it says nothing here
    expect(step?.error?.message).not.toContain("the log does not tell");
    expect(world.get("listener/shop")).toMatchObject({ mode: "off" });
  });

  it("lets as many be refused as the spec agrees to", async () => {
    expect((await run([seen("nothing", 2)], { mayRefuse: 2 })).report.status).toBe("done");
    expect((await run([seen("nothing", 3)], { mayRefuse: 2 })).report.status).toBe("failed");
  });

  it("holds where the log does not tell who issued what was shown, unless that is let pass", async () => {
    const { report, step } = await run([seen({ serial: "0123" }, 7)]);
    expect(report.status).toBe("held");
    expect(step?.error?.message).toContain("7 can't be told");
    expect((await run([seen({ serial: "0123" }, 7)], { unknown: "pass" })).report.status).toBe("done");
  });

  it.each<[string, Partial<Wanted>, Partial<ConnectionLogReading>]>([
    ["has too few connections", { atLeast: 41 }, {}],
    ["is not complete", {}, { complete: false }],
  ])("waits, then holds, where the log %s", async (_, wanted, reading) => {
    const { report, queries } = await run([seen(known("a1"), 40)], { unknown: "pass", ...wanted }, reading);
    expect(report.status).toBe("held");
    expect(report.takenBack).toBeUndefined();
    const [first, last] = [queries[0], queries.at(-1)];
    expect((last?.to ?? 0) - (first?.to ?? 0)).toBeGreaterThanOrEqual(3_600_000);
  });

  it("counts from when a presenter was proved to show what it will, and once its wave has baked", async () => {
    const made = shop();
    const queries: ConnectionLogQuery[] = [];
    const asked = { at: 0 };
    const handfast = createHandfast({
      adapters: [
        memoryVerifier(made.world, { modes: ["off", "request", "required"], atMostMs: 5_000 }),
        memoryPresenter(made.world, { atMostMs: 5_000 }),
      ],
      journal: made.journal,
      secrets: { "edge-key": fromValue(keys.a1) },
      prober: async (request) => {
        // what is proved again, after the bake, shows nothing new
        if (asked.at === 0) asked.at = made.clock.now();
        return await passing(request);
      },
      // the presenter connects all the time, and showed nothing until it was changed
      logs: {
        connections: async (query) => {
          queries.push(query);
          const connections = [seen(query.from < asked.at ? "nothing" : known("a1"), 40)];
          return { from: query.from, to: query.to, complete: true, unreadable: 0, connections };
        },
      },
      clock: made.clock,
    });
    const wanted = handfast.parseSpec({
      trust: { edge: { anchors: certificates.a } },
      identities: { edge: { chain: certificates.a1, key: { secret: "edge-key" } } },
      verifiers: {
        shop: {
          adapter: "memory.verifier",
          listener: "shop",
          mode: "required",
          trust: "edge",
          evidence: { logs: "connections", since: "7d", unknown: "pass", atLeast: 0 },
        },
      },
      presenters: { edge: { adapter: "memory.presenter", hostnames: ["h"], shows: "edge" } },
      links: [{ from: "edge", to: "shop", probe: { url: "https://{hostname}/" } }],
      waves: [{ name: "all", from: ["edge"], bake: "10m" }],
    });
    const plan = await handfast.plan(wanted);
    const report = await handfast.apply(plan);
    expect(report.status).toBe("done");
    const proof = report.steps.find(({ phase }) => phase === "prove");
    expect(queries).toHaveLength(1);
    expect(queries[0]?.from).toBe(Date.parse(proof?.endedAt ?? ""));
    expect((queries[0]?.to ?? 0) - (queries[0]?.from ?? 0)).toBeGreaterThanOrEqual(600_000);
  });

  it("does not count who was refused already", async () => {
    const refused = { ...seen("nothing", 100), outcome: "refused" } as const;
    const { report } = await run([refused, seen(known("a1"), 1)], { unknown: "pass" });
    expect(report.status).toBe("done");
  });

  it("does not count who was served once, and would be refused already now", async () => {
    const made = shop();
    const connections: LoggedConnections[] = [seen(known("a1"), 40)];
    const handfast = instance(made, async ({ from, to }) => {
      return { from, to, complete: true, unreadable: 0, connections };
    });
    const plan = await handfast.plan(specOf(handfast, { unknown: "pass" }, null));
    expect((await handfast.apply(plan)).status).toBe("done");
    // they came before it required certificates
    connections.push(seen("nothing", 5), seen(known("aexp"), 5));
    const revoking = await handfast.plan(specOf(handfast, { unknown: "pass" }));
    const report = await handfast.apply(revoking);
    expect(report.status).toBe("done");
    expect(report.proofs).toMatchObject([{ evidence: { connections: 40, refused: 0 } }]);
  });

  it("says beforehand where the verifier asks too late for any log to tell", async () => {
    const made = shop();
    const handfast = createHandfast({
      adapters: [memoryVerifier(made.world, { modes: ["off", "required"], atMostMs: 5_000 })],
      journal: made.journal,
      logs: { connections: async () => ({ from: 0, to: 0, complete: true, unreadable: 0, connections: [] }) },
      clock: made.clock,
    });
    const plan = await handfast.plan(specOf(handfast as unknown as Instance));
    expect(plan.findings.map(({ code }) => code)).toContain("evidence-too-early");
  });

  it("holds when the reader breaks, with its reason if it has a code", async () => {
    const made = shop();
    const handfast = instance(made, async () => {
      throw new Error("secret bucket");
    });
    const report = await handfast.apply(await handfast.plan(specOf(handfast)));
    expect(report.status).toBe("held");
    expect(JSON.stringify(report)).not.toContain("secret bucket");
  });
});
