import { describe, expect, it } from "vitest";
import {
  createHandfast,
  fromValue,
  type JsonValue,
  type MtlsPlan,
  memoryPresenter,
  memoryVerifier,
  type Prober,
  type ProofRequest,
} from "../../src/index.ts";
import { certificates, keys } from "../fixtures/certificates.ts";
import { digest } from "../fixtures/evidence.ts";
import { passing, shop } from "../fixtures/shop.ts";

type Shop = ReturnType<typeof shop>;
type Probe = JsonValue;

const direct = { url: "https://lb.internal:8443/healthz", servername: "{hostname}" } as const;

/** `a` to begin with, `b` after the rotation; the listener has room for both. */
function instance(made: Shop, prober: Prober, anchors: "a" | "b" = "a") {
  return createHandfast({
    adapters: [
      memoryVerifier(made.world, { modes: ["off", "request", "required"], atMostMs: 5_000 }),
      memoryPresenter(made.world, { atMostMs: 5_000 }),
    ],
    journal: made.journal,
    secrets: { "edge-key": fromValue(keys[`${anchors}1`]), "other-key": fromValue(keys.b1) },
    prober,
    clock: made.clock,
  });
}

function specOf(
  handfast: ReturnType<typeof instance>,
  probe: Probe,
  {
    anchors = "a",
    hostnames = ["h"],
    trusted = [certificates[anchors]],
  }: { anchors?: "a" | "b"; hostnames?: string[]; trusted?: string[] } = {},
) {
  return handfast.parseSpec({
    trust: { edge: { anchors: trusted } },
    identities: {
      edge: { chain: certificates[`${anchors}1`], key: { secret: "edge-key" } },
      sibling: { chain: certificates.b1, key: { secret: "other-key" } },
    },
    verifiers: { shop: { adapter: "memory.verifier", listener: "shop", mode: "required", trust: "edge" } },
    presenters: { edge: { adapter: "memory.presenter", hostnames, shows: "edge" } },
    links: [{ from: "edge", to: "shop", probe }],
  });
}

/** The steps that matter, in an order that the edges allow, in a word each. */
const story = ({ steps }: MtlsPlan): string[] =>
  steps.flatMap((step) => {
    if (step.kind === "prove") return [`${step.by} ${step.due}`];
    return step.kind === "write" && step.step.effect === "switch" ? [step.phase] : [];
  });

describe("direct proofs", () => {
  it("follow the faces: what will be shown is served and nothing is refused once the verifier checks", async () => {
    const made = shop();
    const handfast = instance(made, passing);
    const plan = await handfast.plan(specOf(handfast, { url: "https://{hostname}/", direct }));
    expect(story(plan)).toEqual([
      "widen",
      "present",
      "link served",
      "narrow",
      "direct served",
      "direct refused",
      "link served",
    ]);
    const bare = await handfast.plan(specOf(handfast, { url: "https://{hostname}/" }));
    expect(story(bare)).toEqual(["widen", "present", "link served", "narrow", "link served"]);
  });

  it("hold a rotation back until the new certificate is seen to be served, and only then show it", async () => {
    const made = shop();
    const first = instance(made, passing);
    const probe = { url: "https://{hostname}/", direct };
    expect((await first.apply(await first.plan(specOf(first, probe)))).status).toBe("done");
    const asked: ProofRequest[] = [];
    const prober: Prober = async (request) => {
      asked.push(request);
      return request.url === direct.url && request.due === "served"
        ? { verdict: "failed", reason: "alert 48", evidence: {} }
        : await passing(request);
    };
    const next = instance(made, prober, "b");
    const plan = await next.plan(specOf(next, probe, { anchors: "b" }));
    expect(story(plan).slice(0, 4)).toEqual(["widen", "direct served", "direct refused", "present"]);
    const report = await next.apply(plan, { onFailure: "roll-back" });
    expect(report).toMatchObject({ status: "failed", takenBack: [{ status: "done" }] });
    expect(report.proofs[0]).toMatchObject({ verdict: "failed", reason: "alert 48" });
    expect(made.world.get("association/h")).toMatchObject({ shows: { certificate: digest.a1 } });
    const [request] = asked;
    expect(request).toMatchObject({ servername: "h", due: "served", expect: undefined, echo: undefined });
    expect(await request?.show?.key()).toContain("PRIVATE KEY");
  });

  it("that are due to be refused are made only where another is served at the same place", async () => {
    const made = shop();
    const asked: ProofRequest[] = [];
    const prober: Prober = async (request) => {
      asked.push(request);
      return await passing(request);
    };
    const probe = { url: "https://{hostname}/", direct };
    const first = instance(made, prober);
    await first.apply(await first.plan(specOf(first, probe)));
    const controls = () =>
      asked.filter(({ due }) => due === "refused").map(({ control }) => control !== undefined);
    expect(new Set(controls())).toEqual(new Set([true]));
    const next = instance(made, prober, "b");
    const rotated = await next.apply(await next.plan(specOf(next, probe, { anchors: "b" })));
    expect(rotated.status).toBe("done");
    asked.length = 0;
    expect((await next.rollback(rotated.runId)).status).toBe("done");
    // at its end the old CA alone is trusted, and the new leaf refused: a silence there could be a crash
    expect(controls()).not.toContain(false);
  });

  it("show nothing where nothing must be refused, and ask for no key", async () => {
    const made = shop();
    const asked: ProofRequest[] = [];
    const handfast = instance(made, async (request) => {
      asked.push(request);
      return await passing(request);
    });
    await handfast.apply(await handfast.plan(specOf(handfast, { direct })));
    const refused = asked.filter(({ due }) => due === "refused");
    expect(refused.length).toBeGreaterThan(0);
    for (const request of refused)
      expect(request).toMatchObject({
        by: "direct",
        show: undefined,
        expect: undefined,
        control: { chain: expect.any(Array) },
      });
  });

  it("are made by another leaf where the spec names one, if it fares as the presenter's own", async () => {
    const made = shop();
    const handfast = instance(made, passing);
    const probe = { direct: { ...direct, show: "sibling" } } as const;
    const trusted = [certificates.a, certificates.b];
    const alike = await handfast.plan(specOf(handfast, probe, { trusted }));
    const served = alike.steps.find((step) => step.kind === "prove" && step.due === "served");
    expect(served?.summary).toContain(digest.b1.slice(0, 12));
    expect(story(await handfast.plan(specOf(handfast, probe)))).toEqual(["widen", "present", "narrow"]);
  });

  it("are made where a verifier rehearses what it is about to do, before traffic sees it", async () => {
    const made = shop();
    const asked: ProofRequest[] = [];
    const plain = memoryVerifier(made.world, { modes: ["off", "request", "required"], atMostMs: 5_000 });
    const steps: typeof plain.definition.steps = (...move) => {
      const made = plain.definition.steps(...move);
      const rehearses = { port: 8443 };
      return {
        ...made,
        steps: made.steps.map((step) => (step.effect === "none" ? { ...step, rehearses } : step)),
      };
    };
    const handfast = createHandfast({
      adapters: [{ ...plain, definition: { ...plain.definition, steps } }, memoryPresenter(made.world)],
      journal: made.journal,
      secrets: { "edge-key": fromValue(keys.a1), "other-key": fromValue(keys.b1) },
      prober: async (request) => {
        asked.push(request);
        return new URL(request.url).port === "8443" && request.due === "served"
          ? { verdict: "failed", reason: "alert 48", evidence: {} }
          : await passing(request);
      },
      clock: made.clock,
    });
    const probe = { url: "https://{hostname}/", direct: { ...direct, url: "https://lb.internal/healthz" } };
    const plan = await handfast.plan(specOf(handfast as never, probe));
    expect(story(plan)).toEqual([
      "widen",
      "present",
      "link served",
      "direct served",
      "direct refused",
      "narrow",
      "direct served",
      "direct refused",
      "link served",
    ]);
    const report = await handfast.apply(plan, { onFailure: "roll-back" });
    expect(report).toMatchObject({ status: "failed", takenBack: [{ status: "done" }] });
    expect(report.steps.find(({ phase }) => phase === "narrow")).toMatchObject({ status: "skipped" });
    expect(asked.map(({ url }) => url)).toContain("https://lb.internal:8443/healthz");
    expect(made.world.get("listener/shop")).toMatchObject({ mode: "off" });
  });

  it("are shared by hostnames that ask the same, and each has its own where they don't", async () => {
    const made = shop();
    const handfast = instance(made, passing);
    const hostnames = ["h1", "h2", "h3"];
    const count = async (probe: Probe): Promise<number> =>
      story(await handfast.plan(specOf(handfast, probe, { hostnames }))).filter((one) =>
        one.startsWith("direct"),
      ).length;
    expect(await count({ direct: { url: direct.url } })).toBe(2);
    expect(await count({ direct })).toBe(6);
  });

  it("are left out of reach on purpose, which the plan says", async () => {
    const made = shop();
    const handfast = instance(made, passing);
    const codesOf = async (probe: Probe) =>
      (await handfast.plan(specOf(handfast, probe))).findings.map(({ code }) => code);
    expect(await codesOf("unreachable")).toContain("unreachable");
    expect(await codesOf("unreachable")).not.toContain("unproved");
    expect(await codesOf({ url: "https://{hostname}/", direct: "unreachable" })).toContain(
      "direct-unreachable",
    );
    expect(await codesOf({ direct })).toContain("direct-only");
  });

  it.each([
    [{}, "links.0.probe.url"],
    [{ direct: "unreachable" }, "links.0.probe.url"],
    [{ direct: { url: "http://lb/" } }, "links.0.probe.direct.url"],
    [{ direct: { url: "https://lb/", servername: "a b" } }, "links.0.probe.direct.servername"],
    [{ direct: { url: "https://lb/", show: "nobody" } }, "links.0.probe.direct.show"],
    [{ direct: { url: "https://lb/", verify: false } }, "links.0.probe.direct.verify"],
    ["never", "links.0.probe"],
  ])("refuse %j where it stands", (probe, path) => {
    const handfast = instance(shop(), passing);
    const parse = () => handfast.parseSpec(JSON.parse(JSON.stringify(withProbe(probe))));
    expect(parse).toThrow(
      expect.objectContaining({
        code: "SPEC_INVALID",
        details: expect.objectContaining({
          issues: expect.arrayContaining([expect.objectContaining({ path: pathOf(path) })]),
        }),
      }),
    );
  });

  it("stop an apply beforehand where nobody could make them", async () => {
    const made = shop();
    const handfast = instance(made, passing);
    const plan = await handfast.plan(specOf(handfast, { direct }));
    const without = createHandfast({
      adapters: [
        memoryVerifier(made.world, { modes: ["off", "request", "required"], atMostMs: 5_000 }),
        memoryPresenter(made.world, { atMostMs: 5_000 }),
      ],
      journal: made.journal,
      secrets: { "edge-key": fromValue(keys.a1) },
      clock: made.clock,
    });
    await expect(without.apply(plan)).rejects.toMatchObject({ code: "GATE_MISSING" });
    expect(made.world.get("listener/shop")).toMatchObject({ mode: "off" });
  });
});

const pathOf = (text: string): (string | number)[] =>
  text.split(".").map((part) => (/^\d+$/.test(part) ? Number(part) : part));

function withProbe(probe: unknown): unknown {
  return {
    trust: { edge: { anchors: certificates.a } },
    identities: { edge: { chain: certificates.a1, key: { secret: "edge-key" } } },
    verifiers: { shop: { adapter: "memory.verifier", listener: "shop", mode: "required", trust: "edge" } },
    presenters: { edge: { adapter: "memory.presenter", hostnames: ["h"], shows: "edge" } },
    links: [{ from: "edge", to: "shop", probe }],
  };
}
