import { child, type DerNode, eachChild, isTime, readOid, readWholeDer } from "./read-der.ts";

const tags = { integer: 0x02, bitString: 0x03, octetString: 0x04, oid: 0x06, sequence: 0x30, first: 0xa0 };

/**
 * The PEM label that bytes without one would have, by their outer shape: `PRIVATE KEY`, `ENCRYPTED PRIVATE KEY`,
 * `RSA PRIVATE KEY`, `EC PRIVATE KEY`, `PUBLIC KEY`, `CERTIFICATE`, `CERTIFICATE REQUEST`, `X509 CRL`, `PKCS7` (RFC
 * 7468, section 4), and `PKCS12`, which has no PEM. What is inside is not looked at.
 *
 * @returns undefined for what is none of these, or no DER
 */
export function labelDer(der: Uint8Array): string | undefined {
  try {
    const outer = readWholeDer(der);
    return outer.tag === tags.sequence ? labelOf(firstChildren(outer, 9)) : undefined;
  } catch (cause) {
    if (cause instanceof RangeError) return undefined;
    throw cause;
  }
}

function labelOf(parts: readonly DerNode[]): string | undefined {
  const [a, b, c] = parts.map(({ tag }) => tag);
  if (a === tags.integer) return labelNumbered(parts);
  if (a === tags.oid) return readOid(child(parts, 0)).startsWith("1.2.840.113549.1.7.") ? "PKCS7" : undefined;
  if (a !== tags.sequence) return undefined;
  if (b === tags.octetString && parts.length === 2) return "ENCRYPTED PRIVATE KEY";
  if (b === tags.bitString && parts.length === 2) return "PUBLIC KEY";
  return b === tags.sequence && c === tags.bitString && parts.length === 3
    ? labelSigned(firstChildren(child(parts, 0), 4))
    : undefined;
}

/** Structures that begin with their version. */
function labelNumbered(parts: readonly DerNode[]): string | undefined {
  const version = Buffer.from(child(parts, 0).value).toString("hex");
  const [, b, c] = parts.map(({ tag }) => tag);
  if (version === "03" && b === tags.sequence) return "PKCS12";
  if (version !== "00" && version !== "01") return undefined;
  if (b === tags.sequence && c === tags.octetString) return "PRIVATE KEY";
  if (b === tags.octetString && version === "01") return "EC PRIVATE KEY";
  return b === tags.integer && parts.length >= 9 ? "RSA PRIVATE KEY" : undefined;
}

/** What is signed: a certificate, a request, a list. */
function labelSigned(parts: readonly DerNode[]): string | undefined {
  const [a, b] = parts.map(({ tag }) => tag);
  // The version of a certificate is tagged, and left out of version 1, as that of a list of version 1 is.
  if (a === tags.first) return "CERTIFICATE";
  if (parts.slice(2, 4).some(isTime)) return "X509 CRL";
  if (a !== tags.integer || b !== tags.sequence) return undefined;
  return parts[3]?.tag === tags.first ? "CERTIFICATE REQUEST" : "CERTIFICATE";
}

/** The first elements inside a constructed one: a hostile one may hold millions, which nobody needs. */
export function firstChildren(node: DerNode, most: number): DerNode[] {
  const found: DerNode[] = [];
  for (const one of eachChild(node)) if (found.push(one) === most) break;
  return found;
}
