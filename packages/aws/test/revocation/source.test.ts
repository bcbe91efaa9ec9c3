import { describe, expect, it } from "vitest";
import { issuerToken } from "../../src/revocation/issuer-token.ts";
import { functionSource } from "../../src/revocation/source.ts";
import { nameOf, toDer } from "./names.ts";
import { eventWith, run, storeWith } from "./run-function.ts";

const [a, b] = ["Root A", "Root B"].map((name) => issuerToken(toDer(nameOf(name)))) as [string, string];
const random = "1f2e3d4c5b6a798812";

describe("functionSource", () => {
  it("fits into the 10 KB that the service takes, and is the same text for the same options", () => {
    for (const ocsp of [true, false]) {
      expect(Buffer.byteLength(functionSource({ ocsp }))).toBeLessThan(10_000);
      expect(functionSource({ ocsp })).toBe(functionSource({ ocsp }));
    }
    expect(functionSource({ ocsp: true })).not.toBe(functionSource({ ocsp: false }));
  });

  it("uses only what the runtime has", () => {
    const source = functionSource({ ocsp: false });
    // CloudFront "JavaScript runtime 2.0 features": none of these is listed, or they are listed as not there.
    for (const missing of [
      /`/,
      /\bclass\b/,
      /\bfor \(.* of /,
      /\.\.\./,
      /=>/,
      /\?\./,
      /\?\?/,
      /\(await /,
      /\bPromise\b/,
    ]) {
      expect(source).not.toMatch(missing);
    }
  });

  it.each([
    ["05", "5"],
    ["5", "5"],
    ["00:00:05", "5"],
    ["0A:BC", "abc"],
    ["00:b1:43", "b143"],
    ["1F 2E 3D", "1f2e3d"],
    ["00", "0"],
  ])("finds serial %s as %s", (serialNumber, key) => {
    const store = storeWith({ key, value: a });
    expect(run(eventWith({ serialNumber, issuer: "CN=Root A" }), store)).toMatchObject({
      decision: "deny",
      customData: `handfast deny: revoked ${key}`,
      error: undefined,
    });
    expect(run(eventWith({ serialNumber: "09", issuer: "CN=Root A" }), store)).toMatchObject({
      decision: "allow",
      customData: undefined,
    });
  });

  it.each([
    ["that issuer", "CN=Root A", a, "deny"],
    ["another issuer", "CN=Root B", a, "allow"],
    ["both issuers, the first", "CN=Root A", `${a} ${b}`, "deny"],
    ["both issuers, the second", "CN=Root B", `${a} ${b}`, "deny"],
    ["every issuer", "CN=Root B", "*", "deny"],
    ["an issuer that is not told", undefined, a, "deny"],
    ["an issuer that is no text", { CN: "Root B" }, a, "deny"],
    ["an issuer without a word", "CN=", a, "deny"],
  ])("refuses a short serial revoked for %s: %s, %s → %s", (_, issuer, value, decision) => {
    const result = run(eventWith({ serialNumber: "07", issuer }), storeWith({ key: "7", value }));
    expect(result.decision).toBe(decision);
    if (decision === "allow") expect(result.customData).toBe("handfast allow: revoked for another issuer 7");
  });

  it("refuses a serial of 8 bytes whoever the issuer is: a name spelled otherwise is likelier than two alike", () => {
    for (const [key, decision] of [
      [random, "deny"],
      ["123456789abcdef", "deny"],
      ["123456789abcde", "allow"],
    ] as const) {
      const event = eventWith({
        serialNumber: key,
        issuer: "CN=Root A (spelled in a way nobody thought of)",
      });
      expect(run(event, storeWith({ key, value: a })).decision).toBe(decision);
    }
  });

  it.each([
    ["no event to speak of", {}],
    ["nothing", { clientCertificate: null }],
    ["an empty object", { clientCertificate: {} }],
    ["no leaf", { clientCertificate: { certificates: { leaf: null, intermediates: [] } } }],
    ["an OCSP status of nothing", { clientCertificate: { revocationStatus: { chainValidity: "Unknown" } } }],
  ])("allows a viewer without a certificate: %s", (_, event) => {
    expect(run(event, storeWith(), { ocsp: true })).toMatchObject({
      decision: "allow",
      customData: "handfast allow: no certificate",
    });
  });

  it.each([
    ["a certificate in another place", { clientCertificate: { leafCertificate: { serial: "07" } } }],
    [
      "intermediates without a leaf",
      { clientCertificate: { certificates: { intermediates: [{ serialNumber: "07" }] } } },
    ],
    [
      "intermediates that are no list",
      {
        clientCertificate: {
          certificates: { leaf: { serialNumber: "07" }, intermediates: { first: { serialNumber: "08" } } },
        },
      },
    ],
    ["no serial number", eventWith({ issuer: "CN=Root A" })],
    ["a serial number as a number", eventWith({ serialNumber: 7 })],
    ["a negative serial number", eventWith({ serialNumber: "-07" })],
    ["an intermediate without a serial number", eventWith({ serialNumber: "09" }, { issuer: "CN=Root A" })],
    ["an older event without a serial number", { clientCertInfo: { issuer: "CN=Root A" } }],
  ])("refuses what it does not understand: %s", (_, event) => {
    const { decision, customData } = run(event, storeWith());
    expect(decision).toBe("deny");
    expect(customData).toMatch(/^handfast deny: Error: /);
  });

  it.each([
    ["no store", undefined, "Error: no key value store is associated with the function"],
    ["a store that was never filled", new Map<string, string>(), "the list was never filled"],
    ["an entry without issuers", storeWith({ key: "7", value: "" }), "Error: an entry without issuers"],
  ])("refuses everybody with %s", (_, store, why) => {
    expect(run(eventWith({ serialNumber: "07", issuer: "CN=Root B" }), store)).toMatchObject({
      decision: "deny",
      customData: `handfast deny: ${why}`,
      error: undefined,
    });
  });

  it("refuses by an intermediate, and by the older event", () => {
    const store = storeWith({ key: "7", value: a });
    const leaf = { serialNumber: "09", issuer: "CN=Sub" };
    const revoked = { serialNumber: "07", issuer: "CN=Root A" };
    expect(run(eventWith(leaf, { serialNumber: "08", issuer: "CN=X" }, revoked), store).decision).toBe(
      "deny",
    );
    expect(run(eventWith(leaf, { serialNumber: "08", issuer: "CN=X" }), store).decision).toBe("allow");
    expect(run({ clientCertInfo: revoked }, store).decision).toBe("deny");
    expect(run({ clientCertInfo: leaf }, store).decision).toBe("allow");
    expect(run({ ...eventWith(leaf), clientCertInfo: revoked }, store).decision).toBe("deny");
  });

  it.each([
    ["Valid", true, "allow"],
    ["Invalid", true, "deny"],
    ["Unknown", true, "deny"],
    [undefined, true, "deny"],
    ["Valid", false, "allow"],
    ["Invalid", false, "deny"],
    ["Unknown", false, "allow"],
    [undefined, false, "allow"],
  ])("heeds OCSP, which it could overrule: %s, asked %s → %s", (chainValidity, ocsp, decision) => {
    const event = eventWith({ serialNumber: "09", issuer: "CN=Root A" });
    const status = chainValidity === undefined ? {} : { revocationStatus: { chainValidity } };
    expect(run({ ...event, ...status }, storeWith(), { ocsp }).decision).toBe(decision);
    const inner = { clientCertificate: { ...(event.clientCertificate as object), ...status } };
    expect(run(inner, storeWith(), { ocsp }).decision).toBe(decision);
  });
});
