import type { CertificateFacts, CrlFacts, Digest, Facts } from "@handfast/core";
import { HandfastError, readCertificate, readCrl, readPem } from "@handfast/core";
import { type Authority, type Certificate, createAuthority, createCsr, generateKey } from "@handfast/pki";

/** When all of them begin to be valid. */
const madeAt = Date.UTC(2026, 0, 1);

/** A CA, a client of it with its key, and a list that revokes another client. */
export interface TestAuthority {
  readonly authority: Authority;
  readonly anchor: Digest;
  /** Key identifier as rules write it. */
  readonly issuer: string;
  readonly client: { readonly certificate: Certificate; readonly key: string };
  readonly revoked: { readonly certificate: Certificate; readonly key: string };
  readonly crl: { readonly pem: string; readonly digest: Digest };
}

/** The CAs of a test file, made once. */
export interface TestAuthorities {
  readonly a: TestAuthority;
  readonly b: TestAuthority;
  readonly facts: Facts;
  /** The bytes of everything, by digest. */
  readonly blobs: ReadonlyMap<Digest, Uint8Array>;
  /** Makes a certificate known, as a spec would; answers with its digest. */
  learn(pem: string): Digest;
}

export async function makeAuthorities(): Promise<TestAuthorities> {
  const [a, b] = await Promise.all([make("A"), make("B")]);
  const certificates = new Map<Digest, CertificateFacts>(
    [a, b].flatMap(({ authority, client }) =>
      [authority.certificate, client.certificate].map(({ sha256, facts }) => [sha256, facts] as const),
    ),
  );
  const crls = new Map<Digest, CrlFacts>(
    [a, b].flatMap(({ crl }) => readPem(crl.pem, "X509 CRL", "crl").map((der) => [crl.digest, readCrl(der)])),
  );
  const blobs = new Map([...certificates, ...crls].map(([digest, { der }]) => [digest, der]));
  return {
    a,
    b,
    blobs,
    facts: { certificate: from(certificates), crl: from(crls) },
    learn: (pem) => {
      const [der = new Uint8Array()] = readPem(pem, "CERTIFICATE", "known");
      const known = readCertificate(der);
      certificates.set(known.sha256, known);
      blobs.set(known.sha256, der);
      return known.sha256;
    },
  };
}

async function make(name: string): Promise<TestAuthority> {
  const clock = { now: () => madeAt, sleep: async () => {} };
  const newKey = () => generateKey({ type: "ec", curve: "P-256" });
  const authority = await createAuthority({ subject: `CN=Root ${name}`, key: await newKey(), clock });
  const issue = async (client: string) => {
    const key = await newKey();
    const csr = await createCsr({ subject: `CN=${client} ${name}`, key });
    const certificate = await authority.issue(csr, { days: 3650 });
    return { certificate, key: key.export() };
  };
  const [client, revoked] = [await issue("client"), await issue("revoked")];
  const crl = await authority.createCrl({
    revoked: [{ serial: revoked.certificate.facts.serial, at: madeAt }],
    number: 1,
  });
  const { facts } = authority.certificate;
  return {
    authority,
    anchor: facts.sha256,
    issuer: (facts.ski ?? "").toUpperCase(),
    client,
    revoked,
    crl: { pem: crl.pem, digest: crl.sha256 },
  };
}

function from<T>(known: ReadonlyMap<Digest, T>): (digest: Digest) => T {
  return (digest) => {
    const found = known.get(digest);
    if (found !== undefined) return found;
    throw new HandfastError("BLOB_MISSING", `read blob failed: ${digest} was not given; give it`);
  };
}
