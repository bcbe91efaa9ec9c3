import { createPrivateKey, type KeyObject, type X509Certificate } from "node:crypto";
import { type CertificateFacts, readCertificate } from "../../data-plane/certificate-facts.ts";
import { readDetails } from "./certificate-details.ts";
import type { CertificateContent } from "./models.ts";
import { refuse } from "./refusals.ts";

/** What ImportCertificate is sent, as bytes. */
export interface SentCertificate {
  readonly certificate: Buffer;
  readonly key: Buffer;
  readonly chain: Buffer | undefined;
}

const base64Lines = String.raw`\r?\n(?:[A-Za-z0-9+/=]{1,76}\r?\n)+`;
const certificateBlock = new RegExp(
  `-----BEGIN CERTIFICATE-----${base64Lines}-----END CERTIFICATE-----(?:\\r?\\n)?`,
  "g",
);
const keyBlock = new RegExp(
  `^-----BEGIN ((?:RSA |EC )?PRIVATE KEY)-----${base64Lines}-----END \\1-----(?:\\r?\\n)?$`,
);

/**
 * Reads an import as strictly as ACM's "Prerequisites for importing ACM certificates" and "Certificate import problems"
 * have it: PEM with nothing around it, a plain key that fits, a chain in which each certificate certifies the one
 * before, all of it valid now.
 *
 * @throws AwsRefused ValidationException
 */
export function readImport(sent: SentCertificate, now: number): CertificateContent {
  const leaf = readLeaf(sent.certificate);
  const chain = sent.chain === undefined ? [] : readChain(sent.chain);
  const key = readKey(sent.key);
  if (!leaf.x509.checkPrivateKey(key)) {
    throw invalid("The private key does not match the public key of the certificate.");
  }
  checkLeaf(leaf);
  checkChain(leaf, chain);
  for (const { notBefore, notAfter } of [leaf, ...chain]) {
    if (now < notBefore) throw invalid("The certificate is not valid yet.");
    if (now > notAfter) throw invalid("The certificate has expired.");
  }
  const certificate = sent.certificate.toString("utf8");
  return {
    certificate,
    chain: sent.chain?.toString("utf8") ?? "",
    key: sent.key.toString("utf8"),
    details: readDetails(certificate),
  };
}

function readLeaf(bytes: Buffer): CertificateFacts {
  const [leaf, ...more] = readBlocks(bytes, "certificate");
  if (leaf === undefined) throw invalid("The certificate could not be parsed. It must be in PEM format.");
  if (more.length > 0) {
    throw invalid(
      "The certificate field contains more than one certificate. You can specify only one certificate in this field.",
    );
  }
  return leaf;
}

function readChain(bytes: Buffer): CertificateFacts[] {
  const chain = readBlocks(bytes, "certificate chain");
  if (chain.length === 0) {
    throw invalid("The certificate chain could not be parsed. It must be in PEM format.");
  }
  return chain;
}

function readBlocks(bytes: Buffer, field: string): CertificateFacts[] {
  const text = bytes.toString("utf8");
  const unreadable = invalid(`The ${field} could not be parsed. It must be in PEM format.`);
  if (text.replaceAll(certificateBlock, "") !== "") throw unreadable;
  try {
    return (text.match(certificateBlock) ?? []).map((block) => readCertificate(block));
  } catch {
    throw unreadable;
  }
}

function readKey(bytes: Buffer): KeyObject {
  const text = bytes.toString("utf8");
  if (/ENCRYPTED/.test(text)) throw invalid("The private key is encrypted. It must be in plain text.");
  try {
    if (keyBlock.test(text)) return createPrivateKey(text);
  } catch {
    // Refused below, like everything that is no key.
  }
  throw invalid("The private key could not be parsed. It must be in PEM format.");
}

function checkLeaf({ x509, version, issuer }: CertificateFacts): void {
  if (version !== 3) throw invalid("The certificate is not X.509 version 3.");
  if (issuer === "") throw invalid("The certificate has no issuer.");
  if (readDetails(x509.toString()).keyAlgorithm === undefined) {
    throw invalid("The key algorithm of the certificate is not supported.");
  }
  const [ocsp = ""] = /(?<=OCSP - URI:)\S+/.exec(x509.infoAccess ?? "") ?? [];
  if (ocsp.length > 1000) throw invalid("The OCSP URL in the certificate is longer than 1000 characters.");
}

function checkChain(leaf: CertificateFacts, chain: readonly CertificateFacts[]): void {
  if (chain.length === 0) {
    if (leaf.subject === leaf.issuer && leaf.x509.verify(leaf.x509.publicKey)) return;
    throw invalid(
      "Provided certificate is not a valid self signed. Please provide either a valid self-signed certificate or certificate chain.",
    );
  }
  const broken = invalid("Could not validate the certificate with the certificate chain.");
  if (chain.some(({ x509 }) => x509.raw.equals(leaf.x509.raw))) throw broken;
  for (const [index, issuer] of chain.entries()) {
    const subject = index === 0 ? leaf : chain[index - 1];
    if (subject === undefined || !issuer.isCa || !certifies(issuer.x509, subject.x509)) throw broken;
  }
  const family = chain[0]?.x509.publicKey.asymmetricKeyType;
  if (family !== leaf.x509.publicKey.asymmetricKeyType) {
    throw invalid("The key algorithm of the certificate must match the algorithm of the signing CA.");
  }
}

function certifies(issuer: X509Certificate, subject: X509Certificate): boolean {
  return subject.checkIssued(issuer) && subject.verify(issuer.publicKey);
}

function invalid(message: string): Error {
  return refuse("ValidationException", message);
}
