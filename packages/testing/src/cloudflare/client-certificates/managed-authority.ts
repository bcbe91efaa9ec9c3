import { X509Certificate } from "node:crypto";
import {
  type CertificateAuthority,
  caExtensions,
  certificateAuthority,
  certify,
  issuerKey,
  ownKey,
  toPem,
} from "../../issuing/certificate-authority.ts";
import { bits, element, extension, identifier, sequence } from "../../issuing/write-der.ts";
import { accountId } from "../tokens/models.ts";

const day = 86_400_000;
/** Certificates begin so much before they are made, for clocks that are slow. */
const skew = 3_600_000;

/** What the managed CA of the account has issued. */
export interface IssuedLeaf {
  /** PEM. */
  readonly certificate: string;
  readonly x509: X509Certificate;
  readonly issuedAt: number;
  readonly expiresAt: number;
}

/** The CA that the provider runs for the account, for client certificates of all its zones. */
export interface ManagedAuthority {
  readonly id: string;
  readonly name: string;
  /** PEM; undefined until it has issued something. */
  certificate(): string | undefined;
  issue(
    request: { readonly subject: Uint8Array; readonly publicKey: Uint8Array },
    validityDays: number,
    now: number,
  ): IssuedLeaf;
}

/** A managed CA, which is made when the first certificate is asked for. */
export function managedAuthority(id: string): ManagedAuthority {
  let made: { readonly authority: CertificateAuthority; readonly certificate: string } | undefined;
  return {
    id,
    name: "Cloudflare Managed CA for account",
    certificate: () => made?.certificate,
    issue: ({ subject, publicKey }, validityDays, now) => {
      made ??= makeAuthority(now);
      const { authority } = made;
      const issuedAt = wholeSeconds(now);
      const expiresAt = issuedAt + validityDays * day;
      const der = certify(authority, {
        subject: Buffer.from(subject),
        publicKey,
        notBefore: issuedAt - skew,
        notAfter: expiresAt,
        extensions: [
          extension("2.5.29.19", sequence(), true),
          // digitalSignature and keyEncipherment.
          extension("2.5.29.15", bits(Buffer.of(0xa0), 5), true),
          extension("2.5.29.37", sequence(identifier("1.3.6.1.5.5.7.3.2"))),
          ownKey(publicKey),
          issuerKey(authority.publicKey),
        ],
      });
      return { certificate: toPem(der, "CERTIFICATE"), x509: new X509Certificate(der), issuedAt, expiresAt };
    },
  };
}

function makeAuthority(now: number): { authority: CertificateAuthority; certificate: string } {
  const authority = certificateAuthority(encodeName(`Managed CA ${accountId}`), "ECC_NIST_P256");
  const der = certify(authority, {
    subject: authority.name,
    publicKey: authority.publicKey,
    notBefore: wholeSeconds(now) - skew,
    notAfter: wholeSeconds(now) + 20 * 365 * day,
    extensions: [...caExtensions(), ownKey(authority.publicKey)],
  });
  return { authority, certificate: toPem(der, "CERTIFICATE") };
}

function encodeName(commonName: string): Buffer {
  const attributes = [
    ["2.5.4.6", 0x13, "US"],
    ["2.5.4.10", 0x0c, "Cloudflare, Inc."],
    ["2.5.4.3", 0x0c, commonName],
  ] as const;
  return sequence(
    ...attributes.map(([oid, tag, value]) =>
      element(0x31, sequence(identifier(oid), element(tag, Buffer.from(value)))),
    ),
  );
}

function wholeSeconds(ms: number): number {
  return Math.floor(ms / 1000) * 1000;
}
