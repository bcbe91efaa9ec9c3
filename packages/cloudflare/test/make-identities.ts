import type { CertificateFacts, Digest, Facts, Secret } from "@handfast/core";
import { type Certificate, createAuthority, createCsr, generateKey } from "@handfast/pki";

/** A certificate that a test shows, with its key. */
export interface TestIdentity {
  readonly certificate: Certificate;
  readonly chain: readonly Certificate[];
  readonly secret: Secret;
  /** PKCS#8 PEM. */
  readonly key: string;
}

/** The identities of a test file, made once. */
export interface TestIdentities {
  readonly old: TestIdentity;
  readonly edge: TestIdentity;
  readonly zone: TestIdentity;
  /** Issued by an intermediate, which is in its chain. */
  readonly chained: TestIdentity;
  readonly root: Certificate;
  /** The bytes of everything, by digest. */
  readonly blobs: ReadonlyMap<Digest, Uint8Array>;
  readonly facts: Facts;
}

/** When all of them begin to be valid. */
export const madeAt = Date.UTC(2026, 0, 1);

/** Makes a root, an intermediate, and four leaves. */
export async function makeIdentities(): Promise<TestIdentities> {
  const clock = { now: () => madeAt, sleep: async () => {} };
  const newKey = () => generateKey({ type: "ec", curve: "P-256" });
  const root = await createAuthority({ subject: "CN=Edge Root", key: await newKey(), clock });
  const middle = await root.issueAuthority({ subject: "CN=Edge Intermediate", key: await newKey() });
  const issue = async (
    authority: typeof root,
    name: string,
    chain: readonly Certificate[],
  ): Promise<TestIdentity> => {
    const key = await newKey();
    const certificate = await authority.issue(await createCsr({ subject: `CN=${name}`, key }), { days: 365 });
    return { certificate, chain, secret: { key: `${name}-key`, spki: key.spki }, key: key.export() };
  };
  const [old, edge, zone, chained] = [
    await issue(root, "old", []),
    await issue(root, "edge", []),
    await issue(root, "zone", []),
    await issue(middle, "chained", [middle.certificate]),
  ];
  const all = [old, edge, zone, chained].map(({ certificate }) => certificate);
  const known = new Map<Digest, CertificateFacts>(
    [...all, root.certificate, middle.certificate].map(({ sha256, facts }) => [sha256, facts]),
  );
  const facts: Facts = {
    certificate: (digest) => {
      const found = known.get(digest);
      if (found === undefined) throw new Error(`no certificate ${digest}`);
      return found;
    },
    crl: () => {
      throw new Error("no CRLs here");
    },
  };
  const blobs = new Map([...known].map(([digest, { der }]) => [digest, der]));
  return { old, edge, zone, chained, root: root.certificate, blobs, facts };
}
