/** What `face` and `realise` promise. */
import type { CertificateFacts, Digest, Facts, Wanted } from "@handfast/core";
import { expect } from "vitest";
import { type AdapterCase, NotEquipped } from "./adapter-case.ts";
import { purely } from "./plain.ts";
import type { Stage } from "./stage.ts";
import { checksCertificates, mismatch, type Wish } from "./wishes.ts";

export const realisingCases: readonly AdapterCase[] = [
  {
    title: "face is pure, and of the adapter's role",
    run: async (open) => {
      const stage = await open();
      const { target } = stage.target();
      const { a, b, rest } = stage.wishes;
      let state = (await stage.look()).now;
      for (const wish of [rest, a, b]) {
        state = stage.tryRealise(stage.target(), wish, state) ?? state;
        const face = purely("face", stage.definition.face, target, state);
        expect(face.role).toBe(stage.adapter.facts.role);
      }
    },
  },
  {
    title: "realise gives a state with the face that was wanted, or says why not",
    run: async (open) => {
      const stage = await open();
      const target = stage.target();
      const { tour, a, b } = stage.wishes;
      let base = (await stage.look()).now;
      for (const wish of [a, b]) stage.realise(target, wish, base);
      for (const wish of [...tour, ...withFlags(a)]) {
        const realised = purely(
          "realise",
          stage.definition.realise,
          target.target,
          wish.wanted,
          base,
          stage.facts,
        );
        if (!("state" in realised)) {
          expect(realised.findings.length, `findings for ${wish.name}`).toBeGreaterThan(0);
          continue;
        }
        base = realised.state;
        expect(mismatch(stage.faceOf(target, base), wish.wanted), `face of ${wish.name}`).toBeUndefined();
      }
    },
  },
  {
    title: "realise of the present face asks for no step",
    run: async (open) => {
      const stage = await open();
      const target = stage.target();
      for (const wish of stage.wishes.tour) {
        const { now } = await stage.look();
        if (stage.tryRealise(target, wish, now) === undefined) continue;
        await stage.move(wish);
        const { from, to, steps } = await stage.plan(wish);
        expect(steps, `steps to ${wish.name}, which is there already`).toEqual([]);
        expect(stage.steps(target, from, to), "steps to it, planned again").toEqual([]);
      }
    },
  },
  {
    title: "realise takes what exists instead of making it again",
    run: async (open) => {
      const stage = await open();
      const { a, b } = stage.wishes;
      const { made } = await stage.move(a, stage.target(0));
      const { steps } = await stage.plan(a, stage.target(1));
      const again = steps.filter(({ effect, object }) => effect === "none" && made.includes(object));
      expect(again, "steps that make what was made for another target").toEqual([]);
      await stage.move(b);
      const back = await stage.plan(a);
      const anew = back.steps.filter(({ effect }) => effect === "none");
      expect(anew, "steps that make anew what was left behind").toEqual([]);
    },
  },
  {
    title: "realise refuses the impossible with findings, and never throws",
    run: async (open) => {
      const stage = await open();
      const { now } = await stage.look();
      const impossible = impossibleWishes(stage);
      for (const { name, wanted } of impossible) {
        const facts = factsForAny(stage.facts, stage.sides[0].anchor);
        const realised = stage.definition.realise(stage.target().target, wanted, now, facts);
        if ("state" in realised) expect.fail(`realise grants ${name}`);
        expect(
          realised.findings.map(({ severity }) => severity),
          `findings for ${name}`,
        ).toContain("blocker");
      }
      if (impossible.length === 0) throw new NotEquipped("the adapter can do everything");
    },
  },
];

/** The same face with each flag that a verifier may have. */
function withFlags({ name, wanted }: Wish): readonly Wish[] {
  if (wanted.role !== "verifier" || !checksCertificates(wanted.mode)) return [];
  return [
    { name: `${name}, lenient about dates`, wanted: { ...wanted, ignoreExpiry: true } },
    { name: `${name}, strict about dates`, wanted: { ...wanted, ignoreExpiry: false } },
    { name: `${name}, naming its CAs`, wanted: { ...wanted, advertiseNames: true } },
    { name: `${name}, not naming its CAs`, wanted: { ...wanted, advertiseNames: false } },
  ];
}

/** More anchors than this are not tried: a provider with so much room never says no. */
const mostAnchors = 10_000;

function impossibleWishes({ adapter: { facts }, sides: [a] }: Stage): readonly Wish[] {
  const verifier: Wanted = { role: "verifier", mode: "required", anchors: [a.anchor], crls: [] };
  if (facts.role === "presenter") {
    const inherited: Wish = {
      name: "what it can't inherit",
      wanted: { role: "presenter", shows: "inherited" },
    };
    return [{ name: "a verifier", wanted: verifier }, ...(facts.inherits ? [] : [inherited])];
  }
  const strictest = facts.modes.at(-1) ?? "off";
  const crowd = Array.from({ length: Math.min(facts.anchorRoom, mostAnchors) + 1 }, (_, index) =>
    index.toString(16).padStart(64, "0"),
  );
  const tooMany: Wish = {
    name: `${crowd.length} anchors`,
    wanted: { ...verifier, mode: strictest, anchors: crowd },
  };
  const absent = (["off", "request", "optional", "required"] as const)
    .filter((mode) => !facts.modes.includes(mode))
    .map((mode): Wish => ({ name: `mode ${mode}`, wanted: { ...verifier, mode } }));
  return [
    { name: "a presenter", wanted: { role: "presenter", shows: "nothing" } },
    ...absent,
    ...(checksCertificates(strictest) && facts.anchorRoom <= mostAnchors ? [tooMany] : []),
  ];
}

/** Knows every digest: what nobody gave is like a certificate that somebody did. */
function factsForAny(facts: Facts, like: Digest): Facts {
  return {
    certificate: (sha256): CertificateFacts => {
      try {
        return facts.certificate(sha256);
      } catch {
        return { ...facts.certificate(like), sha256 };
      }
    },
    crl: (digest) => facts.crl(digest),
  };
}
