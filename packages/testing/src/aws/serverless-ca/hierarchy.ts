import {
  type CertificateAuthority,
  caExtensions,
  certificateAuthority,
  certify,
  issuerKey,
  type KeySpec,
  ownKey,
  toPem,
} from "../../issuing/certificate-authority.ts";
import { bits, element, extension, identifier, integer, sequence, time } from "../../issuing/write-der.ts";
import { encodeSubject } from "./subject.ts";

/** Root and issuing CA. */
export interface Hierarchy {
  readonly root: CertificateAuthority;
  readonly issuing: CertificateAuthority;
  /** PEM. */
  readonly rootCertificate: string;
  readonly issuingCertificate: string;
}

const day = 86_400_000;

/** What the module's variables `root_ca_info` and `issuing_ca_info` say when nobody sets them. */
const place = {
  country: "GB",
  state: "London",
  locality: "London",
  organization: "Serverless",
  organizationalUnit: "IT",
};

/** Makes both CAs: a root of 7300 days, and an issuing CA of 3650 below it. */
export function makeHierarchy(
  now: number,
  specs: { readonly root: KeySpec; readonly issuing: KeySpec },
): Hierarchy {
  const root = certificateAuthority(
    encodeSubject({ commonName: "Serverless Root CA", ...place }),
    specs.root,
  );
  const issuing = certificateAuthority(
    encodeSubject({ commonName: "Serverless Issuing CA", ...place }),
    specs.issuing,
  );
  const write = (subject: CertificateAuthority, days: number): string => {
    const der = certify(root, {
      subject: subject.name,
      publicKey: subject.publicKey,
      notBefore: now,
      notAfter: now + days * day,
      extensions: [...caExtensions(), ownKey(subject.publicKey), issuerKey(root.publicKey)],
    });
    return toPem(der, "CERTIFICATE");
  };
  return {
    root,
    issuing,
    rootCertificate: write(root, 7_300),
    issuingCertificate: write(issuing, 3_650),
  };
}

/** What a client may be certified for, by the words that the request has for it. */
const purposes: Readonly<Record<string, string>> = {
  server_auth: "1.3.6.1.5.5.7.3.1",
  client_auth: "1.3.6.1.5.5.7.3.2",
};

/** The extended key usages that a request asks for: words that the CA does not know count for nothing. */
export function usagesFrom(asked: unknown): readonly string[] {
  const known = Array.isArray(asked) ? asked.flatMap((one) => purposes[String(one)] ?? []) : [];
  return known.length === 0 ? ["1.3.6.1.5.5.7.3.2"] : known;
}

/** Extensions of a leaf. There are no basic constraints among them, and nothing that the signing request asks for. */
export function leafExtensions(
  leafKey: Uint8Array,
  issuing: CertificateAuthority,
  usages: readonly string[],
): readonly Buffer[] {
  const policy = sequence(sequence(identifier("2.23.140.1.2.1")));
  return [
    extension("2.5.29.15", bits(Buffer.of(0xa0), 5), true),
    extension("2.5.29.37", sequence(...usages.map(identifier))),
    extension("2.5.29.32", policy),
    ownKey(leafKey),
    issuerKey(issuing.publicKey),
  ];
}

/** A CRL of an authority, without reasons, as DER. */
export function makeRevocationList(
  authority: CertificateAuthority,
  list: {
    readonly number: number;
    readonly thisUpdate: number;
    readonly nextUpdate: number;
    readonly revoked: readonly { readonly serial: string; readonly at: number }[];
  },
): Buffer {
  const entries = list.revoked.map(({ serial, at }) => sequence(integer(BigInt(serial)), time(at)));
  return authority.sign((algorithm) =>
    sequence(
      integer(1n),
      algorithm,
      authority.name,
      time(list.thisUpdate),
      time(list.nextUpdate),
      ...(entries.length === 0 ? [] : [sequence(...entries)]),
      element(
        0xa0,
        sequence(issuerKey(authority.publicKey), extension("2.5.29.20", integer(BigInt(list.number)))),
      ),
    ),
  );
}
