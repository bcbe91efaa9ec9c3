import { child, children, type DerNode, eachChild, readDer } from "./read-der.ts";

/** Where a CRL is, or which part of the certificates it speaks of (RFC 5280, 4.2.1.13 and 5.2.5). */
export interface DistributionPoint {
  /** DER of each full name, lower-case hex; undefined when there is none, or it is relative to the issuer's. */
  readonly names?: readonly string[] | undefined;
  /** Whether its name is relative to the issuer's. */
  readonly relative: boolean;
  /** Whether it speaks of some reasons only. */
  readonly someReasons: boolean;
  /** Whether somebody other than the certificate's issuer signs the list. */
  readonly otherIssuer: boolean;
}

/** Of which certificates a CRL speaks, as far as that can be held against theirs (RFC 5280, 5.2.5). */
export interface CrlScope extends Omit<DistributionPoint, "otherIssuer"> {
  readonly onlyUserCertificates: boolean;
  readonly onlyCaCertificates: boolean;
  readonly onlyAttributeCertificates: boolean;
  /** Whether it lists certificates of other issuers too. */
  readonly indirect: boolean;
}

/**
 * Reads the value of a CRL distribution points extension of a certificate.
 *
 * @param der the DER inside the OCTET STRING
 * @throws RangeError when it is none
 */
export function readDistributionPoints(der: Uint8Array): readonly DistributionPoint[] {
  const list = readDer(der);
  if (list.tag !== 0x30) throw new RangeError("distribution points are a sequence");
  return [...eachChild(list)].map((point) => {
    const parts = new Map(children(point).map((part) => [part.tag, part]));
    if (!parts.has(0xa0) && !parts.has(0xa2)) throw new RangeError("a distribution point says nothing");
    return {
      ...readPointName(parts.get(0xa0)),
      someReasons: parts.has(0x81),
      otherIssuer: parts.has(0xa2),
    };
  });
}

/**
 * Reads the value of an issuing distribution point extension of a CRL.
 *
 * @param der the DER inside the OCTET STRING
 * @throws RangeError when it is none
 */
export function readCrlScope(der: Uint8Array): CrlScope {
  const list = readDer(der);
  if (list.tag !== 0x30) throw new RangeError("an issuing distribution point is a sequence");
  const parts = new Map(children(list).map((part) => [part.tag, part]));
  const isSet = (tag: number): boolean => (parts.get(tag)?.value[0] ?? 0) !== 0;
  return {
    ...readPointName(parts.get(0xa0)),
    someReasons: parts.has(0x83),
    onlyUserCertificates: isSet(0x81),
    onlyCaCertificates: isSet(0x82),
    indirect: isSet(0x84),
    onlyAttributeCertificates: isSet(0x85),
  };
}

function readPointName(node: DerNode | undefined): Pick<DistributionPoint, "names" | "relative"> {
  if (node === undefined) return { relative: false };
  const choice = child(children(node), 0);
  if (choice.tag === 0xa1) return { relative: true };
  if (choice.tag !== 0xa0) throw new RangeError("the name of a distribution point is of no known kind");
  return {
    names: [...eachChild(choice)].map(({ whole }) => Buffer.from(whole).toString("hex")),
    relative: false,
  };
}
