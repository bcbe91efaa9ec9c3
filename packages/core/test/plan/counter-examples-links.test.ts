/** Worlds that broke an earlier theory, numbered as they were found: presenters, links, and time. */
import { describe, expect, it } from "vitest";
import type { VerifierFace } from "../../src/adapter/contract.ts";
import { createHandfast } from "../../src/handfast/create-handfast.ts";
import { memoryJournal } from "../../src/journal/memory-journal.ts";
import { memoryPresenter } from "../../src/memory/memory-presenter.ts";
import { memoryVerifier } from "../../src/memory/memory-verifier.ts";
import { memoryZone } from "../../src/memory/memory-zone.ts";
import type { Credential, Link } from "../../src/plan/graph.ts";
import { certificates, crls } from "../fixtures/certificates.ts";
import { crlDigest, digest, evidence } from "../fixtures/evidence.ts";
import { type Ask, handClock, leaf, link, planBack, planFor, shows, wants } from "./world.ts";
import { atMostMs, laggingWorld, provesSafe, type Scene, setAssociation, setListener } from "./worlds.ts";

const ask = (key: string, adapter: Ask["adapter"], target: unknown, want: Ask["want"]): Ask => ({
  key,
  adapter,
  target,
  want,
});

function people(to: string, ...credentials: Credential[]): Link {
  const from = { population: "people", credentials };
  return { key: `people -> ${to}`, from, to: { endpoint: to }, mayRefuse: [], named: true };
}

describe("makePlan", () => {
  it("5: shows something at every moment while a hostname falls through to its zone", async () => {
    const plan = await provesSafe(() => {
      const { clock, world } = laggingWorld();
      setListener(world, "shop", "required", { name: "s", anchors: ["a"] });
      setAssociation(world, "h", "a1");
      world.set("zone/z", { kind: "zone", certificates: [] });
      return {
        clock,
        world,
        asks: [
          ask("shop", memoryVerifier(world, { atMostMs }), { listener: "shop" }, wants("required", ["b"])),
          ask("h", memoryPresenter(world, { atMostMs }), { hostnames: ["h"], zone: "z" }, shows("inherited")),
          ask("z", memoryZone(world, { atMostMs }), { zone: "z" }, shows("b1")),
        ],
        links: [link("h", "shop")],
        traffic: [{ name: "h -> shop", association: "h", zone: "z", listener: "shop" }],
      };
    });
    const [upload, voided] = ["zone/z", "association/h"].map((object) =>
      plan.steps.find((step) => step.kind === "write" && step.step.object === object),
    );
    expect(voided?.after).toContain(upload?.id);
  });

  it("5: takes hostnames for alike only when they fall through to the same zone", async () => {
    await provesSafe(() => {
      const { clock, world } = laggingWorld();
      setListener(world, "shop", "required", { name: "s", anchors: ["a", "b"] });
      world.set("zone/new", { kind: "zone", certificates: [] });
      world.set("zone/old", { kind: "zone", certificates: [leaf("b1")] });
      const presenter = memoryPresenter(world, { atMostMs });
      const zones = ["old", "new"];
      for (const zone of zones) setAssociation(world, `h-${zone}`, "a1");
      const zone = memoryZone(world, { atMostMs });
      return {
        clock,
        world,
        asks: [
          ask("shop", memoryVerifier(world, { atMostMs }), { listener: "shop" }, wants("required", ["b"])),
          ...zones.map((one) =>
            ask(`h-${one}`, presenter, { hostnames: [`h-${one}`], zone: one }, shows("inherited")),
          ),
          ...zones.map((one) => ask(one, zone, { zone: one }, shows("b1"))),
        ],
        links: zones.map((one) => link(`h-${one}`, "shop")),
        traffic: zones.map((one) => ({
          name: `h-${one} -> shop`,
          association: `h-${one}`,
          zone: one,
          listener: "shop",
        })),
      };
    });
  });

  it("6: does not show a zone's new certificate to a verifier that nobody named and that refuses it", async () => {
    const { clock, world } = laggingWorld();
    setListener(world, "shop", "required", { name: "s", anchors: ["a"] });
    world.set("zone/z", { kind: "zone", certificates: [leaf("a1")] });
    const face = (anchors: readonly string[]): VerifierFace => ({
      role: "verifier",
      mode: "required",
      anchors: { known: anchors },
      crls: { known: [] },
      ignoreExpiry: false,
      advertiseNames: false,
    });
    const planWith = async (also: { name: string; face?: VerifierFace }[]) =>
      planFor(
        [
          ask("shop", memoryVerifier(world, { atMostMs }), { listener: "shop" }, wants("required", ["b"])),
          ask("z", memoryZone(world, { atMostMs, also: () => also }), { zone: "z" }, shows("b1")),
        ],
        [link("z", "shop")],
        clock,
      );
    await expect(planWith([{ name: "billing", face: face([digest.a]) }])).rejects.toThrow(
      /link-left-out[\s\S]*z -> billing[\s\S]*name the link/,
    );
    const fine = await planWith([{ name: "billing", face: face([digest.a, digest.b]) }]);
    expect(fine.links.map(({ key }) => key)).toContain("z -> billing");
    const unread = await planWith([{ name: "elsewhere" }]);
    expect(unread.findings).toContainEqual(
      expect.objectContaining({ code: "unread-verifier", severity: "warning" }),
    );
  });

  it("7: stops requiring before it stops presenting, also over a link that only an earlier run named", async () => {
    const plan = await provesSafe(() => {
      const { clock, world } = laggingWorld();
      setListener(world, "shop", "required", { name: "s", anchors: ["a"] });
      setAssociation(world, "h", "a1");
      return {
        clock,
        world,
        asks: [
          ask("h", memoryPresenter(world, { atMostMs }), { hostnames: ["h"] }, shows("nothing")),
          ask("shop", memoryVerifier(world, { atMostMs }), { listener: "shop" }, wants("off")),
        ],
        links: [{ ...link("h", "shop"), named: false }],
        traffic: [{ name: "h -> shop", association: "h", listener: "shop" }],
      };
    });
    const writes = plan.steps.filter(({ kind }) => kind === "write").map(({ phase }) => phase);
    expect(writes).toEqual(["widen", "present"]);
  });

  it("7: refuses to stop presenting over a link that an earlier run named and the spec leaves out", async () => {
    const { clock, world } = laggingWorld();
    setListener(world, "shop", "required", { name: "s", anchors: ["a"] });
    setAssociation(world, "h", "a1");
    const asks = [
      ask("h", memoryPresenter(world), { hostnames: ["h"] }, shows("nothing")),
      ask("shop", memoryVerifier(world), { listener: "shop" }, undefined),
    ];
    await expect(planFor(asks, [{ ...link("h", "shop"), named: false }], clock)).rejects.toThrow(
      /link-left-out/,
    );
  });

  it("8: repairs a link that is down, and keeps what is up beside it", async () => {
    const plan = await provesSafe(() => {
      const { clock, world } = laggingWorld();
      setListener(world, "shop", "required", { name: "s", anchors: ["a"] });
      setAssociation(world, "down", "aexp");
      setAssociation(world, "up", "a1");
      const presenter = memoryPresenter(world, { atMostMs });
      return {
        clock,
        world,
        asks: [
          ask("shop", memoryVerifier(world, { atMostMs }), { listener: "shop" }, wants("required", ["b"])),
          ask("down", presenter, { hostnames: ["down"] }, shows("b1")),
          ask("up", presenter, { hostnames: ["up"] }, shows("b2")),
        ],
        links: [link("down", "shop"), link("up", "shop")],
        traffic: ["down", "up"].map((name) => ({
          name: `${name} -> shop`,
          association: name,
          listener: "shop",
        })),
      };
    });
    expect(plan.steps.filter(({ phase }) => phase === "present")).toHaveLength(2);
  });

  it("9: does not let a revoked certificate in again on the way back, unless asked to", async () => {
    const { clock, world } = laggingWorld();
    setListener(world, "shop", "required", { name: "s", anchors: ["a"] });
    const handfast = createHandfast({
      adapters: [memoryVerifier(world, { atMostMs })],
      journal: memoryJournal({ clock }),
      clock,
    });
    const spec = handfast.spec({
      trust: { edge: { anchors: certificates.a, crls: crls["a-a2"] } },
      verifiers: { shop: { adapter: "memory.verifier", listener: "shop", mode: "required", trust: "edge" } },
      links: [],
    });
    const report = await handfast.apply(await handfast.plan(spec));
    expect(report.status).toBe("done");
    const inEffect = world.get("listener/shop");
    const kept = await handfast.rollback(report.runId);
    expect(kept.findings.map(({ code }) => code)).toContain("ratchet-kept");
    expect(world.get("listener/shop")).toEqual(inEffect);
    expect((await handfast.rollback(report.runId, { mayUnrevoke: true })).status).toBe("done");
    expect(world.get("listener/shop")).toMatchObject({ store: "s" });
  });

  it.each([
    ["off", "asks-for-certificates"],
    ["request", undefined],
  ] as const)(
    "17: says when people are asked for a certificate for the first time (from %s: %s)",
    async (mode, code) => {
      const { clock, world } = laggingWorld();
      setListener(world, "shop", mode);
      const asks = [ask("shop", memoryVerifier(world), { listener: "shop" }, wants("optional", ["a"]))];
      const nothing: Credential = { key: "nothing", name: "nothing", shown: "nothing" };
      const plan = await planFor(asks, [people("shop", nothing)], clock);
      expect(plan.findings.find((one) => one.code === "asks-for-certificates")?.code).toBe(code);
    },
  );

  it("18: says which links no handshake will prove", async () => {
    const { clock, world } = laggingWorld();
    setListener(world, "shop", "off");
    const asks = [
      ask("shop", memoryVerifier(world), { listener: "shop" }, wants("required", ["a"])),
      ask("h", memoryPresenter(world), { hostnames: ["h"] }, shows("a1")),
    ];
    const { probe: _, ...bare } = link("h", "shop");
    const plan = await planFor(asks, [bare], clock);
    expect(plan.findings).toContainEqual(expect.objectContaining({ code: "unproved", severity: "warning" }));
    expect(plan.steps.some(({ kind }) => kind === "prove")).toBe(false);
  });

  it("19: keeps every credential that a population is served with, and blocks when the goal drops one", async () => {
    const issued = (name: "a" | "b"): Credential => ({ key: name, name, issuedBy: digest[name] });
    const make = (goal: readonly ("a" | "b" | "c")[], mayRefuse: readonly string[] = []): Scene => {
      const { clock, world } = laggingWorld();
      setListener(world, "shop", "required", { name: "s", anchors: ["a", "b"] });
      return {
        clock,
        world,
        asks: [
          ask(
            "shop",
            memoryVerifier(world, { atMostMs, room: 2 }),
            { listener: "shop" },
            wants("required", goal),
          ),
        ],
        links: [{ ...people("shop", issued("a"), issued("b")), mayRefuse }],
        traffic: goal.includes("b")
          ? [{ name: "people", shows: leaf("b1"), listener: "shop" }]
          : [{ name: "people", shows: leaf("a1"), listener: "shop" }],
      };
    };
    const { asks, links, clock } = make(["a", "c"]);
    await expect(planFor(asks, links, clock)).rejects.toThrow(
      /people showing b would be refused[\s\S]*mayRefuse/,
    );
    await provesSafe(() => make(["a", "c"], ["b"]));
  });

  it("19: does not take a population for served, or not, where the store can't be read", async () => {
    const { clock, world } = laggingWorld();
    setListener(world, "shop", "required", { name: "adopted", anchors: ["a"] });
    const asks = [
      ask("shop", memoryVerifier(world, { blind: true }), { listener: "shop" }, wants("required", ["b"])),
    ];
    const credential: Credential = { key: "a", name: "a", issuedBy: digest.a };
    await expect(planFor(asks, [people("shop", credential)], clock)).rejects.toThrow(/people showing a/);
  });

  it("21: says when something runs out while the run may still be on its way, and when the way back closes", async () => {
    const { notAfter } = evidence.certificate(digest.a1);
    const soon = handClock(notAfter - 60_000);
    const { world } = laggingWorld();
    setListener(world, "shop", "required", { name: "s", anchors: ["a", "b"] });
    setAssociation(world, "h", "a1");
    const asks = [
      ask("shop", memoryVerifier(world), { listener: "shop" }, wants("required", ["a", "b"])),
      ask("h", memoryPresenter(world), { hostnames: ["h"] }, shows("a2")),
    ];
    const waves = [{ name: "canary", members: new Set(["h"]), bakeMs: 3_600_000, maxFailures: 0 }];
    const plan = await planFor(asks, [link("h", "shop")], soon, { waves });
    expect(plan.findings.map(({ code }) => code)).toContain("expires-during-run");
    expect(plan.wayBackCloses).toMatchObject({ at: new Date(notAfter).toISOString() });
    const early = await planFor(asks, [link("h", "shop")], handClock(), { waves });
    expect(early.findings.map(({ code }) => code)).not.toContain("expires-during-run");
  });

  it("21: closes the way back with a revocation list that runs out", async () => {
    const { clock, world } = laggingWorld();
    setListener(world, "shop", "required", { name: "s", anchors: ["a"], crls: ["a-none"] });
    const asks = [
      ask(
        "shop",
        memoryVerifier(world),
        { listener: "shop" },
        wants("required", ["a", "b"], ["a-none", "b-none"]),
      ),
    ];
    const plan = await planFor(asks, [], clock);
    const { nextUpdate = 0 } = evidence.crl(crlDigest["a-none"]);
    const first = Math.min(nextUpdate, evidence.certificate(digest.a).notAfter);
    expect(plan.wayBackCloses?.at).toBe(new Date(first).toISOString());
  });

  it("4: says where there is no way back: what was deleted one by one is not put back at once", async () => {
    const { clock, world } = laggingWorld();
    setListener(world, "shop", "off");
    world.set("zone/z", { kind: "zone", certificates: [leaf("b1"), leaf("a1")] });
    const asks = [
      ask("shop", memoryVerifier(world), { listener: "shop" }, undefined),
      ask("z", memoryZone(world), { zone: "z" }, shows("nothing")),
    ];
    const plan = await planFor(asks, [link("z", "shop")], clock);
    expect(plan.pointOfNoReturn?.because).toContain("private key");
    expect(plan.findings).toContainEqual(
      expect.objectContaining({ code: "no-way-back", severity: "warning" }),
    );
  });

  it("takes back a repair only when that is agreed to by name", async () => {
    const { clock, world } = laggingWorld();
    setListener(world, "shop", "required", { name: "s", anchors: ["a"] });
    setAssociation(world, "h", "aexp");
    const asks = [
      ask("h", memoryPresenter(world), { hostnames: ["h"] }, shows("a1")),
      ask("shop", memoryVerifier(world), { listener: "shop" }, undefined),
    ];
    const plan = await planFor(asks, [link("h", "shop")], clock);
    setAssociation(world, "h", "a1");
    clock.turn(10_000);
    await expect(planBack(plan, asks, [link("h", "shop")], clock)).rejects.toThrow(/link-refused/);
    const back = await planBack(plan, asks, [], clock);
    expect(back.steps.map(({ phase }) => phase)).toEqual(["prepare", "present"]);
  });
});
