import { type CertificateFacts, type Digest, type Facts, readCertificate, sha256 } from "@handfast/core";
import { type Authority, createAuthority, createCsr, generateKey, type LocalKey } from "@handfast/pki";
import type { Bundle } from "../../src/cloudfront-origin/state.ts";

/** When all certificates of the tests begin. */
export const start = Date.UTC(2026, 0, 1);

type Key = Parameters<typeof generateKey>[0];
const p256: Key = { type: "ec", curve: "P-256" };

/** A client certificate that an authority issued, with all that a plan and ACM take of it. */
export interface Identity {
  readonly bundle: Bundle;
  readonly key: LocalKey;
  /** Leaf first, then its issuers up to the root. */
  readonly ders: readonly Uint8Array[];
  /** As it stands in a spec, and as the suite takes it. */
  readonly chainPem: string;
  readonly root: Authority;
}

/** An identity of a root of its own; the root goes with it, since ACM takes no leaf without its issuer. */
export async function makeIdentity(
  name: string,
  { key = p256, days = 365 }: { readonly key?: Key; readonly days?: number } = {},
): Promise<Identity> {
  const root = await createAuthority({
    subject: `CN=Root ${name}`,
    key: await generateKey(key),
    notBefore: start,
  });
  const own = await generateKey(key);
  const leaf = await root.issue(await createCsr({ subject: `CN=edge ${name}`, key: own }), {
    days,
    notBefore: start,
  });
  const ders = [leaf.der, root.certificate.der];
  return {
    bundle: { certificate: leaf.sha256, chain: [root.certificate.sha256] },
    key: own,
    ders,
    chainPem: leaf.pem + root.certificate.pem,
    root,
  };
}

/** What a plan knows of some identities. */
export function factsOf(...ders: readonly Uint8Array[]): Facts {
  const known = new Map<Digest, CertificateFacts>(ders.map((der) => [sha256(der), readCertificate(der)]));
  return {
    certificate: (digest) => {
      const found = known.get(digest);
      if (found === undefined) throw new Error(`nobody gave ${digest}`);
      return found;
    },
    crl: (digest) => {
      throw new Error(`nobody gave ${digest}`);
    },
  };
}

/** Facts in which every digest is a sound client certificate, but for what is said of some. */
export function factsWhere(
  some: Readonly<Record<Digest, Partial<CertificateFacts>>>,
  like: CertificateFacts,
): Facts {
  return {
    certificate: (digest) => ({ ...like, sha256: digest, ...some[digest] }),
    crl: (digest) => {
      throw new Error(`nobody gave ${digest}`);
    },
  };
}
