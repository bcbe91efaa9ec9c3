import { type Authority, type Crl, createAuthority, openAuthority } from "@handfast/pki";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { clockAt, day, ecKey, makeRoot, moment } from "../world.ts";

/** One CA, at several moments. */
let at: (ms: number) => Authority;
let first: Crl;
beforeAll(async () => {
  const key = await ecKey();
  const made = await createAuthority({ subject: "CN=crl", key, clock: clockAt(moment) });
  at = (ms) => openAuthority({ certificate: made.certificate.pem, key, clock: clockAt(ms) });
  first = await made.createCrl({
    number: 7,
    previous: "none",
    revoked: [
      { serial: "0a", at: moment - day, reason: "certificateHold" },
      { serial: "0b", at: moment - day, reason: "keyCompromise", invalidSince: moment - 2 * day },
      { serial: "0c", at: moment - day },
    ],
  });
});

const serialsOf = (crl: Crl): string[] => [...crl.facts.revoked].sort();
const unsuitable = expect.objectContaining({ code: "CERTIFICATE_UNSUITABLE" });

describe("createCrl after a list", () => {
  it("carries its entries over as they are, and counts on", async () => {
    const crl = await at(moment + day).createCrl({
      previous: first,
      revoked: [{ serial: "0d", at: moment, reason: "superseded" }],
    });
    expect(crl.parts.number).toBe(8n);
    expect(serialsOf(crl)).toEqual(["0a", "0b", "0c", "0d"]);
    for (const entry of first.parts.entries) expect(crl.parts.entries.get(entry.serial)).toEqual(entry);
  });

  it.each([
    ["PEM", (): string => first.pem],
    ["DER", (): Uint8Array => first.der],
  ])("takes it as %s", async (_name, previous) => {
    const crl = await at(moment).createCrl({ previous: previous(), revoked: [] });
    expect(serialsOf(crl)).toEqual(["0a", "0b", "0c"]);
  });

  it("leaves an entry as it was when it is named without a reason, and takes a reason that is new", async () => {
    const { parts } = await at(moment).createCrl({
      previous: first,
      revoked: [
        { serial: "0b", at: moment },
        { serial: "0a", at: moment, reason: "keyCompromise" },
      ],
    });
    expect(parts.entries.size).toBe(3);
    expect(parts.entries.get("0b")).toEqual(first.parts.entries.get("0b"));
    expect(parts.entries.get("0a")).toEqual({ serial: "0a", at: moment, reason: "keyCompromise" });
  });

  it("makes a list without the one before only where that is said, or where it is the first", async () => {
    const revoked = [{ serial: "0d", at: moment }];
    for (const number of [2, 8, 8n, 1n << 100n]) {
      const refusal = at(moment).createCrl({ revoked, number });
      await expect(refusal).rejects.toThrow(unsuitable);
      await expect(refusal).rejects.toThrow(/give previous, or say previous: "none"/);
      const whole = await at(moment).createCrl({ revoked, number, previous: "none" });
      expect([whole.parts.number, serialsOf(whole)]).toEqual([BigInt(number), ["0d"]]);
    }
    for (const number of [0, 1])
      expect((await at(moment).createCrl({ revoked, number })).parts.number).toBe(BigInt(number));
    await expect(at(moment).createCrl({ revoked, previous: "none" })).rejects.toThrow(/needs a number/);
  });

  it("forgets what it is told to forget, with a reason", async () => {
    const crl = await at(moment).createCrl({
      previous: first,
      revoked: [],
      forget: [{ serial: "00:0A", because: "the hold is over" }],
    });
    expect(serialsOf(crl)).toEqual(["0b", "0c"]);
  });

  it("leaves out a certificate that had ended when the last list was signed, and no sooner", async () => {
    const ends = new Map([
      ["0a", moment - 1_000],
      ["0b", moment],
      ["0c", moment + day],
    ]);
    const expires = (serial: string): number | undefined => ends.get(serial);
    const second = await at(moment + 2 * day).createCrl({ previous: first, revoked: [], expires });
    expect(serialsOf(second)).toEqual(["0b", "0c"]);
    const third = await at(moment + 2 * day).createCrl({ previous: second, revoked: [], expires });
    expect(serialsOf(third)).toEqual([]);
  });

  it.each<[string, unknown, RegExp]>([
    ["seconds", (moment + 300 * day) / 1_000, /for 0a, which are most likely seconds; give milliseconds/],
    ["an end before the revocation", moment - day - 1, /for 0a, which is before it was revoked/],
    ["no number", Number.NaN, /no number for 0a/],
    ["a date", new Date(moment - 1_000), /no number for 0a/],
  ])("refuses %s for the end of a certificate, and forgets nothing by it", async (_name, end, message) => {
    for (const missing of ["carry-over", "refuse"] as const) {
      const refusal = at(moment + day).createCrl({
        previous: first,
        revoked: [],
        missing,
        expires: (serial) => (serial === "0a" ? (end as number) : undefined),
      });
      await expect(refusal).rejects.toThrow(unsuitable);
      await expect(refusal).rejects.toThrow(message);
    }
  });

  it("with missing: refuse names what would be forgotten, and how many", async () => {
    const many = await at(moment).createCrl({
      previous: first,
      revoked: Array.from({ length: 20 }, (_, index) => ({ serial: `01${index + 10}`, at: moment })),
    });
    const refusal = at(moment).createCrl({
      previous: many,
      missing: "refuse",
      revoked: [{ serial: "0b", at: moment }],
      forget: [{ serial: "0a", because: "the hold is over" }],
    });
    await expect(refusal).rejects.toThrow(unsuitable);
    await expect(refusal).rejects.toThrow(/forget 21 entries.*: 0110, 0111, 0112, 0113, 0114 and 16 more/);
  });

  it("with missing: refuse takes what is complete, expired or forgotten with a reason", async () => {
    const crl = await at(moment).createCrl({
      previous: first,
      missing: "refuse",
      revoked: [{ serial: "0b", at: moment }],
      forget: [{ serial: "0a", because: "the hold is over" }],
      expires: (serial) => (serial === "0c" ? moment - day : undefined),
    });
    expect(serialsOf(crl)).toEqual(["0b"]);
    expect(crl.parts.entries.get("0b")).toEqual(first.parts.entries.get("0b"));
  });

  it.each<[string, () => Partial<Parameters<Authority["createCrl"]>[0]>, RegExp]>([
    ["a number that is not above", () => ({ number: 7 }), /7 is not above 7/],
    ["a lower number", () => ({ number: 6n }), /6 is not above 7/],
    [
      "what is not there to forget",
      () => ({ forget: [{ serial: "0d", because: "x" }] }),
      /0d.*not on the prev/,
    ],
    ["to forget without a reason", () => ({ forget: [{ serial: "0a", because: " " }] }), /without a reason/],
    [
      "to revoke and forget",
      () => ({ forget: [{ serial: "0a", because: "x" }], revoked: [{ serial: "0A", at: 0 }] }),
      /0a is in revoked and in forget/,
    ],
    [
      "to list only what names a URL",
      () => ({ issuingDistributionPoint: { urls: ["http://crl.example.com/a.crl"] } }),
      /forget the others/,
    ],
    ["to list less than before", () => ({ issuingDistributionPoint: { only: "user" } }), /forget the others/],
  ])("refuses %s", async (_name, options, message) => {
    const refusal = at(moment).createCrl({ previous: first, revoked: [], ...options() });
    await expect(refusal).rejects.toThrow(unsuitable);
    await expect(refusal).rejects.toThrow(message);
  });

  it("refuses a list of another issuer, one that another key signed, and one from the future", async () => {
    const other = await makeRoot("other");
    const twin = await makeRoot("crl");
    for (const [authority, message] of [
      [other, /names another issuer/],
      [twin, /did not make the signature/],
    ] as const)
      await expect(authority.createCrl({ previous: first, revoked: [] })).rejects.toThrow(message);
    await expect(at(moment - day).createCrl({ previous: first, revoked: [] })).rejects.toThrow(/clock/);
    await expect(at(moment).createCrl({ previous: "rubbish", revoked: [] })).rejects.toThrow(
      expect.objectContaining({ code: "CERTIFICATE_UNREADABLE" }),
    );
  });

  it("keeps the issuing distribution point, and may list more", async () => {
    const users = await at(moment).createCrl({
      number: 1,
      revoked: [],
      issuingDistributionPoint: { urls: ["http://crl.example.com/users.crl"], only: "user" },
    });
    expect(users.parts.issuingDistributionPoint).toEqual({
      urls: ["http://crl.example.com/users.crl"],
      only: "user",
      indirect: false,
    });
    const next = await at(moment).createCrl({ previous: users, revoked: [] });
    expect(next.parts.extensions.get("2.5.29.28")).toEqual(users.parts.extensions.get("2.5.29.28"));
    const all = await at(moment).createCrl({
      previous: users,
      revoked: [],
      issuingDistributionPoint: {
        urls: ["http://crl.example.com/users.crl", "http://crl.example.com/all.crl"],
      },
    });
    expect(all.parts.issuingDistributionPoint).toEqual({
      urls: ["http://crl.example.com/users.crl", "http://crl.example.com/all.crl"],
      indirect: false,
    });
    const anywhere = await at(moment).createCrl({
      previous: users,
      revoked: [],
      issuingDistributionPoint: { only: "user" },
    });
    expect(anywhere.parts.issuingDistributionPoint).toEqual({ urls: [], only: "user", indirect: false });
    for (const issuingDistributionPoint of [
      { only: "ca" },
      { urls: ["http://crl.example.com/elsewhere.crl"], only: "user" },
    ] as const)
      await expect(
        at(moment).createCrl({ previous: users, revoked: [], issuingDistributionPoint }),
      ).rejects.toThrow(unsuitable);
  });

  it("never forgets: over any row of lists, what was revoked once stands on the last", async () => {
    const serial = fc.integer({ min: 0, max: 300 }).map((number) => number.toString(16));
    const reason = fc.constantFrom(undefined, "keyCompromise", "superseded", "certificateHold");
    const list = fc.array(fc.record({ serial, at: fc.constant(moment), reason }), { maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(fc.array(list, { minLength: 1, maxLength: 4 }), async (lists) => {
        let crl: Crl | undefined;
        const all = new Set<number>();
        for (const revoked of lists) {
          crl = await at(moment).createCrl({
            previous: crl,
            number: crl === undefined ? 1 : undefined,
            revoked,
          });
          for (const one of revoked) all.add(Number.parseInt(one.serial, 16));
        }
        const found = [...(crl?.facts.revoked ?? [])].map((hex) => Number.parseInt(hex, 16));
        expect(found.sort((a, b) => a - b)).toEqual([...all].sort((a, b) => a - b));
      }),
      { numRuns: 100 },
    );
  });
});
