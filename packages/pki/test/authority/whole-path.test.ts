import { type Authority, createAuthority, type LocalKey, openAuthority } from "@handfast/pki";
import { beforeAll, describe, expect, it } from "vitest";
import { hasOpenssl, openssl, workFolder } from "../openssl.ts";
import { ecKey, makeClient } from "../world.ts";

const folder = workFolder();
const now = Date.now();
const day = 86_400_000;

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
