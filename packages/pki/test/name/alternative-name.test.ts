import { X509Certificate } from "node:crypto";
import { createAuthority, profiles } from "@handfast/pki";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sequence } from "../../src/der/write-der.ts";
import {
  alternativeName,
  encodeAlternativeName,
  readAlternativeNames,
} from "../../src/name/alternative-name.ts";
import { ecKey } from "../world.ts";

const round = (name: string): unknown =>
  readAlternativeNames(sequence(encodeAlternativeName(alternativeName(name))));

describe("alternative names", () => {
  it.each([
    ["shop.example.com", "dns"],
    ["*.example.com", "dns"],
    ["xn--mller-kva.example", "dns"],
    ["_sip.example.com", "dns"],
    ["localhost", "dns"],
    ["192.0.2.7", "ip"],
    ["::", "ip"],
    ["::1", "ip"],
    ["2001:db8::7", "ip"],
    ["ann.b+c@example.com", "email"],
    ["spiffe://example.com/shop", "uri"],
    ["urn:uuid:00000000-0000-0000-0000-000000000000", "uri"],
  ])("%s is known by its form, as %s, and is read back", (value, kind) => {
    expect(round(value)).toEqual([{ kind, value }]);
  });

  it.each([
    "",
    ".",
    "a..b",
    ".example.com",
    "example.com.",
    "-a.example.com",
    "a-.example.com",
    "a b",
    "a\nb",
    "a\0b",
    "*",
    "*.",
    "a.*",
    "fe80::1%eth0",
    "@example.com",
    "a@",
    "a@b@c",
    "a b@example.com",
    "a@*.example.com/",
    "http://a b",
    "x:",
  ])("%j is refused", (name) => {
    expect(() => round(name)).toThrow(expect.objectContaining({ code: "CERTIFICATE_UNSUITABLE" }));
  });

  it("an address of version 6 is read back in the form of RFC 5952, as Node reads the same octets", async () => {
    const key = await ecKey();
    const root = await createAuthority({ subject: "CN=a", key });
    const groups = fc.array(fc.oneof(fc.constant(0), fc.nat(0xffff)), { minLength: 8, maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(groups, async (parts) => {
        const long = parts.map((part) => part.toString(16)).join(":");
        const [read] = round(long) as { value: string }[];
        expect(round(read?.value ?? "")).toEqual([read]);
        const leaf = await root.issueFor(
          { publicKey: key.publicKey, subject: "CN=a", names: [long] },
          { profile: profiles.device },
        );
        expect(new X509Certificate(leaf.pem).subjectAltName).toBe(`IP Address:${long.toUpperCase()}`);
      }),
      { numRuns: 50 },
    );
  });
});
