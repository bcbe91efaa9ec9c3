import fc from "fast-check";
import { expect, test } from "vitest";
import { expressionRoom, readRule, writeRule, writeSerial } from "../../src/api-shield/expression.ts";
import { holdsFor } from "../../src/rules-language.ts";

const field = "cf.tls_client_auth";
const hexOf = (octets: number) =>
  fc
    .uint8Array({ minLength: octets, maxLength: octets })
    .map((bytes) => Buffer.from(bytes).toString("hex").toUpperCase());
const content = fc.uniqueArray(hexOf(20), { minLength: 1, maxLength: 5 }).chain((issuers) =>
  fc.record({
    issuers: fc.constant(issuers),
    revoked: fc
      .uniqueArray(fc.constantFrom(...issuers))
      .chain((some) =>
        fc
          .tuple(...some.map(() => fc.uniqueArray(hexOf(8), { minLength: 1, maxLength: 6 })))
          .map((serials) => new Map(some.map((issuer, at) => [issuer, serials[at] ?? []]))),
      ),
  }),
);

test("readRule gives back what writeRule wrote", () => {
  fc.assert(
    fc.property(content, (one) => {
      expect(readRule(writeRule("shop.example.com", one), "shop.example.com")).toEqual(one);
      expect(readRule(writeRule("shop.example.com", one), "api.example.com")).toBeUndefined();
    }),
  );
});

test("writeRule refuses a client exactly when it is not a valid, unrevoked one of a pinned issuer", () => {
  const client = fc.record({
    verified: fc.boolean(),
    revoked: fc.boolean(),
    issuer: hexOf(20),
    serial: hexOf(8),
    pick: fc.nat(),
    known: fc.boolean(),
    listed: fc.boolean(),
    host: fc.constantFrom("shop.example.com", "api.example.com"),
  });
  fc.assert(
    fc.property(content, client, (one, given) => {
      const issuer = given.known ? (one.issuers[given.pick % one.issuers.length] ?? "") : given.issuer;
      const list = one.revoked.get(issuer) ?? [];
      const serial = given.listed && list.length > 0 ? (list[given.pick % list.length] ?? "") : given.serial;
      const refused =
        given.host === "shop.example.com" &&
        (!given.verified || given.revoked || !one.issuers.includes(issuer) || list.includes(serial));
      const holds = holdsFor(writeRule("shop.example.com", one), {
        "http.host": given.host,
        [`${field}.cert_verified`]: given.verified,
        [`${field}.cert_revoked`]: given.revoked,
        [`${field}.cert_issuer_ski`]: issuer,
        [`${field}.cert_serial`]: serial,
      });
      expect(holds).toBe(refused);
    }),
  );
});

test("readRule knows no expression that anybody has changed", () => {
  const own = writeRule("shop.example.com", { issuers: ["AB"], revoked: new Map([["AB", ["01"]]]) });
  for (const changed of [
    own.replace("cert_revoked", "cert_presented"),
    own.replace(" or cf.tls_client_auth.cert_revoked", ""),
    `${own} or ip.src eq 192.0.2.1`,
    own.replace("http.host eq", "http.host ne"),
    own.toLowerCase(),
    "true",
  ]) {
    expect(changed).not.toBe(own);
    expect(readRule(changed, "shop.example.com"), changed).toBeUndefined();
  }
});

test("writeSerial writes whole octets in upper case", () => {
  expect(["1", "a0", "123", "7f00"].map(writeSerial)).toEqual(["01", "A0", "0123", "7F00"]);
});

test("the room of an expression takes five issuers with revoked serials", () => {
  const issuers = Array.from({ length: 5 }, (_, index) => `${index}`.repeat(40));
  const revoked = new Map(issuers.map((issuer) => [issuer, ["A".repeat(40)]]));
  expect(writeRule(`${"a".repeat(63)}.example.com`, { issuers, revoked }).length).toBeLessThan(
    expressionRoom,
  );
});

test("holdsFor says unknown of what hangs on anything that is not known, and is certain of the rest", () => {
  const facts = { "http.host": "shop.example.com", [`${field}.cert_verified`]: false };
  const cases: readonly (readonly [string, boolean | undefined])[] = [
    ["true", true],
    ["not true", false],
    [`http.host eq "shop.example.com" and not ${field}.cert_verified`, true],
    [`http.host in {"a.example.com" "shop.example.com"}`, true],
    [`http.host ne "shop.example.com" and ip.src eq 192.0.2.1`, false],
    [`http.host eq "shop.example.com" and ip.src eq 192.0.2.1`, undefined],
    [`http.host eq "shop.example.com" or ip.src in $office`, true],
    [`${field}.cert_verified == true`, false],
    [`not ${field}.cert_verified xor true`, false],
    [`starts_with(http.request.uri.path, "/api") and not ${field}.cert_verified`, undefined],
    [`lower(http.host) eq "shop.example.com"`, true],
    [`http.host contains "shop"`, true],
    [`${field}.cert_presented`, undefined],
    ["(true", undefined],
    ["http.host eq", undefined],
    [`http.host eq "a" ; true`, undefined],
    // `not` binds closer than `and`, and that closer than `or`
    ["not false and false or true", true],
    ["not (false or true)", false],
  ];
  for (const [expression, holds] of cases) expect(holdsFor(expression, facts), expression).toBe(holds);
});
