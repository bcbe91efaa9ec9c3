import { sha256 } from "@handfast/core";
import { describe, expect, it } from "vitest";
import { composePem, dissectPem } from "../src/pem.ts";

const ders = [1, 2, 3].map((seed) => new Uint8Array(100).fill(seed));

describe("composePem", () => {
  it("writes the same text for the same set, however it comes", () => {
    const text = composePem(ders, "CERTIFICATE");
    expect(composePem([...ders.toReversed(), ...ders], "CERTIFICATE")).toBe(text);
    expect(text.match(/BEGIN CERTIFICATE/g)).toHaveLength(3);
  });

  it("writes lines of 64 at most, LF, no blank line, one newline at the end", () => {
    const text = composePem(ders, "X509 CRL");
    const lines = text.split("\n");
    expect(lines.pop()).toBe("");
    expect(lines.every((line) => line.length > 0 && line.length <= 64)).toBe(true);
    expect(text).not.toContain("\r");
  });
});

describe("dissectPem", () => {
  it("reads back what was composed", () => {
    const found = dissectPem(composePem(ders, "CERTIFICATE"), "CERTIFICATE", "store x");
    expect(new Map(found)).toEqual(new Map(ders.map((der) => [sha256(der), der])));
  });

  it("passes over comments and CRLF", () => {
    const [der = new Uint8Array()] = ders;
    const text = `# a comment\r\n${composePem([der], "CERTIFICATE").replaceAll("\n", "\r\n")}`;
    expect([...dissectPem(text, "CERTIFICATE", "store x").keys()]).toEqual([sha256(der)]);
  });

  it("never takes an unreadable store for an empty one", () => {
    for (const text of ["", "<Error/>", composePem(ders, "X509 CRL")]) {
      expect(() => dissectPem(text, "CERTIFICATE", "store x")).toThrow(
        expect.objectContaining({ code: "REMOTE_UNEXPECTED" }),
      );
    }
  });
});
