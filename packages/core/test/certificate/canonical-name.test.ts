import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canonicalName } from "../../src/certificate/canonical-name.ts";

const element = (tag: number, ...parts: readonly Uint8Array[]): Uint8Array => {
  const body = Buffer.concat(parts);
  const length = body.length < 0x80 ? [body.length] : [0x82, body.length >> 8, body.length & 0xff];
  return Uint8Array.from([tag, ...length, ...body]);
};
const types = { CN: [0x55, 4, 3], O: [0x55, 4, 10] } as const;

/** A name with one attribute in each RDN. */
const nameOf = (...attributes: readonly (readonly [keyof typeof types, string, number?])[]): Uint8Array =>
  element(
    0x30,
    ...attributes.map(([type, value, tag = 0x0c]) => {
      const bytes =
        tag === 0x1e
          ? Buffer.from(value, "utf16le").swap16()
          : Buffer.from(value, tag === 0x0c ? "utf8" : "latin1");
      return element(0x31, element(0x30, element(0x06, Uint8Array.from(types[type])), element(tag, bytes)));
    }),
  );

describe("canonicalName", () => {
  it.each([
    ["another case", nameOf(["CN", "ROOT a"]), true],
    ["more blanks", nameOf(["CN", "  Root \t A "]), true],
    ["a PrintableString", nameOf(["CN", "Root A", 0x13]), true],
    ["a BMPString", nameOf(["CN", "Root A", 0x1e]), true],
    ["another attribute", nameOf(["O", "Root A"]), false],
    ["another text", nameOf(["CN", "Root B"]), false],
    ["no blank", nameOf(["CN", "RootA"]), false],
    ["one attribute more", nameOf(["CN", "Root A"], ["O", "x"]), false],
  ] as const)("compares CN=Root A with %s", (_, other, same) => {
    expect(canonicalName(other) === canonicalName(nameOf(["CN", "Root A"]))).toBe(same);
  });

  it("folds no letters beyond ASCII", () => {
    expect(canonicalName(nameOf(["CN", "Ä"]))).not.toBe(canonicalName(nameOf(["CN", "ä"])));
  });

  it("begins with the name of whom it lies below, and with no other", () => {
    const attribute = fc.tuple(
      fc.constantFrom("CN" as const, "O" as const),
      fc.stringMatching(/^[0-9:#=a-c]{0,3}$/),
    );
    const name = fc.array(attribute, { maxLength: 4 });
    fc.assert(
      fc.property(name, name, (whole, base) => {
        const isBelow = base.every(([type, value], index) => {
          const [otherType, other] = whole[index] ?? [];
          return type === otherType && value === other;
        });
        expect(canonicalName(nameOf(...whole)).startsWith(canonicalName(nameOf(...base)))).toBe(isBelow);
      }),
    );
  });

  it("takes no longer for a name that is all blanks", () => {
    const started = performance.now();
    canonicalName(nameOf(["CN", " ".repeat(60_000)]));
    expect(performance.now() - started).toBeLessThan(1_000);
  });
});
