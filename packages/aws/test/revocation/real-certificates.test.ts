import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type CrlFacts, readCrl, readPem } from "@handfast/core";
import { type Authority, type Certificate, createAuthority, createCsr, generateKey } from "@handfast/pki";
import { makeConnectionEvent } from "@handfast/testing";
import { afterAll, describe, expect, it } from "vitest";
import { listEntries } from "../../src/revocation/entries.ts";
import { start } from "../alb/trust.ts";
import { eventWith, run, storeWith } from "./run-function.ts";

const newKey = () => generateKey({ type: "ec", curve: "P-256" });

/** What becomes of a viewer who shows these certificates, with these CRLs in the store. */
function decide(crls: readonly CrlFacts[], ...pems: readonly string[]): string {
  return run({ ...makeConnectionEvent({ certificates: pems }) }, storeWith(...listEntries(crls))).decision;
}

describe("a connection function on a list of CRLs of @handfast/pki", () => {
  it("refuses what they name, leaf or intermediate, and nothing else", async () => {
    const subject = "CN=Root\\, Süd,O=Bäckerei \\+ Söhne,C=DE";
    const root = await createAuthority({ subject, key: await newKey(), notBefore: start });
    const [left, right] = await Promise.all(
      ["left", "right"].map(async (name) =>
        root.issueAuthority({ subject: `CN=${name}`, key: await newKey(), notBefore: start }),
      ),
    );
    if (left === undefined || right === undefined) throw new Error("no authorities");
    const issue = async (by: Authority, name: string): Promise<string> => {
      const csr = await createCsr({ subject: `CN=${name}`, key: await newKey() });
      return (await by.issue(csr, { notBefore: start })).pem;
    };
    const [stolen, kept, other] = await Promise.all([
      issue(left, "stolen"),
      issue(left, "kept"),
      issue(right, "other"),
    ]);
    const revoke = async (by: Authority, ...pems: readonly (string | Certificate)[]) => {
      const serials = pems.map((one) => (typeof one === "string" ? serialOf(one) : one.facts.serial));
      const revoked = serials.map((serial) => ({ serial, at: start }));
      return (await by.createCrl({ revoked, number: 1 })).facts;
    };
    const [ofLeft, ofRoot] = await Promise.all([revoke(left, stolen), revoke(root, right.certificate)]);
    const [l, r] = [left.certificate.pem, right.certificate.pem];
    expect(decide([ofLeft], stolen, l)).toBe("deny");
    expect(decide([ofLeft], kept, l)).toBe("allow");
    expect(decide([ofLeft], other, r)).toBe("allow");
    expect(decide([ofLeft, ofRoot], other, r)).toBe("deny");
    expect(decide([ofLeft, ofRoot], kept, l)).toBe("allow");
    expect(decide([], stolen, l)).toBe("allow");
  });
});

function serialOf(pem: string): string {
  const event = makeConnectionEvent({ certificates: [pem] });
  return event.clientCertificate?.certificates.leaf.serialNumber ?? "";
}

const hasOpenssl = spawnSync("openssl", ["version"]).status === 0;
if (!hasOpenssl) process.stderr.write("skipped: revocation lists of openssl, because it is not installed\n");

describe.skipIf(!hasOpenssl)("a connection function on a list of CRLs of openssl", () => {
  const folder = mkdtempSync(join(tmpdir(), "handfast-revocation-"));
  afterAll(() => rmSync(folder, { recursive: true }));

  const openssl = (...args: readonly string[]): string => {
    const { status, stdout, stderr } = spawnSync("openssl", args, { cwd: folder, encoding: "utf8" });
    if (status !== 0) throw new Error(stderr);
    return stdout;
  };

  /** A CA that has issued a client certificate of serial 5, and revoked the serials given. */
  const makeCa = (
    name: string,
    subject: string,
    revoked: readonly string[],
  ): { client: string; crl: CrlFacts } => {
    const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-utf8"];
    openssl(
      "req",
      "-x509",
      ...key,
      "-keyout",
      `${name}.key`,
      "-subj",
      subject,
      "-days",
      "30",
      "-out",
      `${name}.crt`,
    );
    openssl("req", ...key, "-keyout", "client.key", "-subj", `/CN=client of ${name}`, "-out", "client.csr");
    openssl(
      "x509",
      "-req",
      "-in",
      "client.csr",
      "-CA",
      `${name}.crt`,
      "-CAkey",
      `${name}.key`,
      "-set_serial",
      "5",
      "-out",
      `${name}-client.crt`,
    );
    const rows = revoked.map((serial) => `R\t400101000000Z\t260101000000Z\t${serial}\tunknown\t/CN=gone\n`);
    writeFileSync(join(folder, "index.txt"), rows.join(""));
    writeFileSync(
      join(folder, "ca.cnf"),
      "[ca]\ndefault_ca=d\n[d]\ndatabase=index.txt\ndefault_md=sha256\ndefault_crl_days=30\n",
    );
    openssl(
      "ca",
      "-config",
      "ca.cnf",
      "-gencrl",
      "-cert",
      `${name}.crt`,
      "-keyfile",
      `${name}.key`,
      "-out",
      `${name}.crl`,
    );
    const read = (file: string): string => readFileSync(join(folder, file), "utf8");
    const [der] = readPem(read(`${name}.crl`), "X509 CRL", name);
    return { client: read(`${name}-client.crt`), crl: readCrl(der ?? new Uint8Array()) };
  };

  it("refuses a short serial for the CA that revoked it, not for the other one, however the name is spelled", () => {
    const a = makeCa("a", '/C=DE/O=Müller, Söhne \\/ Co./OU=A\\+B/CN=Root "A"/emailAddress=ca@example.com', [
      "05",
      "FEDCBA9876543210",
    ]);
    const b = makeCa("b", '/C=DE/O=Müller, Söhne \\/ Co./OU=A\\+B/CN=Root "B"/emailAddress=ca@example.com', [
      "06",
    ]);
    expect(decide([a.crl, b.crl], a.client)).toBe("deny");
    expect(decide([a.crl, b.crl], b.client)).toBe("allow");
    expect(decide([b.crl], a.client)).toBe("allow");

    const store = storeWith(...listEntries([a.crl, b.crl]));
    for (const format of ["RFC2253", "oneline", "compat", "sep_multiline,utf8", "dn_rev,lname,utf8"]) {
      const told = (ca: string): string => {
        const line = openssl("x509", "-in", `${ca}-client.crt`, "-noout", "-issuer", "-nameopt", format);
        const issuer = line.trim().replace(/^issuer=\s*/, "");
        return `${issuer} → ${run(eventWith({ serialNumber: "05", issuer }), store).decision}`;
      };
      expect([told("a"), told("b")]).toEqual([
        expect.stringMatching(/→ deny$/),
        expect.stringMatching(/→ allow$/),
      ]);
    }
  });
});
