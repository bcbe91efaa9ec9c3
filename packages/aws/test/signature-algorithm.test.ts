import { createAuthority, generateKey } from "@handfast/pki";
import { describe, expect, it } from "vitest";
import { signatureAlgorithm } from "../src/signature-algorithm.ts";

describe("signatureAlgorithm", () => {
  it.each([
    ["ecdsa-with-SHA256", { type: "ec", curve: "P-256" }],
    ["sha256WithRSAEncryption", { type: "rsa", bits: 2048 }],
  ] as const)("reads %s", async (name, type) => {
    const { certificate } = await createAuthority({ subject: "CN=Root", key: await generateKey(type) });
    expect(signatureAlgorithm(certificate.der)).toBe(name);
  });

  it("reads sha1WithRSAEncryption", () => {
    // SEQUENCE { SEQUENCE {}, SEQUENCE { OID 1.2.840.113549.1.1.5, NULL } }
    const der = Buffer.from("30113000300d06092a864886f70d0101050500", "hex");
    expect(signatureAlgorithm(der)).toBe("sha1WithRSAEncryption");
  });

  it("names an algorithm that it does not know by its OID", () => {
    // SEQUENCE { SEQUENCE {}, SEQUENCE { OID 1.3.101.112 } }
    expect(signatureAlgorithm(Buffer.from("30093000300506032b6570", "hex"))).toBe("2b6570");
  });

  it.each([
    ["nothing", ""],
    ["zeros", "00".repeat(400)],
    ["a length past the end", "30ff"],
    ["a length of five bytes", "308501000000000000"],
    ["another element in the algorithm's place", "300630003002020101"],
  ])("makes nothing of %s", (_name, hex) => {
    expect(signatureAlgorithm(Buffer.from(hex, "hex"))).toBeUndefined();
  });
});
