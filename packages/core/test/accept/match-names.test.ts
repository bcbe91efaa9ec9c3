import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { matchName } from "../../src/accept/match-names.ts";
import type { GeneralName } from "../../src/certificate/general-names.ts";

const text = (kind: "dns" | "email" | "uri", value: string): GeneralName => ({ kind, text: value });
const ip = (...bytes: number[]): GeneralName => ({ kind: "ip", bytes: Uint8Array.from(bytes) });

describe("matchName", () => {
  it.each([
    ["dns", "example.com", "example.com", "inside"],
    ["dns", "a.b.example.com", "example.com", "inside"],
    ["dns", "A.EXAMPLE.com", "example.COM", "inside"],
    ["dns", "badexample.com", "example.com", "outside"],
    ["dns", "example.com", ".example.com", "outside"],
    ["dns", "a.example.com", ".example.com", "inside"],
    ["dns", "example.com.evil.net", "example.com", "outside"],
    ["dns", "whatever", "", "inside"],
    ["email", "ann@example.com", "example.com", "inside"],
    ["email", "ann@a.example.com", "example.com", "outside"],
    ["email", "ann@a.example.com", ".example.com", "inside"],
    ["email", "ann@example.com", "ann@example.com", "inside"],
    ["email", "Ann@example.com", "ann@example.com", "outside"],
    ["email", "ann@EXAMPLE.com", "ann@example.com", "inside"],
    ["email", "a@b@example.com", "example.com", "inside"],
    ["email", "example.com", "example.com", "unclear"],
    ["uri", "https://example.com/x", "example.com", "inside"],
    ["uri", "https://example.com:8443", "example.com", "inside"],
    ["uri", "https://a.example.com?x", ".example.com", "inside"],
    ["uri", "https://example.com", ".example.com", "outside"],
    ["uri", "https://example.com@evil.net", ".net", "unclear"],
    ["uri", "urn:example", "example.com", "unclear"],
    ["uri", "https://", "example.com", "unclear"],
  ] as const)("finds %s %s below %s: %s", (kind, name, base, expected) => {
    expect(matchName(text(kind, name), text(kind, base))).toBe(expected);
  });

  it.each([
    ["inside its network", ip(10, 1, 2, 3), ip(10, 0, 0, 0, 255, 0, 0, 0), "inside"],
    ["outside", ip(11, 1, 2, 3), ip(10, 0, 0, 0, 255, 0, 0, 0), "outside"],
    ["of the other family", ip(10, 1, 2, 3), ip(...new Array<number>(32).fill(0)), "outside"],
    ["of no family", ip(10, 1), ip(10, 0, 0, 0, 255, 0, 0, 0), "unclear"],
    ["with a base that is none", ip(10, 1, 2, 3), ip(10, 0, 0, 0), "unclear"],
  ] as const)("finds an address %s", (_, name, base, expected) => {
    expect(matchName(name, base)).toBe(expected);
  });

  it("never finds a domain inside another that is not its end, label by label", () => {
    const label = fc.stringMatching(/^[a-z0-9]{1,5}$/);
    const domain = fc.array(label, { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(domain, domain, (name, base) => {
        const isBelow = base.every((part, index) => name[name.length - base.length + index] === part);
        const match = matchName(text("dns", name.join(".")), text("dns", base.join(".")));
        expect(match).toBe(isBelow ? "inside" : "outside");
      }),
    );
  });
});
