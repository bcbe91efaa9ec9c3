import { readGeneralNames } from "./general-names.ts";
import { children, readDer } from "./read-der.ts";

/** By what a certificate or CRL tells the key that signed it from others of the same name (RFC 5280, 4.2.1.1). */
export interface AuthorityKeyId {
  /** Subject key identifier of the signer, lower-case hex. */
  readonly keyId?: string | undefined;
  /** Issuer of the signer's own certificate, in the form in which names are compared. */
  readonly issuer?: string | undefined;
  /** Serial number of the signer's certificate: lower-case hex without leading zero bytes. */
  readonly serial?: string | undefined;
}

/**
 * Reads the value of an authority key identifier extension.
 *
 * @param der the DER inside the OCTET STRING
 * @throws RangeError when it is none
 */
export function readAuthorityKeyId(der: Uint8Array): AuthorityKeyId {
  const list = readDer(der);
  if (list.tag !== 0x30) throw new RangeError("an authority key identifier is a sequence");
  const parts = new Map(children(list).map((part) => [part.tag, part]));
  const names = parts.get(0xa1);
  const issuer = names && readGeneralNames(names).find(({ kind }) => kind === "directory");
  return {
    keyId: hex(parts.get(0x80)?.value),
    issuer: issuer?.kind === "directory" ? issuer.canonical : undefined,
    serial: hex(parts.get(0x82)?.value)?.replace(/^(?:00)+(?=..)/, ""),
  };
}

function hex(bytes: Uint8Array | undefined): string | undefined {
  return bytes === undefined ? undefined : Buffer.from(bytes).toString("hex");
}
