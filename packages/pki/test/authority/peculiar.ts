/** The same certificates by @peculiar/x509: another writer, and another reader, of everything that is made here. */
import "reflect-metadata";
import { webcrypto } from "node:crypto";
import * as x509 from "@peculiar/x509";

/** What goes into a leaf, in the words of neither. */
export interface ForeignLeaf {
  /** Hex. */
  readonly serial: string;
  /** Pairs of attribute type and value, the first RDN first. */
  readonly issuer: readonly (readonly [string, string])[];
  readonly subject: readonly (readonly [string, string])[];
  readonly notBefore: number;
  readonly notAfter: number;
  /** SPKI DER. */
  readonly publicKey: Uint8Array;
  readonly extensions: readonly x509.Extension[];
}

export type ForeignSigner = Awaited<ReturnType<typeof importSigner>>;

/** A private key for the library, from PKCS#8 PEM. */
export async function importSigner(
  pem: string,
  algorithm: webcrypto.EcKeyImportParams | webcrypto.RsaHashedImportParams,
) {
  x509.cryptoProvider.set(webcrypto as unknown as Parameters<typeof x509.cryptoProvider.set>[0]);
  const [der = new ArrayBuffer()] = x509.PemConverter.decode(pem);
  return { key: await webcrypto.subtle.importKey("pkcs8", der, algorithm, true, ["sign"]) };
}

const nameOf = (pairs: ForeignLeaf["subject"]): x509.Name =>
  new x509.Name(
    pairs.map(([type, value]) => ({
      [type]: [type === "C" ? { printableString: value } : { utf8String: value }],
    })),
  );

/** Makes a certificate with the library alone. */
export async function makeForeignLeaf(
  content: ForeignLeaf,
  signer: ForeignSigner,
  hash = "SHA-256",
): Promise<Uint8Array> {
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: content.serial,
    issuer: nameOf(content.issuer),
    subject: nameOf(content.subject),
    notBefore: new Date(content.notBefore),
    notAfter: new Date(content.notAfter),
    publicKey: content.publicKey as Uint8Array<ArrayBuffer>,
    signingKey: signer.key,
    signingAlgorithm: { name: signer.key.algorithm.name, hash },
    extensions: [...content.extensions],
  });
  return new Uint8Array(certificate.rawData);
}

export { x509 };
