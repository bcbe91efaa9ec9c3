import { formatName } from "@handfast/core/certificates";
import { type ByteReader, byteReader } from "./byte-reader.ts";

/** What a server says when it asks for a client certificate. */
export interface CertificateRequest {
  /** Accepted CAs as text after RFC 4514; empty when the server names none. */
  readonly caNames: readonly string[];
  /** The same as DER, lower-case hex, in the same order. */
  readonly caNamesDer: readonly string[];
  /** IANA names, e.g. `rsa_pss_rsae_sha256`; a number in hex for one without. */
  readonly signatureAlgorithms: readonly string[];
}

/** SignatureScheme (RFC 8446, 4.2.3), and the pairs of TLS 1.2 that still occur (RFC 5246, 7.4.1.4.1). */
const schemes: ReadonlyMap<number, string> = new Map([
  [0x0201, "rsa_pkcs1_sha1"],
  [0x0202, "dsa_sha1"],
  [0x0203, "ecdsa_sha1"],
  [0x0301, "rsa_pkcs1_sha224"],
  [0x0302, "dsa_sha224"],
  [0x0303, "ecdsa_sha224"],
  [0x0401, "rsa_pkcs1_sha256"],
  [0x0402, "dsa_sha256"],
  [0x0403, "ecdsa_secp256r1_sha256"],
  [0x0501, "rsa_pkcs1_sha384"],
  [0x0502, "dsa_sha384"],
  [0x0503, "ecdsa_secp384r1_sha384"],
  [0x0601, "rsa_pkcs1_sha512"],
  [0x0602, "dsa_sha512"],
  [0x0603, "ecdsa_secp521r1_sha512"],
  [0x0804, "rsa_pss_rsae_sha256"],
  [0x0805, "rsa_pss_rsae_sha384"],
  [0x0806, "rsa_pss_rsae_sha512"],
  [0x0807, "ed25519"],
  [0x0808, "ed448"],
  [0x0809, "rsa_pss_pss_sha256"],
  [0x080a, "rsa_pss_pss_sha384"],
  [0x080b, "rsa_pss_pss_sha512"],
  [0x081a, "ecdsa_brainpoolP256r1tls13_sha256"],
  [0x081b, "ecdsa_brainpoolP384r1tls13_sha384"],
  [0x081c, "ecdsa_brainpoolP512r1tls13_sha512"],
  [0x0904, "mldsa44"],
  [0x0905, "mldsa65"],
  [0x0906, "mldsa87"],
]);

/**
 * Reads the body of handshake message 13, in the form of TLS 1.3 (RFC 8446, 4.3.2) or 1.2 (RFC 5246, 7.4.4).
 *
 * @throws RangeError when the body is not such a message
 */
export function readCertificateRequest(body: Uint8Array, version: "TLSv1.2" | "TLSv1.3"): CertificateRequest {
  const reader = byteReader(body);
  if (version === "TLSv1.2") {
    reader.vector(1);
    const signatureAlgorithms = readSchemes(reader.vector(2));
    return { signatureAlgorithms, ...readNames(reader.vector(2)) };
  }
  reader.vector(1);
  const extensions = reader.vector(2);
  let request: CertificateRequest = { caNames: [], caNamesDer: [], signatureAlgorithms: [] };
  while (extensions.left > 0) {
    const type = extensions.number(2);
    const value = extensions.vector(2);
    if (type === 13) request = { ...request, signatureAlgorithms: readSchemes(value.vector(2)) };
    if (type === 47) request = { ...request, ...readNames(value.vector(2)) };
  }
  return request;
}

function readSchemes(reader: ByteReader): readonly string[] {
  const names: string[] = [];
  while (reader.left > 0) {
    const scheme = reader.number(2);
    names.push(schemes.get(scheme) ?? `0x${scheme.toString(16).padStart(4, "0")}`);
  }
  return names;
}

function readNames(reader: ByteReader): Pick<CertificateRequest, "caNames" | "caNamesDer"> {
  const caNames: string[] = [];
  const caNamesDer: string[] = [];
  while (reader.left > 0) {
    const der = reader.vector(2).rest();
    const hex = Buffer.from(der).toString("hex");
    caNamesDer.push(hex);
    caNames.push(nameOrHex(der, hex));
  }
  return { caNames, caNamesDer };
}

/** A name that can't be read is still a name: other software put it there. */
function nameOrHex(der: Uint8Array, hex: string): string {
  try {
    return formatName(der);
  } catch {
    return `#${hex}`;
  }
}
