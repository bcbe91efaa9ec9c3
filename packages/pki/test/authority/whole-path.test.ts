import { type Authority, createAuthority, type LocalKey, openAuthority } from "@handfast/pki";
import { beforeAll, describe, expect, it } from "vitest";
import { hasOpenssl, openssl, workFolder } from "../openssl.ts";
import { clockAt, day, ecKey, makeClient } from "../world.ts";

const folder = workFolder();
const now = Date.now();

let rootKey: LocalKey;
let root: Authority;
let key: LocalKey;

/** An intermediate that openssl signed with the root's key, and that says no more of its limits than it is told to. */
function foreign(days: number, ...extensions: readonly string[]): Authority {
  const config = [
    "basicConstraints=critical,CA:true",
    "keyUsage=critical,keyCertSign,cRLSign",
    "subjectKeyIdentifier=hash",
    ...extensions,
  ];
  const keyFile = folder.write("foreign.key", key.export());
  openssl("req", "-new", "-key", keyFile, "-subj", "/CN=foreign", "-out", folder.path("foreign.csr"));
  openssl(
    ...["x509", "-req", "-in", folder.path("foreign.csr"), "-days", String(days)],
    ...["-CA", folder.write("root.pem", root.certificate.pem), "-CAcreateserial"],
    ...["-CAkey", folder.write("root.key", rootKey.export())],
    ...[
      "-extfile",
      folder.write("foreign.cnf", `${config.join("\n")}\n`),
      "-out",
      folder.path("foreign.pem"),
    ],
  );
  return openAuthority({ certificate: folder.read("foreign.pem") + root.certificate.pem, key });
}

/** What openssl says of a leaf as a TLS client. */
function verify(chain: string): string {
  return openssl(
    ...["verify", "-purpose", "sslclient", "-attime", String(Math.floor(now / 1000) + 60)],
    ...["-CAfile", folder.write("root.pem", root.certificate.pem)],
    ...["-untrusted", folder.write("chain.pem", chain), folder.write("leaf.pem", chain)],
  ).text;
}

beforeAll(async () => {
  [rootKey, key] = await Promise.all([ecKey(), ecKey()]);
  root = await createAuthority({
    subject: "CN=top",
    key: rootKey,
    pathLength: 1,
    notBefore: now - day,
    days: 100,
  });
});

describe.skipIf(!hasOpenssl)("limits of the CA above an intermediate that has none of its own", () => {
  it("are kept: its path length", async () => {
    const middle = foreign(50);
    expect(middle.certificate.facts.pathLength).toBeUndefined();
    expect(verify((await makeClient(middle)).leaf.chain)).toContain("OK");
    await expect(middle.issueAuthority({ subject: "CN=below", key: await ecKey() })).rejects.toMatchObject({
      code: "CERTIFICATE_UNSUITABLE",
      message: expect.stringContaining("path length"),
    });
    const other = await createAuthority({ subject: "CN=other", key: await ecKey() });
    await expect(middle.crossSign(other.certificate.pem)).rejects.toMatchObject({
      code: "CERTIFICATE_UNSUITABLE",
    });
  });

  it("are kept: its end", async () => {
    const middle = foreign(3_000);
    const { leaf } = await makeClient(middle, { days: 3_650 });
    expect(leaf.facts.notAfter).toBe(root.certificate.facts.notAfter);
    expect(leaf.facts.notAfter).toBeLessThan(middle.certificate.facts.notAfter);
  });

  it("are kept: what it and the intermediate itself are for", async () => {
    const middle = foreign(50, "extendedKeyUsage=serverAuth");
    await expect(makeClient(middle)).rejects.toMatchObject({
      code: "CERTIFICATE_UNSUITABLE",
      message: expect.stringContaining("extended key usage of CN=foreign"),
    });
    const names = ["a.example.com"];
    await makeClient(middle, { profile: "server", names });
    await makeClient(foreign(50, "extendedKeyUsage=clientAuth"));
    await makeClient(foreign(50, "extendedKeyUsage=anyExtendedKeyUsage"), { profile: "server", names });
  });

  it("count no authority that has its issuer's name", async () => {
    const middle = await root.issueAuthority({ subject: "CN=middle", key: await ecKey() });
    const nextKey = await ecKey();
    const next = await createAuthority({ subject: "CN=middle", key: nextKey });
    const cross = await middle.crossSign(next.certificate.pem);
    expect(cross.facts.pathLength).toBe(0);
    const opened = openAuthority({
      certificate: cross.pem + middle.certificate.pem + root.certificate.pem,
      key: nextKey,
    });
    expect(verify((await makeClient(opened)).leaf.chain)).toContain("OK");
  });
});

describe("createCrl", () => {
  it("names no next list after the authority's own end, and signs none then", async () => {
    const end = root.certificate.facts.notAfter;
    const at = (ms: number): Authority =>
      openAuthority({ certificate: root.certificate.pem, key: rootKey, clock: clockAt(ms) });
    const last = await at(end - day).createCrl({ revoked: [], number: 1 });
    expect(last.facts.nextUpdate).toBe(end);
    await expect(at(end).createCrl({ revoked: [], number: 2 })).rejects.toMatchObject({
      code: "CERTIFICATE_UNSUITABLE",
      message: expect.stringContaining("its own validity ended"),
    });
  });
});
