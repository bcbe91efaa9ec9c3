import { spawnSync } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  type Authority,
  createAuthority,
  createCsr,
  generateKey,
  type IssueOptions,
  type ProbeIdentity,
  type ProbeShows,
} from "@handfast/pki";

const day = 86_400_000;

/** What is verified, and what is shown. Files are PEM. */
export interface Certificates {
  /** What the probe shows for each row; its own stranger is made by it. */
  readonly identities: Readonly<Record<ProbeShows, ProbeIdentity | "stranger" | undefined>>;
  /** `<shows>.pem` and `<shows>.key` lie here, for clients that others wrote. */
  readonly folder: string;
  readonly ca: string;
  readonly crl: string;
  readonly certificate: string;
  readonly key: string;
  readonly certificateAndKey: string;
}

/** Makes all certificates of a run, and writes them to the folder. */
export async function makeCertificates(folder: string, now: number): Promise<Certificates> {
  const root = await makeRoot("CN=Truth Table Root", now);
  const previous = await makeRoot("CN=Truth Table Root Before", now);
  const site = await makeRoot("CN=Truth Table Site", now);
  const ours = await issue(root);
  const revoked = await issue(root);
  const server = await issue(site, { profile: "server", names: ["localhost"] });
  const identities = {
    none: undefined,
    ours,
    old: await issue(previous),
    stranger: "stranger" as const,
    expired: await issue(root, { notBefore: now - 20 * day, days: 10 }),
    revoked,
    serverAuthOnly: await issue(root, { profile: "server", names: ["client.example.com"] }),
  };
  const list = await root.createCrl({ number: 1, revoked: [{ serial: revoked.serial, at: now - day }] });
  const write = async (name: string, text: string): Promise<string> => {
    const path = join(folder, name);
    await writeFile(path, text, { mode: 0o600 });
    return path;
  };
  for (const [shows, identity] of Object.entries(identities)) {
    if (identity === undefined || identity === "stranger") continue;
    await write(`${shows}.pem`, identity.chain);
    await write(`${shows}.key`, identity.key);
  }
  writeStranger(folder);
  return {
    identities,
    folder,
    ca: await write("ca.pem", root.trust.anchors),
    crl: await write("crl.pem", list.pem),
    certificate: await write("server.pem", server.chain),
    key: await write("server.key", server.key),
    certificateAndKey: await write("server-and-key.pem", `${server.chain}${server.key}`),
  };
}

function makeRoot(subject: string, now: number): Promise<Authority> {
  return generateKey({ type: "ec", curve: "P-256" }).then((key) =>
    createAuthority({ subject, key, notBefore: now - 60 * day }),
  );
}

async function issue(
  authority: Authority,
  options: IssueOptions = {},
): Promise<ProbeIdentity & { readonly serial: string }> {
  const key = await generateKey({ type: "ec", curve: "P-256" });
  const csr = await createCsr({ subject: "CN=client.example.com", key });
  const leaf = await authority.issue(csr, options);
  return { chain: leaf.chain, key: key.export(), serial: leaf.facts.serial };
}

/** The stranger whom the foreign client shows is made by others too: a certificate that signs itself. */
function writeStranger(folder: string): void {
  spawnSync("openssl", [
    ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"],
    ...["-subj", "/CN=stranger", "-addext", "extendedKeyUsage=clientAuth"],
    ...["-addext", "basicConstraints=critical,CA:FALSE"],
    ...["-out", join(folder, "stranger.pem"), "-keyout", join(folder, "stranger.key")],
  ]);
}
