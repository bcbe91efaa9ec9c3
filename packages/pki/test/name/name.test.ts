import { formatName } from "@handfast/core/certificates";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encodeName } from "../../src/name/encode-name.ts";

const hex = (name: string): string => Buffer.from(encodeName(name)).toString("hex");

describe("encodeName", () => {
  it.each([
    ["one space", "\\20"],
    ["two spaces", "\\20\\20"],
    ["a backslash and a space", "\\5c\\20"],
    ["a hash and a space", "\\23\\20"],
  ])("gives formatName %s back", (_, value) => {
    expect(hex(formatName(encodeName(`CN=${value}`)))).toBe(hex(`CN=${value}`));
  });

  it("gives formatName its text back", () => {
    const value = fc
      .string({ unit: "grapheme", minLength: 1, maxLength: 20 })
      .filter((text) => text.isWellFormed());
    const escaped = value.map((text) =>
      [...Buffer.from(text)].map((octet) => `\\${octet.toString(16).padStart(2, "0")}`).join(""),
    );
    const attribute = fc
      .tuple(fc.constantFrom("CN", "O", "OU", "L", "ST"), escaped)
      .map((pair) => pair.join("="));
    fc.assert(
      fc.property(fc.array(attribute, { minLength: 1, maxLength: 5 }), (attributes) => {
        const der = encodeName(attributes.join(","));
        const text = formatName(der);
        expect(Buffer.from(encodeName(text)).toString("hex")).toBe(Buffer.from(der).toString("hex"));
        expect(text).not.toMatch(/\p{Cc}/u);
      }),
    );
  });

  it("puts the last RDN of the text first, as RFC 4514 has it", () => {
    expect(formatName(encodeName("CN=edge.example.com, O=Müller\\, Sons + OU=it, C=DE"))).toBe(
      // Inside one RDN the order is that of DER (X.690, 11.6), not of the text.
      "CN=edge.example.com,OU=it+O=Müller\\, Sons,C=DE",
    );
    expect(hex("CN=a,C=DE")).toBe("3019310b3009060355040613024445310a300806035504030c0161");
  });

  it.each([
    ["", "no known attribute type"],
    ["hello", "no known attribute type"],
    ["CN", "no known attribute type"],
    ["CN=", "is empty"],
    ["CN=a,", "no known attribute type"],
    ["CN=a,,O=b", "no known attribute type"],
    ["FOO=bar", "no known attribute type"],
    ["CN=a;O=b", "needs a backslash"],
    ["CN=#0c0161", "needs a backslash"],
    ["CN=a\\", "escapes nothing"],
    ["C=Germany", "two letters"],
  ])("refuses %j", (name, reason) => {
    expect(() => encodeName(name)).toThrow(
      expect.objectContaining({ code: "CERTIFICATE_UNSUITABLE", message: expect.stringContaining(reason) }),
    );
  });
});
