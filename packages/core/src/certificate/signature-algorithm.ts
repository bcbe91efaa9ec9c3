import type { CertificateParts } from "./dissect-certificate.ts";
import { children, eachChild, readDer, readOid } from "./read-der.ts";

/** By what a certificate is signed. */
export interface SignatureAlgorithm {
  /** The name that RFC 3279, 4055, 5758, 8410 or 9881 gives it, e.g. `sha256WithRSAEncryption`; the OID when it has none here. */
  readonly name: string;
  /** `sha256`, `sha1` …; `none` where the scheme has its own; undefined when the OID is not known. */
  readonly hash: string | undefined;
}

const algorithms: ReadonlyMap<string, SignatureAlgorithm> = new Map(
  [
    ["1.2.840.113549.1.1.2", "md2WithRSAEncryption", "md2"],
    ["1.2.840.113549.1.1.4", "md5WithRSAEncryption", "md5"],
    ["1.2.840.113549.1.1.5", "sha1WithRSAEncryption", "sha1"],
    ["1.2.840.113549.1.1.14", "sha224WithRSAEncryption", "sha224"],
    ["1.2.840.113549.1.1.11", "sha256WithRSAEncryption", "sha256"],
    ["1.2.840.113549.1.1.12", "sha384WithRSAEncryption", "sha384"],
    ["1.2.840.113549.1.1.13", "sha512WithRSAEncryption", "sha512"],
    ["1.2.840.10045.4.1", "ecdsa-with-SHA1", "sha1"],
    ["1.2.840.10045.4.3.1", "ecdsa-with-SHA224", "sha224"],
    ["1.2.840.10045.4.3.2", "ecdsa-with-SHA256", "sha256"],
    ["1.2.840.10045.4.3.3", "ecdsa-with-SHA384", "sha384"],
    ["1.2.840.10045.4.3.4", "ecdsa-with-SHA512", "sha512"],
    ["1.3.101.112", "ed25519", "none"],
    ["1.3.101.113", "ed448", "none"],
    ["2.16.840.1.101.3.4.3.17", "ml-dsa-44", "none"],
    ["2.16.840.1.101.3.4.3.18", "ml-dsa-65", "none"],
    ["2.16.840.1.101.3.4.3.19", "ml-dsa-87", "none"],
  ].map(([oid = "", name = "", hash]) => [oid, { name, hash }]),
);

/** Hash functions by themselves, as RSASSA-PSS names them in its parameters. */
const hashes: ReadonlyMap<string, string> = new Map([
  ["1.3.14.3.2.26", "sha1"],
  ["2.16.840.1.101.3.4.2.1", "sha256"],
  ["2.16.840.1.101.3.4.2.2", "sha384"],
  ["2.16.840.1.101.3.4.2.3", "sha512"],
]);

/** The algorithm that a certificate is signed with. */
export function signatureAlgorithm({ oid, parameters }: CertificateParts["signature"]): SignatureAlgorithm {
  if (oid === "1.2.840.113549.1.1.10") return { name: "rsassaPss", hash: pssHash(parameters) };
  return algorithms.get(oid) ?? { name: oid, hash: undefined };
}

/** RSASSA-PSS-params: the hash is [0] and SHA-1 when left out (RFC 4055, 3.1). */
function pssHash(parameters: Uint8Array | undefined): string | undefined {
  if (parameters === undefined) return undefined;
  const field = children(readDer(parameters)).find(({ tag }) => tag === 0xa0);
  if (field === undefined) return "sha1";
  const [name] = [...eachChild(readDer(field.value))];
  return name === undefined ? undefined : hashes.get(readOid(name));
}
