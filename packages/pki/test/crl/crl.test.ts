import { type Authority, normaliseSerial, readCrl } from "@handfast/pki";
import { beforeAll, describe, expect, it } from "vitest";
import { day, makeRoot, moment } from "../world.ts";

let root: Authority;
beforeAll(async () => {
  root = await makeRoot("crl");
});

describe("createCrl", () => {
  it("takes every spelling of a serial, once, and says until when it holds", async () => {
    const spellings = ["03A5B1", "00:03:a5:b1", "3a5b1", "0x03a5b1", "b143", "00:b1:43"];
    const crl = await root.createCrl({
      revoked: spellings.map((serial) => ({ serial, at: moment })),
      number: 7n,
      days: 10,
    });
    expect(crl.facts).toMatchObject({ thisUpdate: moment, nextUpdate: moment + 10 * day });
    expect([...crl.facts.revoked]).toEqual(["03a5b1", "b143"]);
  });

  it("leaves the list out when nothing is revoked, and reads PEM and DER back to the same", async () => {
    const crl = await root.createCrl({ revoked: [], number: 1 });
    expect(crl.facts.revoked.size).toBe(0);
    expect(readCrl(crl.pem)).toEqual(crl);
    expect(readCrl(crl.der)).toEqual(crl);
    expect(readCrl(crl.pem.replaceAll("\n", "\r\n")).sha256).toBe(crl.sha256);
  });

  it("writes and reads 20,000 entries in about linear time", async () => {
    const revoked = Array.from({ length: 20_000 }, (_, index) => ({
      serial: (index + 1).toString(16),
      at: moment,
    }));
    const crl = await root.createCrl({ revoked, number: 2 });
    expect(crl.facts.revoked.size).toBe(20_000);
  });

  it("refuses a serial that is not hexadecimal and a negative number", async () => {
    await expect(root.createCrl({ revoked: [{ serial: "xyz", at: 0 }], number: 1 })).rejects.toThrow(
      TypeError,
    );
    await expect(root.createCrl({ revoked: [], number: -1 })).rejects.toThrow(TypeError);
  });
});

describe("readCrl", () => {
  it("refuses what is not exactly one CRL", async () => {
    const { pem, der } = await root.createCrl({ revoked: [], number: 1 });
    for (const input of [
      "",
      pem + pem,
      root.certificate.pem,
      root.certificate.der,
      der.slice(0, -1),
      Buffer.from(pem.slice(0, 99)),
    ])
      expect(() => readCrl(input)).toThrow(expect.objectContaining({ code: "CERTIFICATE_UNREADABLE" }));
  });
});

describe("normaliseSerial", () => {
  it.each([
    ["00", "00"],
    ["0", "00"],
    ["00:00:01", "01"],
    [" 0A ", "0a"],
    ["100", "0100"],
  ])("gives %j the form %j", (from, to) => {
    expect(normaliseSerial(from)).toBe(to);
    expect(normaliseSerial(to)).toBe(to);
  });
});
