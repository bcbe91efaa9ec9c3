import "reflect-metadata";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { connect, createServer, type TLSSocket } from "node:tls";
import {
  type Authority,
  type Crl,
  createAuthority,
  openAuthority,
  readCrl,
  readKey,
  verifyCrl,
} from "@handfast/pki";
import * as x509 from "@peculiar/x509";
import { beforeAll, describe, expect, it } from "vitest";
import { hasOpenssl, openssl, workFolder } from "../openssl.ts";
import { clockAt, day, ecKey, makeClient, makeRoot, moment } from "../world.ts";

/** What openssl prints, as it is in a list of its own: `Dec 31 23:59:59 2049 GMT`. */
const printed = (ms: number): string => {
  const [, date, month, year, time] = /, (\d+) (\w+) (\d+) (.*) GMT/.exec(new Date(ms).toUTCString()) ?? [];
  return `${month} ${String(Number(date)).padStart(2, " ")} ${time} ${year} GMT`;
};
const reasonsOfOpenssl: Readonly<Record<string, string>> = {
  keyCompromise: "Key Compromise",
  cACompromise: "CA Compromise",
  affiliationChanged: "Affiliation Changed",
  superseded: "Superseded",
  cessationOfOperation: "Cessation Of Operation",
  certificateHold: "Certificate Hold",
  privilegeWithdrawn: "Privilege Withdrawn",
  aACompromise: "AA Compromise",
};

describe("createCrl, read by others", () => {
  const { write } = workFolder();
  let root: Authority;
  let crl: Crl;
  let revokedLeaf: string;
  beforeAll(async () => {
    root = await createAuthority({ subject: "CN=foreign", key: await ecKey(), clock: clockAt(moment) });
    const { leaf } = await makeClient(root);
    revokedLeaf = leaf.pem;
    crl = await root.createCrl({
      number: 0x1234n,
      previous: "none",
      issuingDistributionPoint: { urls: ["http://crl.example.com/a.crl"], only: "user" },
      revoked: [
        { serial: leaf.facts.serial, at: moment - day, reason: "keyCompromise" },
        ...Object.keys(reasonsOfOpenssl).map((reason, index) => ({
          serial: `00f${index}`,
          at: Date.UTC(2049, 11, 31, 23, 59, 58 + index),
          reason: reason as "superseded",
        })),
        { serial: "7f".repeat(20), at: moment, invalidSince: moment - day },
      ],
    });
  });

  it.skipIf(!hasOpenssl)("is printed by openssl with every field, and its signature holds", () => {
    const { status, text } = openssl(
      ...["crl", "-in", write("ours.pem", crl.pem), "-noout", "-text", "-verify"],
      ...["-CAfile", write("root.pem", root.certificate.pem)],
    );
    expect(status, text).toBe(0);
    expect(text).toContain("verify OK");
    expect(text).toContain("Version 2 (0x1)");
    expect(text).toMatch(/CRL Number:\s+4660/);
    expect(text).toMatch(
      /Issuing Distribution Point: critical\s+Full Name:\s+URI:http:\/\/crl.example.com\/a.crl\s+Only User/,
    );
    expect(text).toContain(`Last Update: ${printed(crl.facts.thisUpdate)}`);
    expect(text).toContain(`Next Update: ${printed(crl.facts.nextUpdate ?? 0)}`);
    const aki = root.certificate.facts.ski?.toUpperCase().match(/../g)?.join(":");
    expect(text).toContain(aki);
    const entries = text.split("Serial Number: ").slice(1);
    expect(entries).toHaveLength(crl.facts.revoked.size);
    for (const [index, { serial, at, reason, invalidSince }] of [...crl.parts.entries].entries()) {
      expect(entries[index]).toMatch(
        new RegExp(`^${serial.toUpperCase()}\\s+Revocation Date: ${printed(at)}`),
      );
      if (reason === "unspecified") expect(entries[index]).not.toContain("Reason Code");
      else expect(entries[index]).toMatch(new RegExp(`Reason Code:\\s+${reasonsOfOpenssl[reason]}\n`));
      if (invalidSince !== undefined)
        expect(entries[index]).toMatch(new RegExp(`Invalidity Date:\\s+${printed(invalidSince)}`));
    }
  });

  it.skipIf(!hasOpenssl)("is enforced by openssl", async () => {
    const plain = await root.createCrl({
      previous: crl,
      revoked: [],
      issuingDistributionPoint: { urls: ["http://crl.example.com/a.crl"], only: "user" },
    });
    const whole = await root.createCrl({
      number: 1,
      revoked: [...plain.facts.revoked].map((serial) => ({ serial, at: moment })),
    });
    const verify = (name: string, list: Crl): string =>
      openssl(
        ...[
          "verify",
          "-attime",
          String(moment / 1_000 + 60),
          "-crl_check",
          "-CAfile",
          write("root.pem", root.certificate.pem),
        ],
        ...["-CRLfile", write(`${name}.pem`, list.pem), write("leaf.pem", revokedLeaf)],
      ).text;
    expect(verify("whole", whole)).toContain("certificate revoked");
    expect(verify("none", await root.createCrl({ number: 1, revoked: [] }))).toContain("leaf.pem: OK");
  });

  it("is read by @peculiar/x509 to the same, and its signature holds", async () => {
    const theirs = new x509.X509Crl(crl.pem);
    expect(theirs.thisUpdate.getTime()).toBe(crl.facts.thisUpdate);
    expect(theirs.nextUpdate?.getTime()).toBe(crl.facts.nextUpdate);
    expect(theirs.issuer).toBe("CN=foreign");
    expect(
      theirs.entries.map(({ serialNumber, revocationDate, reason, invalidity }) => [
        serialNumber.replace(/^(?:00)+(?=..)/, ""),
        revocationDate.getTime(),
        reason === undefined ? "unspecified" : x509.X509CrlReason[reason],
        invalidity?.getTime(),
      ]),
    ).toEqual(
      [...crl.parts.entries].map(({ serial, at, reason, invalidSince }) => [
        serial,
        at,
        reason,
        invalidSince,
      ]),
    );
    const point = theirs.extensions.find(({ type }) => type === "2.5.29.28");
    expect(point?.critical).toBe(true);
    expect(theirs.extensions.map(({ type }) => type)).toEqual([...crl.parts.extensions.keys()]);
    const publicKey = await new x509.X509Certificate(root.certificate.pem).publicKey.export();
    expect(await theirs.verify({ publicKey })).toBe(true);
  });

  it("is enforced by Node in a handshake", async () => {
    const authority = await makeRoot("tls", Date.now() - 60_000);
    const server = await makeClient(authority);
    const [good, gone] = [await makeClient(authority), await makeClient(authority)];
    const list = await authority.createCrl({
      number: 1,
      revoked: [{ serial: gone.leaf.facts.serial, at: Date.now() - 60_000 }],
    });
    const judge = async ({ leaf, key }: typeof good): Promise<unknown> => {
      const listener = createServer({
        ...{ cert: server.leaf.pem, key: server.key.export(), ca: authority.certificate.pem, crl: list.pem },
        ...{ requestCert: true, rejectUnauthorized: false },
      });
      listener.listen(0, "127.0.0.1");
      await once(listener, "listening");
      const { port } = listener.address() as AddressInfo;
      const identity = { cert: leaf.pem, key: key.export(), rejectUnauthorized: false };
      const client = connect({ host: "127.0.0.1", port, ...identity });
      const [socket] = (await once(listener, "secureConnection")) as [TLSSocket];
      const { authorizationError } = socket;
      client.destroy();
      socket.destroy();
      listener.close();
      return authorizationError;
    };
    expect(await judge(good)).toBeNull();
    expect(await judge(gone)).toBe("CERT_REVOKED");
  });
});

describe.skipIf(!hasOpenssl)("readCrl on lists of openssl", () => {
  const { write, path, read } = workFolder();
  const config = (more = "", extensions = ""): string =>
    write(
      "ca.cnf",
      `[ca]\ndefault_ca=d\n[d]\ndatabase=${path("index.txt")}\ndefault_md=sha256\ndefault_crl_days=30\n${more}\n` +
        `[x]\nauthorityKeyIdentifier=keyid\n${extensions}\n[req]\ndistinguished_name=n\nx509_extensions=e\n[n]\n[e]\n` +
        "basicConstraints=critical,CA:TRUE\nsubjectKeyIdentifier=hash\n",
    );
  const run = (...args: readonly string[]): void => {
    const { status, text } = openssl(...args);
    if (status !== 0) throw new Error(text);
  };
  const list = (rows: readonly string[], more = "", extensions = "", ...args: readonly string[]): Crl => {
    writeFileSync(
      path("index.txt"),
      rows.map((row) => `R\t400101000000Z\t${row}\tunknown\t/CN=gone\n`).join(""),
    );
    writeFileSync(path("number"), "0A\n");
    run(
      ...[
        "ca",
        "-config",
        config(more, extensions),
        "-gencrl",
        "-cert",
        path("ca.crt"),
        "-keyfile",
        path("ca.key"),
      ],
      ...["-out", path("list.pem"), ...args],
    );
    run("crl", "-in", path("list.pem"), "-outform", "DER", "-out", path("list.der"));
    const pem = readCrl(read("list.pem"));
    const der = readCrl(new Uint8Array(readFileSync(path("list.der"))));
    expect(der).toEqual(pem);
    expect(verifyCrl(pem, read("ca.crt"))).toEqual({ verdict: "good" });
    return pem;
  };
  const at = Date.UTC(2026, 0, 1);
  beforeAll(() => {
    run(
      ...[
        "req",
        "-x509",
        "-config",
        config(),
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
      ],
      ...["-keyout", path("ca.key"), "-subj", "/CN=theirs", "-days", "30", "-out", path("ca.crt")],
    );
  });

  it("reads one without entries, of version 1", () => {
    const crl = list([]);
    expect(crl.parts).toMatchObject({ version: 1, number: undefined });
    expect(crl.facts.revoked.size).toBe(0);
  });

  it("reads version 1 with entries", () => {
    const crl = list(["260101000000Z\t05", "260101000000Z\t80FF"]);
    expect(crl.parts.version).toBe(1);
    expect([...crl.parts.entries]).toEqual([
      { serial: "05", at, reason: "unspecified" },
      { serial: "80ff", at, reason: "unspecified" },
    ]);
  });

  it("reads version 2 with number, point, reasons, a hold and dates of invalidity", () => {
    const crl = list(
      [
        "260101000000Z,keyCompromise\t05",
        "260101000000Z,keyTime,20250601120000Z\t06",
        "260101000000Z,holdInstruction,holdInstructionReject\t07",
        "260101000000Z,CACompromise\t7F000000000000000000000000000000000000FF",
        "491231235959Z,superseded\t08",
      ],
      `crlnumber=${path("number")}\ncrl_extensions=x`,
      "issuingDistributionPoint=critical,@p\n[p]\nfullname=URI:http://crl.example.com/b.crl\nonlyuser=TRUE",
    );
    expect(crl.parts).toMatchObject({
      version: 2,
      number: 10n,
      issuingDistributionPoint: { urls: ["http://crl.example.com/b.crl"], only: "user", indirect: false },
      unknownCritical: [],
    });
    // openssl sorts by serial, which no standard asks for
    expect([...crl.parts.entries]).toEqual([
      { serial: "05", at, reason: "keyCompromise" },
      { serial: "06", at, reason: "keyCompromise", invalidSince: Date.UTC(2025, 5, 1, 12) },
      { serial: "07", at, reason: "certificateHold" },
      { serial: "08", at: Date.UTC(2049, 11, 31, 23, 59, 59), reason: "superseded" },
      { serial: "7f000000000000000000000000000000000000ff", at, reason: "cACompromise" },
    ]);
  });

  it("is carried on by createCrl, entry by entry, and openssl believes the result", async () => {
    const theirs = list(
      [
        "260101000000Z,holdInstruction,holdInstructionReject\t07",
        "260101000000Z,keyTime,20250601120000Z\t06",
      ],
      `crlnumber=${path("number")}\ncrl_extensions=x`,
    );
    const authority = openAuthority({
      certificate: read("ca.crt"),
      key: readKey(read("ca.key")),
      clock: clockAt(theirs.facts.thisUpdate + 60_000),
    });
    const ours = await authority.createCrl({ previous: theirs, revoked: [{ serial: "09", at }] });
    expect(ours.parts.number).toBe(11n);
    expect([...ours.parts.entries].slice(1)).toEqual([...theirs.parts.entries]);
    const { text } = openssl(
      "crl",
      "-in",
      write("ours.pem", ours.pem),
      "-noout",
      "-text",
      "-CAfile",
      path("ca.crt"),
    );
    expect(text).toContain("verify OK");
    expect(text).toMatch(/Hold Instruction Code:\s+Hold Instruction Reject/);
  });
});
