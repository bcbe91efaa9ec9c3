import { type Authority, createAuthority, type LocalKey, wouldAccept } from "@handfast/pki";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { clockAt, day, ecKey, makeClient, moment, skew } from "../world.ts";

const minute = 60_000;

let key: LocalKey;
let root: Authority;
beforeAll(async () => {
  key = await ecKey();
  root = await createAuthority({ subject: "CN=root", key, clock: clockAt(moment) });
});

/** From when to when a leaf and a root are valid that are made at a moment by an authority of that moment. */
async function madeAt(now: number, days: number): Promise<readonly (readonly [number, number])[]> {
  const options = { subject: "CN=a", key, clock: clockAt(now) };
  const authority = await createAuthority({ ...options, days });
  const issuer = await createAuthority({ ...options, notBefore: Math.max(0, now - day) });
  const made = [
    authority.certificate,
    await issuer.issueFor({ publicKey: key.publicKey, subject: "CN=leaf" }, { days }),
    (await issuer.issueAuthority({ subject: "CN=middle", key, days })).certificate,
  ];
  return made.map(({ facts }) => [facts.notBefore, facts.notAfter] as const);
}

describe("a certificate for which no start is said", () => {
  it("is accepted, and its fresh root too, where the clock is four minutes behind, and not where it is six", async () => {
    const middle = await root.issueAuthority({ subject: "CN=middle", key: await ecKey() });
    for (const authority of [root, middle]) {
      const { leaf } = await makeClient(authority);
      const verdictAt = (at: number) => wouldAccept(leaf.chain, root.trust, { at });
      expect(verdictAt(moment - 4 * minute).verdict).toBe("accepted");
      expect(verdictAt(moment - 6 * minute)).toMatchObject({ verdict: "refused", code: "not-yet-valid" });
    }
  });

  it.each([
    ["five minutes ago when it lives long", 730, skew],
    ["five minutes ago when it lives for 50 minutes", 50 / (24 * 60), skew],
    ["a tenth of its life ago when it lives for half an hour", 30 / (24 * 60), 3 * minute],
    ["six seconds ago when it lives for a minute", 1 / (24 * 60), 6_000],
  ])("begins %s", async (_, days, before) => {
    for (const validity of await madeAt(moment, days))
      expect(validity).toEqual([moment - before, moment - before + Math.round(days * day)]);
  });

  it("lives as many days as were said, and has begun, whatever the clock says", async () => {
    const now = fc.oneof(fc.nat(2 * skew), fc.integer({ min: 0, max: Date.UTC(2090, 0, 1) }));
    const seconds = fc.oneof(fc.integer({ min: 20, max: 7_200 }), fc.integer({ min: 20, max: 900 * 86_400 }));
    await fc.assert(
      fc.asyncProperty(now, seconds, async (ms, life) => {
        for (const [from, until] of await madeAt(ms, life / 86_400)) {
          expect(until - from).toBeGreaterThan((life - 1) * 1_000 - 1);
          expect(until - from).toBeLessThan(life * 1_000 + 1);
          expect(from).toBeLessThanOrEqual(ms);
          expect(from).toBeGreaterThanOrEqual(Math.max(0, ms - skew - 1_000));
        }
      }),
      { numRuns: 40 },
    );
  });

  it("begins in 1970 where the clock has hardly begun to count", async () => {
    for (const now of [0, 1, 1_000, skew - 1, skew])
      for (const validity of await madeAt(now, 10)) expect(validity).toEqual([0, 10 * day]);
    await expect(madeAt(-1, 10)).rejects.toMatchObject({ code: "CERTIFICATE_UNSUITABLE" });
  });

  it("begins with an issuer that is younger, and is not shortened by it", async () => {
    const young = await createAuthority({
      subject: "CN=young",
      key,
      clock: clockAt(moment),
      notBefore: moment - minute,
    });
    const { facts } = (await makeClient(young, { days: 10 })).leaf;
    expect([facts.notBefore, facts.notAfter]).toEqual([moment - minute, moment - minute + 10 * day]);
  });

  it("does not move one that was said", async () => {
    const { facts } = (await makeClient(root, { notBefore: moment, days: 10 })).leaf;
    expect([facts.notBefore, facts.notAfter]).toEqual([moment, moment + 10 * day]);
  });
});
