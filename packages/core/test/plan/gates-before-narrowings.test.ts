/** Nothing is narrowed without the gates that the spec asks for: waves, proofs, logs. */
import { describe, expect, it } from "vitest";
import { memoryPresenter } from "../../src/memory/memory-presenter.ts";
import { memoryVerifier } from "../../src/memory/memory-verifier.ts";
import type { Link } from "../../src/plan/graph.ts";
import type { MtlsPlan, PlanStep } from "../../src/plan/plan.ts";
import { reachOf } from "../../src/plan/reach.ts";
import { renderPlan } from "../../src/plan/render-plan.ts";
import { digest } from "../fixtures/evidence.ts";
import { type Ask, handClock, leaf, link, observe, planFor, shows, wants } from "./world.ts";
import { atMostMs, laggingWorld, setAssociation, setListener } from "./worlds.ts";

type World = ReturnType<typeof laggingWorld>["world"];

const wave = (name: string, members: readonly string[], checks?: readonly string[], bakeMs = 43_200_000) => ({
  name,
  members: new Set(members),
  bakeMs,
  maxFailures: 1,
  ...(checks === undefined ? {} : { checks }),
});

const people = (to: string, name = "laptops"): Link => ({
  key: `${name} -> ${to}`,
  from: { population: name, credentials: [{ key: "staff", name: "staff", issuedBy: digest.a }] },
  to: { endpoint: to },
  mayRefuse: [],
  named: true,
});

const logs = { logs: "log", sinceMs: 1, atLeast: 1, mayRefuse: 0, unknown: "hold", waitMs: 1 } as const;

/** A shop with two presenters that show CA a, or what is said. */
function shop(
  mode: "off" | "request" | "required",
  {
    trusted = ["a"],
    shown = ["a1", "a1"],
    options = {},
  }: {
    trusted?: readonly ("a" | "b" | "c")[];
    shown?: readonly ("a1" | "b1" | "c1" | "nothing")[];
    options?: Partial<Parameters<typeof memoryVerifier>[1]>;
  } = {},
) {
  const { clock, world } = laggingWorld();
  setListener(world, "shop", mode, mode === "off" ? undefined : { name: "s", anchors: trusted });
  for (const [index, name] of ["canary", "rest"].entries()) setAssociation(world, name, shown[index] ?? "a1");
  clock.turn(60_000);
  const verifier = memoryVerifier(world, { modes: ["off", "request", "required"], atMostMs, ...options });
  const presenter = memoryPresenter(world, { atMostMs });
  const asks = (anchors: readonly ("a" | "b" | "c")[], goal: readonly ("a1" | "b1" | "c1")[]): Ask[] => [
    { key: "shop", adapter: verifier, target: { listener: "shop" }, want: wants("required", anchors) },
    ...["canary", "rest"].map((key, index) => ({
      key,
      adapter: presenter,
      target: { hostnames: [key] },
      want: shows(goal[index] ?? "a1"),
    })),
  ];
  const links = ["canary", "rest"].map((name) => link(name, "shop"));
  return { clock, world, asks, links, verifier };
}

const gates = (plan: MtlsPlan) => plan.steps.flatMap((step) => (step.kind === "wave" ? [step] : []));
const narrowing = (plan: MtlsPlan, of?: string): PlanStep =>
  plan.steps.findLast(
    (step) =>
      step.kind === "write" &&
      step.phase === "narrow" &&
      step.step.effect === "switch" &&
      (of ?? step.target) === step.target,
  ) as PlanStep;
const codes = (plan: MtlsPlan): string[] => plan.findings.map(({ code }) => code);

describe("a wave", () => {
  it("of people has a gate, between the opening and the narrowing of what they connect to", async () => {
    const { clock, asks } = shop("off");
    const waves = [wave("laptops", ["laptops"], ["errors"])];
    const plan = await planFor(asks(["a"], []).slice(0, 1), [people("shop")], clock, { waves });
    const [gate] = gates(plan);
    expect(gate).toMatchObject({ wave: "laptops", of: [], checks: ["errors"], bakeMs: 43_200_000 });
    expect(gate?.summary).toBe(
      "wave laptops is through with at most 1 failure, then bake for 12 h, watched by errors",
    );
    const { isBefore } = reachOf(plan.steps);
    const widening = plan.steps.find(({ phase }) => phase === "widen");
    expect(isBefore(widening?.id ?? "", gate?.id ?? "")).toBe(true);
    expect(isBefore(gate?.id ?? "", narrowing(plan).id)).toBe(true);
  });

  it("has a gate where its presenters are in place already, and its links are proved behind it", async () => {
    const { clock, asks, links } = shop("request", { trusted: ["a"] });
    const waves = [wave("canary", ["canary"], ["errors"]), wave("rest", ["rest"])];
    const plan = await planFor(asks(["a"], ["a1", "a1"]), links, clock, { waves });
    expect(gates(plan).map((gate) => gate.wave)).toEqual(["canary", "rest"]);
    const { isBefore } = reachOf(plan.steps);
    for (const { key } of links) {
      const proofs = plan.steps.filter((step) => step.kind === "prove" && step.link === key);
      const before = proofs.filter(({ id }) => isBefore(id, narrowing(plan).id));
      expect(before).toHaveLength(1);
      for (const gate of gates(plan)) expect(isBefore(gate.id, before[0]?.id ?? "")).toBe(true);
    }
  });

  it("makes what it bakes for unproved again: each link is proved between the last gate and the narrowing", async () => {
    const { clock, asks, links } = shop("off", { shown: ["nothing", "nothing"] });
    const waves = [wave("canary", ["canary"]), wave("rest", ["rest"])];
    const plan = await planFor(asks(["a"], ["a1", "a1"]), links, clock, { waves });
    const { isBefore } = reachOf(plan.steps);
    const last = gates(plan).at(-1)?.id ?? "";
    for (const { key } of links) {
      const between = plan.steps.filter(
        ({ id, ...step }) =>
          step.kind === "prove" &&
          step.link === key &&
          isBefore(last, id) &&
          isBefore(id, narrowing(plan).id),
      );
      expect(between, key).toHaveLength(1);
    }
    // without a bake, what was proved when it moved is not old
    const quick = [wave("canary", ["canary"], undefined, 0), wave("rest", ["rest"], undefined, 0)];
    const bare = await planFor(asks(["a"], ["a1", "a1"]), links, clock, { waves: quick });
    expect(bare.steps.filter(({ kind }) => kind === "prove")).toHaveLength(4);
  });

  it("does not wait for a wave that waits for what it narrows", async () => {
    // two parts, and waves over both: no gate may wait for itself
    const { clock, world, asks, links, verifier } = shop("off", { shown: ["nothing", "nothing"] });
    setListener(world, "api", "request", { name: "s2", anchors: ["a"] });
    const api: Ask = {
      key: "api",
      adapter: verifier,
      target: { listener: "api" },
      want: wants("required", ["a"]),
    };
    const waves = [
      wave("laptops", ["laptops"]),
      wave("canary", ["canary"]),
      wave("phones", ["phones"]),
      wave("rest", ["rest"]),
    ];
    const all = [...links, people("shop"), people("api"), people("shop", "phones")];
    const plan = await planFor([...asks(["a"], ["a1", "a1"]), api], all, clock, { waves });
    expect(gates(plan).map((gate) => gate.wave)).toEqual(["laptops", "canary", "phones", "rest"]);
    const { isBefore } = reachOf(plan.steps);
    for (const gate of gates(plan)) expect(isBefore(gate.id, narrowing(plan, "shop").id)).toBe(true);
    expect(isBefore(gates(plan)[0]?.id ?? "", narrowing(plan, "api").id)).toBe(true);
  });
});

describe("waves that no path keeps apart", () => {
  // room for two CAs: the rest must leave CA b before there is room for what the canary will show
  const mixed = (mayMixWaves: boolean) => {
    const made = shop("required", {
      trusted: ["a", "b"],
      shown: ["a1", "b1"],
      options: { room: 2, modes: ["off", "required"] },
    });
    const waves = [
      wave("canary", ["canary"], ["errors"], 60_000),
      wave("rest", ["rest"], ["latency"], 7_200_000),
      wave("laptops", ["laptops"], ["calls"], 0),
    ];
    const endpoints = async () =>
      (await observe(made.asks(["a", "c"], ["c1", "a1"]), made.clock)).map((one) => ({
        ...one,
        mayMixWaves,
      }));
    return {
      ...made,
      plan: async () =>
        planFor([], [...made.links, people("shop")], made.clock, { waves, endpoints: await endpoints() }),
    };
  };

  it("want consent", async () => {
    await expect(mixed(false).plan()).rejects.toMatchObject({ code: "PLAN_BLOCKED" });
    await expect(mixed(false).plan()).rejects.toThrow(
      /waves-not-kept.*mayMixWaves: "agreed" on verifier shop/s,
    );
  });

  it("are one then, with the longest bake and all checks, before the narrowing", async () => {
    const plan = await mixed(true).plan();
    expect(codes(plan)).toContain("waves-not-kept");
    const [gate, ...others] = gates(plan);
    expect(others).toEqual([]);
    expect(gate).toMatchObject({
      wave: "canary and rest and laptops",
      bakeMs: 7_200_000,
      checks: ["errors", "latency", "calls"],
      maxFailures: 1,
    });
    expect(reachOf(plan.steps).isBefore(gate?.id ?? "", narrowing(plan).id)).toBe(true);
    expect(gate?.of.length).toBeGreaterThan(0);
  });
});

describe("a verifier that is narrowed beside the one that is moved", () => {
  const beside = async (first: "moved" | "narrowed") => {
    const clock = handClock();
    const { world }: { world: World } = laggingWorld();
    setListener(world, "moved", "request", { name: "both", anchors: ["a", "b"] });
    setListener(world, "narrowed", "required", { name: "both", anchors: ["a", "b"] });
    setAssociation(world, "edge", "b1");
    const verifier = memoryVerifier(world, {
      inPlace: true,
      modes: ["off", "request", "required"],
      atMostMs,
    });
    const mode = { moved: "request", narrowed: "required" } as const;
    const order = first === "moved" ? (["moved", "narrowed"] as const) : (["narrowed", "moved"] as const);
    const asks: Ask[] = [
      ...order.map((key) => ({
        key,
        adapter: verifier,
        target: { listener: key, store: "both" },
        want: wants(mode[key], ["b"]),
      })),
      {
        key: "edge",
        adapter: memoryPresenter(world, { atMostMs }),
        target: { hostnames: ["edge"] },
        want: shows("b1"),
      },
    ];
    const endpoints = (await observe(asks, clock)).map((one) =>
      one.key === "edge" ? one : { ...one, evidence: logs },
    );
    const waves = [wave("edge", ["edge"])];
    return planFor([], [link("edge", "narrowed"), link("edge", "moved")], clock, { endpoints, waves });
  };

  it.each(["moved", "narrowed"] as const)(
    "has its gates, whichever of them is moved (%s first)",
    async (first) => {
      const plan = await beside(first);
      const last = narrowing(plan);
      expect(last).toBeDefined();
      const { isBefore } = reachOf(plan.steps);
      const earlier = plan.steps.filter(({ id }) => isBefore(id, last.id));
      expect(earlier.flatMap((step) => (step.kind === "evidence" ? [step.target] : []))).toEqual([
        "narrowed",
      ]);
      expect(earlier.some((step) => step.kind === "prove" && step.link === "edge -> narrowed")).toBe(true);
      expect(earlier.some(({ kind }) => kind === "wave")).toBe(true);
      expect(codes(plan)).not.toContain("evidence-too-early");
    },
  );
});

describe("findings of gates", () => {
  const direct = { url: "https://lb/", show: undefined } as const;
  const { certificate, chain } = leaf("b1") as { certificate: string; chain: readonly string[] };
  const stranger = { chain: [certificate, ...chain], secret: { key: "k", spki: digest.a } };

  it("say that a verifier checks nothing before it refuses, and that warm connections prove little", async () => {
    const { clock, asks, links } = shop("off", { shown: ["nothing", "nothing"] });
    const plan = await planFor(asks(["a"], ["a1", "a1"]), links, clock);
    const found = plan.findings.find(({ code }) => code === "unchecked-before");
    expect(found).toMatchObject({ severity: "warning", target: "shop" });
    expect(found?.message).toMatch(
      /first check is that of all traffic.*canary -> shop.*older than the change/,
    );
    expect(found?.mend).toMatch(/rehearsalPort.*probe\.direct/);
  });

  it("say nothing of it where a mode in between refuses bad certificates only", async () => {
    const { clock, asks, links } = shop("off", {
      shown: ["nothing", "nothing"],
      options: { modes: ["off", "request", "optional", "required"] },
    });
    const plan = await planFor(asks(["a"], ["a1", "a1"]), links, clock);
    expect(codes(plan)).not.toContain("unchecked-before");
    expect(codes(plan)).toContain("warm-connections");
  });

  it("say that what a direct probe shows would be refused, so that it proves nothing", async () => {
    const { clock, asks, links } = shop("off", { shown: ["nothing", "nothing"] });
    const probed = links.map((one) => ({
      ...one,
      probe: { url: "https://h/", direct: { ...direct, show: stranger } },
    })) as unknown as Link[];
    const plan = await planFor(asks(["a"], ["a1", "a1"]), probed, clock);
    const found = plan.findings.filter(({ code }) => code === "direct-unproved");
    expect(found.map(({ severity }) => severity)).toEqual(["warning", "warning"]);
    expect(found[0]?.message).toMatch(/canary -> shop.*shop refuses/);
    // so what goes through the presenters is all that tells
    const unchecked = plan.findings.find(({ code }) => code === "unchecked-before");
    expect(unchecked?.message).toMatch(/canary -> shop.*older than the change/);
  });

  it("name the mend of a refusal by its reason", async () => {
    const { clock, asks, links } = shop("required", { trusted: ["a"] });
    const refused = planFor(asks(["a"], ["b1" as never, "a1"]), links, clock);
    await expect(refused).rejects.toThrow(/link-refused.*trust the CA that issued what is shown/s);
    const early = shop("required", { trusted: ["a"] });
    const before = Date.parse("2001-01-01T00:00:00Z");
    const tooEarly = planFor(early.asks(["a"], ["a1", "a1"]), links, early.clock, { now: before });
    await expect(tooEarly).rejects.toThrow(/is not valid yet.*wait until it is valid/s);
  });
});

it("renders nothing that a terminal would obey", async () => {
  const { clock, asks, links } = shop("off", { shown: ["nothing", "nothing"] });
  const plan = await planFor(asks(["a"], ["a1", "a1"]), links, clock);
  const evil = "x\u001b[2J\u001b]0;t\u0007\u202egnp\r\nsecond\u2028third";
  const [step] = plan.steps;
  const text = renderPlan({
    ...plan,
    of: evil,
    kind: "rollback",
    steps: [{ ...(step as PlanStep), summary: evil }],
    findings: [{ code: evil, severity: "warning", message: evil, mend: evil }],
    estimate: { ...plan.estimate, calls: { [evil]: 1 } },
    permissions: { [evil]: [{ allow: evil, on: evil }] },
    pointOfNoReturn: { step: evil, because: evil },
    wayBackCloses: { at: evil, because: evil },
  });
  expect(text).not.toMatch(/[^\P{Cc}\n]|[\u202a-\u202e\u2066-\u2069\u2028\u2029]/u);
  expect(text).not.toMatch(/^second/m);
});
