import { children, eachChild, readDer, readOid } from "../der/read-der.ts";
import type { CertificateParts } from "./dissect-certificate.ts";

/** Signature algorithms (RFC 3279, 4055, 5758, 8410) and the hash that each stands for. */
const hashes: ReadonlyMap<string, string> = new Map([
  ["1.2.840.113549.1.1.4", "md5"],
  ["1.2.840.113549.1.1.5", "sha1"],
  ["1.2.840.113549.1.1.14", "sha224"],
  ["1.2.840.113549.1.1.11", "sha256"],
  ["1.2.840.113549.1.1.12", "sha384"],
  ["1.2.840.113549.1.1.13", "sha512"],
  ["1.2.840.10045.4.1", "sha1"],
  ["1.2.840.10045.4.3.1", "sha224"],
  ["1.2.840.10045.4.3.2", "sha256"],
  ["1.2.840.10045.4.3.3", "sha384"],
  ["1.2.840.10045.4.3.4", "sha512"],
  ["1.3.101.112", "none"],
  ["1.3.101.113", "none"],
]);

/** Hash functions by themselves, as RSASSA-PSS names them in its parameters. */
const plainHashes: ReadonlyMap<string, string> = new Map([
  ["1.3.14.3.2.26", "sha1"],
  ["2.16.840.1.101.3.4.2.1", "sha256"],
  ["2.16.840.1.101.3.4.2.2", "sha384"],
  ["2.16.840.1.101.3.4.2.3", "sha512"],
]);

/** The hash that a certificate is signed with; undefined when the algorithm is not known. */
export function signatureHash({ oid, parameters }: CertificateParts["signature"]): string | undefined {
  if (oid !== "1.2.840.113549.1.1.10") return hashes.get(oid);
  if (parameters === undefined) return undefined;
  // RSASSA-PSS-params: the hash is [0] and SHA-1 when left out (RFC 4055, 3.1).
  const field = children(readDer(parameters)).find(({ tag }) => tag === 0xa0);
  if (field === undefined) return "sha1";
  const [name] = [...eachChild(readDer(field.value))];
  return name === undefined ? undefined : plainHashes.get(readOid(name));
}
