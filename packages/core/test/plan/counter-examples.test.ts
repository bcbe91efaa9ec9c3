/** Worlds that broke an earlier theory, numbered as they were found: verifiers, stores and what is under way. */
import { describe, expect, it } from "vitest";
import { memoryPresenter } from "../../src/memory/memory-presenter.ts";
import { memoryVerifier } from "../../src/memory/memory-verifier.ts";
import { memoryZone } from "../../src/memory/memory-zone.ts";
import { digest } from "../fixtures/evidence.ts";
import { type Ask, leaf, link, planFor, shows, wants } from "./world.ts";
import { atMostMs, laggingWorld, provesSafe, type Scene, setAssociation, setListener } from "./worlds.ts";

const ask = (key: string, adapter: Ask["adapter"], target: unknown, want: Ask["want"], more = {}): Ask => ({
  key,
  adapter,
  target,
  want,
  ...more,
});

/** Two listeners with a presenter each; both go from CA a to CA b, over one store or two. */
function twoListeners(inPlace: boolean): Scene {
  const { clock, world } = laggingWorld();
  for (const name of ["x", "y"]) {
    setListener(world, name, "required", { name: "together", anchors: ["a"] });
    setAssociation(world, `to-${name}`, "a1");
  }
  const verifier = memoryVerifier(world, { inPlace, atMostMs });
  const presenter = memoryPresenter(world, { atMostMs });
  const asks = ["x", "y"].flatMap((name) => [
    ask(name, verifier, { listener: name }, wants("required", ["b"])),
    ask(`to-${name}`, presenter, { hostnames: [`to-${name}`] }, shows("b1")),
  ]);
  return {
    clock,
    world,
    asks,
    links: ["x", "y"].map((name) => link(`to-${name}`, name)),
    traffic: ["x", "y"].map((name) => ({
      name: `to-${name} -> ${name}`,
      association: `to-${name}`,
      listener: name,
    })),
  };
}

/** One listener and one presenter, from CA a to CA b. */
function rotation(
  options: Parameters<typeof memoryVerifier>[1] = {},
  more: { mayWeaken?: boolean } = {},
): Scene {
  const { clock, world } = laggingWorld();
  setListener(world, "shop", "required", { name: "adopted", anchors: ["a"] });
  setAssociation(world, "edge", "a1");
  const { mayWeaken = false } = more;
  return {
    clock,
    world,
    asks: [
      ask(
        "shop",
        memoryVerifier(world, { atMostMs, ...options }),
        { listener: "shop" },
        wants("required", ["b"]),
        {
          mayWeaken,
        },
      ),
      ask("edge", memoryPresenter(world, { atMostMs }), { hostnames: ["edge"] }, shows("b1")),
    ],
    links: [link("edge", "shop")],
    traffic: [{ name: "edge -> shop", association: "edge", listener: "shop" }],
  };
}

describe("makePlan", () => {
  it("1: drops no CA from a shared store while another link still shows it", async () => {
    const plan = await provesSafe(() => twoListeners(true));
    expect(plan.findings.map(({ code }) => code)).toContain("changed-in-place");
    const narrow = plan.steps.find(({ phase, kind }) => kind === "write" && phase === "narrow");
    const presents = plan.steps.filter(({ phase }) => phase === "present").map(({ id }) => id);
    expect(presents).toHaveLength(2);
    expect(narrow?.after).toEqual(expect.arrayContaining(presents));
  });

  it("2: lets nothing outrun nodes that still run the old store, though the provider says it is active", async () => {
    const make = (): Scene => {
      const writtenAt = new Map<string, number>();
      const scene = rotation({ silent: true });
      const { world, clock } = scene;
      const set = world.set.bind(world);
      world.set = (object, value) => {
        writtenAt.set(object, clock.now());
        set(object, value);
      };
      const unsettledUntil = (objects: readonly string[]): number | undefined => {
        const until = Math.max(...objects.map((object) => (writtenAt.get(object) ?? 0) + atMostMs));
        return until > clock.now() ? until : undefined;
      };
      const asks = scene.asks.map((one) => (one.key === "shop" ? { ...one, unsettledUntil } : one));
      return { ...scene, asks };
    };
    await provesSafe(make);
  });

  it("3: waits for a change that somebody else made before it narrows anything", async () => {
    const make = (): Scene => {
      const scene = rotation();
      const { world, asks } = scene;
      setListener(world, "shop", "required", { name: "union", anchors: ["a", "b"] });
      scene.clock.turn(10_000);
      setAssociation(world, "edge", "b1");
      return { ...scene, asks };
    };
    const plan = await provesSafe(make, { hasWayBack: true });
    const settle = plan.steps.find(({ kind }) => kind === "settle");
    expect(settle).toMatchObject({ target: "edge" });
    for (const step of plan.steps)
      if (step.kind === "write" && step.step.effect === "switch") expect(step.after).toContain(settle?.id);
  });

  it("10: makes up no list of what both ends revoke, and uses one that was signed", async () => {
    const make = (): Scene => {
      const scene = rotation();
      const { world, asks } = scene;
      setListener(world, "shop", "required", { name: "adopted", anchors: ["a"], crls: ["a-a2"] });
      scene.clock.turn(10_000);
      return {
        ...scene,
        asks: [
          { ...(asks[0] as Ask), want: wants("required", ["a", "b"], ["a-none", "b-b2"]) },
          { ...(asks[1] as Ask), want: shows("b1") },
        ],
      };
    };
    const plan = await provesSafe(make);
    expect(plan.findings.find(({ code }) => code === "access-gained")?.message).toContain("revocation list");
  });

  it("11: neither ignores expiry on the way, nor leaves a CA without a list beside one that has one", async () => {
    const make = (): Scene => {
      const scene = rotation();
      setListener(scene.world, "shop", "required", {
        name: "adopted",
        anchors: ["a"],
        crls: ["a-a2"],
        ignoreExpiry: true,
      });
      scene.clock.turn(10_000);
      return scene;
    };
    await expect(planFor(make().asks, make().links, make().clock)).rejects.toMatchObject({
      code: "PLAN_BLOCKED",
    });
    const agreed = (): Scene => {
      const scene = make();
      return { ...scene, asks: scene.asks.map((one) => ({ ...one, mayWeaken: true })) };
    };
    const plan = await provesSafe(agreed, { mayLeak: true });
    expect(plan.findings.find(({ code }) => code === "weakened-on-the-way")?.message).toContain("revokes");
  });

  it("12: goes by several states where there is no room for the union, or asks to weaken the mode", async () => {
    const make = (room: number): Scene => {
      const { clock, world } = laggingWorld();
      setListener(world, "shop", "required", { name: "s", anchors: ["a", "b"] });
      setAssociation(world, "p", "a1");
      setAssociation(world, "q", "b1");
      const verifier = memoryVerifier(world, { room, atMostMs });
      const presenter = memoryPresenter(world, { atMostMs });
      return {
        clock,
        world,
        asks: [
          ask("shop", verifier, { listener: "shop" }, wants("required", ["c", "a"]), { mayDropEarly: true }),
          ask("p", presenter, { hostnames: ["p"] }, shows("c1")),
          ask("q", presenter, { hostnames: ["q"] }, shows("a2")),
        ],
        links: [link("p", "shop"), link("q", "shop")],
        traffic: ["p", "q"].map((name) => ({ name: `${name} -> shop`, association: name, listener: "shop" })),
      };
    };
    expect((await provesSafe(() => make(2))).steps.filter(({ phase }) => phase === "present")).toHaveLength(
      2,
    );
    const tight = rotation({ room: 1 });
    await expect(planFor(tight.asks, tight.links, tight.clock)).rejects.toThrow(
      /weakened-on-the-way[\s\S]*mayWeaken/,
    );
    const plan = await provesSafe(() => rotation({ room: 1 }, { mayWeaken: true }), { mayLeak: true });
    expect(plan.findings).toContainEqual(
      expect.objectContaining({ code: "weakened-on-the-way", severity: "warning" }),
    );
  });

  it("12: finds another way where the provider takes two CAs in no one store", async () => {
    const refuses = (anchors: readonly string[]): string | undefined =>
      anchors.includes(digest.a) && anchors.includes(digest.b) ? "two of the same subject" : undefined;
    const { asks, links, clock } = rotation({ refuses });
    await expect(planFor(asks, links, clock)).rejects.toThrow(/weakened-on-the-way/);
    await provesSafe(() => rotation({ refuses }, { mayWeaken: true }), { mayLeak: true });
  });

  it.each([
    [["off", "request", "required"], undefined],
    [["off", "required"], "first-check-refuses"],
  ] as const)(
    "13: proves at a mode that asks and refuses nobody, or says that %s has none",
    async (modes, code) => {
      const make = (): Scene => {
        const scene = rotation({ modes });
        setListener(scene.world, "shop", "off");
        scene.world.set("association/edge", undefined);
        scene.clock.turn(10_000);
        return scene;
      };
      const plan = await provesSafe(make);
      expect(plan.findings.find((finding) => finding.code === "first-check-refuses")?.code).toBe(code);
      const refusing = plan.steps.findIndex(
        (step) => step.kind === "write" && JSON.stringify(step.step.action).includes('"mode":"required"'),
      );
      const proof = plan.steps.findIndex((step) => step.kind === "prove" && step.certificate === digest.b1);
      expect(proof < refusing).toBe(code === undefined);
      if (code === undefined) expect(plan.steps[refusing]?.after).toContain(plan.steps[proof]?.id);
    },
  );

  it("14: makes a new store where the old one can't be read, and goes back to that one", async () => {
    const make = (): Scene => {
      const scene = rotation({ blind: true });
      const shop = scene.asks[0] as Ask;
      return { ...scene, asks: [{ ...shop, want: wants("required", ["a", "b"]) }, scene.asks[1] as Ask] };
    };
    const plan = await provesSafe(make);
    expect(plan.findings.map(({ code }) => code)).toContain("store-unread");
    for (const step of plan.steps)
      if (step.kind === "write") expect(step.step.object).not.toBe("store/adopted");
  });

  it("14: guesses nothing: what can't be read is no reason to present another CA's leaf, or to drop one", async () => {
    const { asks, links, clock } = rotation({ blind: true });
    await expect(planFor(asks, links, clock)).rejects.toThrow(/shop/);
    const { asks: stranger, ...scene } = rotation({ blind: true });
    setAssociation(scene.world, "edge", "s1");
    scene.clock.turn(10_000);
    await expect(planFor(stranger, scene.links, scene.clock)).rejects.toMatchObject({
      code: expect.stringMatching(/PLAN_NO_PATH|PLAN_BLOCKED/),
    });
  });

  it("14: says that a store which is changed in place unread can't be brought back", async () => {
    const { asks, links, clock, world } = rotation({ blind: true, inPlace: true });
    setListener(world, "shop", "request", { name: "adopted", anchors: ["a"] });
    clock.turn(10_000);
    const shop = asks[0] as Ask;
    const plan = await planFor(
      [{ ...shop, want: wants("request", ["a", "b"]) }, asks[1] as Ask],
      links,
      clock,
    );
    expect(plan.pointOfNoReturn?.because).toContain("can't be read");
  });

  it("15: changes nothing in place where there is room beside", async () => {
    const plan = await provesSafe(() => twoListeners(false));
    const writes = plan.steps.flatMap((step) => (step.kind === "write" ? [step.step] : []));
    for (const { object, action } of writes)
      if (object.startsWith("store/") || object.startsWith("certificate/"))
        expect(action).toMatchObject({ from: null });
  });

  it("16: retires no store that an unretired run may go back to", () => {
    const { world } = twoListeners(false);
    const verifier = memoryVerifier(world);
    const now = {
      "listener/x": world.get("listener/x"),
      "store/old": { kind: "store", anchors: [digest.a], crls: [] },
    };
    const image = { ...now, "listener/x": { ...(now["listener/x"] as object), store: "old" } };
    const seen = { objects: ["listener/x"], now, may: [], settled: true, owner: "us" as const, findings: [] };
    const removed = (keep: readonly unknown[]): readonly string[] =>
      verifier.definition
        .removals({ listener: "x" }, seen, { keep, made: ["store/old"] })
        .steps.map(({ object }) => object);
    expect(removed([])).toEqual(["store/old"]);
    expect(removed([image])).toEqual([]);
  });

  it("says that goals contradict each other where two verifiers share a store in place", async () => {
    const { asks, links, clock } = twoListeners(true);
    const apart = asks.map((one) =>
      one.key === "y" ? { ...one, want: wants("required", ["b", "c"]) } : one,
    );
    await expect(planFor(apart, links, clock)).rejects.toThrow(/goals-contradict/);
  });

  it("proves a link that nobody moves before the verifier refuses for the first time", async () => {
    const { asks, links, clock, world } = rotation({ modes: ["off", "request", "required"] });
    setListener(world, "shop", "off");
    clock.turn(10_000);
    const same = [
      { ...(asks[0] as Ask), want: wants("required", ["a"]) },
      { ...(asks[1] as Ask), want: shows("a1") },
    ];
    const plan = await planFor(same, links, clock);
    const narrow = plan.steps.find((step) => step.kind === "write" && step.phase === "narrow");
    const proof = plan.steps.find((step) => step.kind === "prove" && narrow?.after.includes(step.id));
    expect(proof).toMatchObject({ certificate: digest.a1, link: "edge -> shop" });
  });

  it("asks for consent rather than lock out, for a while, clients of a verifier that shares the store", async () => {
    const { clock, world } = laggingWorld();
    const verifier = memoryVerifier(world, { inPlace: true, room: 2, atMostMs });
    for (const name of ["x", "y"])
      setListener(world, name, "required", { name: "together", anchors: ["a", "b"] });
    setAssociation(world, "p", "b1");
    clock.turn(10_000);
    const planWith = async (mayDropEarly: boolean) =>
      planFor(
        [
          ask("x", verifier, { listener: "x" }, wants("required", ["a", "c"]), { mayDropEarly }),
          ask("y", verifier, { listener: "y" }, wants("required", ["a", "c"]), { mayDropEarly: true }),
          ask("p", memoryPresenter(world, { atMostMs }), { hostnames: ["p"] }, shows("c1")),
        ],
        [link("p", "y")],
        clock,
      );
    await expect(planWith(false)).rejects.toThrow(/weakened-on-the-way/);
    expect((await planWith(true)).findings.map(({ code }) => code)).toContain("dropped-early");
  });

  it("4: keeps an upload that is the switch behind the widening, and its way back is a delete", async () => {
    const make = (): Scene => {
      const made = laggingWorld();
      setListener(made.world, "shop", "required", { name: "s", anchors: ["a"] });
      made.world.set("zone/z", { kind: "zone", certificates: [leaf("a1")] });
      return {
        ...made,
        asks: [
          ask(
            "shop",
            memoryVerifier(made.world, { atMostMs }),
            { listener: "shop" },
            wants("required", ["b"]),
          ),
          ask("z", memoryZone(made.world, { atMostMs }), { zone: "z" }, shows("b1")),
        ],
        links: [link("z", "shop")],
        traffic: [{ name: "z -> shop", zone: "z", listener: "shop" }],
      };
    };
    const plan = await provesSafe(make);
    const upload = plan.steps.find((step) => step.kind === "write" && step.step.object === "zone/z");
    const widen = plan.steps.find(({ phase }) => phase === "widen");
    expect(upload).toMatchObject({ phase: "present", after: expect.arrayContaining([widen?.id]) });
    expect(plan.pointOfNoReturn).toBeUndefined();
  });
});
