import { type CertificateFacts, type Digest, type Facts, systemClock } from "@handfast/core";
import { type Authority, type Certificate, type Crl, createAuthority, generateKey } from "@handfast/pki";

/** When all certificates of the tests begin. */
export const start = Date.UTC(2026, 0, 1);

/** Some authorities, each with a CRL, and what a plan knows of them. */
export interface Trust {
  readonly authorities: readonly Authority[];
  readonly anchors: readonly Certificate[];
  readonly crls: readonly Crl[];
  readonly facts: Facts;
  bytes(digest: Digest): Promise<Uint8Array>;
}

/** Makes `count` roots, named A, B, … */
export async function makeTrust(count: number): Promise<Trust> {
  const authorities = await Promise.all(
    Array.from({ length: count }, async (_, index) => {
      const key = await generateKey({ type: "ec", curve: "P-256" });
      return createAuthority({
        subject: `CN=Root ${String.fromCharCode(65 + index)}`,
        key,
        notBefore: start,
      });
    }),
  );
  const anchors = authorities.map(({ certificate }) => certificate);
  const crls = await Promise.all(
    authorities.map((authority) =>
      authority.createCrl({ revoked: [{ serial: "0a", at: start }], number: 1 }),
    ),
  );
  const byDigest = new Map<Digest, Certificate | Crl>([...anchors, ...crls].map((one) => [one.sha256, one]));
  const find = <T>(digest: Digest, list: readonly (T & { readonly sha256: string })[]): T => {
    const found = list.find((one) => one.sha256 === digest);
    if (found === undefined) throw new Error(`nobody gave ${digest}`);
    return found;
  };
  return {
    authorities,
    anchors,
    crls,
    facts: {
      certificate: (digest) => find(digest, anchors).facts,
      crl: (digest) => find(digest, crls).facts,
    },
    bytes: async (digest) => {
      const found = byDigest.get(digest);
      if (found === undefined) throw new Error(`nobody gave ${digest}`);
      return found.der;
    },
  };
}

/** What facts say of a key, by its name: `rsa-4096`, `ec-secp384r1`, `ed25519`. */
export function key(name: string): Pick<CertificateFacts, "key" | "keyType" | "keyBits"> {
  const [keyType = name, bits] = name.split("-");
  return { key: name, keyType, keyBits: keyType === "rsa" ? Number(bits) : undefined };
}

/** DER that can be read, for facts that are made up. */
const { certificate: sound, crl: none } = await (async () => {
  const root = await createAuthority({
    subject: "CN=sound",
    key: await generateKey({ type: "ec", curve: "P-256" }),
    notBefore: start,
    clock: { ...systemClock, now: () => start },
  });
  return { certificate: root.certificate.der, crl: await root.createCrl({ revoked: [], number: 1 }) };
})();

/** Facts in which every digest is a sound CA and an empty CRL, but for what is said of some. */
export function factsWhere(
  certificates: Readonly<Record<Digest, Partial<CertificateFacts>>> = {},
  crls: Readonly<Record<Digest, { readonly revoked: number }>> = {},
): Facts {
  return {
    certificate: (sha256) => ({
      sha256,
      subject: `CN=${sha256.slice(0, 8)}`,
      issuer: `CN=${sha256.slice(0, 8)}`,
      serial: "01",
      spki: sha256,
      notBefore: start,
      notAfter: start + 365 * 86_400_000,
      ca: true,
      namesOcspResponder: false,
      key: "ec-prime256v1",
      keyType: "ec",
      version: 3,
      signature: "ecdsa-with-SHA256",
      signatureHash: "sha256",
      selfIssued: true,
      der: sound,
      ...certificates[sha256],
    }),
    crl: (sha256) => ({
      sha256,
      issuer: none.facts.issuer,
      thisUpdate: start,
      revoked: new Set(Array.from({ length: crls[sha256]?.revoked ?? 0 }, (_, index) => `${index}`)),
      der: none.der,
    }),
  };
}
