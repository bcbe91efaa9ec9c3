import { HandfastError, isIssuedBy } from "@handfast/core";
import {
  type Certificate,
  type CertificateInput,
  type LocatedCertificate,
  readCertificates,
} from "../certificate/read-certificates.ts";
import { encryptKey } from "../key/encrypt-key.ts";
import type { KeyHandle } from "../key/key-handle.ts";

/** What goes into one PEM text, and how. */
export interface PemBundleOptions {
  /** The leaf first, then the certificates above it in any order; with a key, the leaf may stand anywhere. */
  readonly chain: CertificateInput;
  /**
   * Whether the root stands at the end. TLS leaves it out (RFC 8446, 4.4.2): whoever checks has it. A few tools want
   * the whole path in their file.
   *
   * @default "left-out"
   */
  readonly root?: "left-out" | "included" | undefined;
  /** Where the root is looked for when the chain does not have it. */
  readonly anchors?: CertificateInput | undefined;
  /** The leaf's key, for tools that want all in one file, such as HAProxy's `crt` and curl's `--cert`. @default none */
  readonly key?: KeyHandle | undefined;
  /** Encrypts the key as {@link encryptKey} does. Without it the text holds the key in the clear: keep it secret. */
  readonly passphrase?: string | undefined;
  /** Before the certificates, as Postfix's `smtpd_tls_chain_files` wants it, or after them. @default "last" */
  readonly keyPlace?: "first" | "last" | undefined;
}

/**
 * Makes one PEM text of a leaf and its path, each certificate once and right after the one that it issued, with the root
 * or without, with the key or without.
 *
 * @throws HandfastError `CERTIFICATE_UNREADABLE`; `CERTIFICATE_UNSUITABLE` for a certificate that is not on the leaf's
 *   path, and for a root that is not there; `KEY_MISMATCH` for a key of none of the certificates; `KEY_UNREADABLE` for a
 *   key that can't leave its store
 * @throws TypeError for an empty passphrase
 * @example
 * ```ts
 * import { type KeyHandle, type Leaf, makePemBundle } from "@handfast/pki";
 *
 * export function forHaproxy(leaf: Leaf, key: KeyHandle): Promise<string> {
 *   return makePemBundle({ chain: leaf.chain, key });
 * }
 * ```
 */
export async function makePemBundle(options: PemBundleOptions): Promise<string> {
  const { key, passphrase, keyPlace = "last" } = options;
  const certificates = orderPath(options).map(({ pem }) => pem);
  if (key === undefined) return certificates.join("");
  const keyPem = passphrase === undefined ? exportKey(key) : await encryptKey(key, { passphrase });
  return (keyPlace === "first" ? [keyPem, ...certificates] : [...certificates, keyPem]).join("");
}

function orderPath({ chain, root = "left-out", anchors, key }: PemBundleOptions): readonly Certificate[] {
  const given = [...new Map(readCertificates(chain).map((one) => [one.sha256, one])).values()];
  const leaf = key === undefined ? given[0] : given.find(({ facts }) => facts.spki === key.spki);
  if (leaf === undefined)
    throw new HandfastError(
      "KEY_MISMATCH",
      `make PEM bundle failed [subject=${given[0]?.facts.subject ?? ""}]: the key belongs to no certificate of the ` +
        "chain; give the key that the leaf's request was made with",
      { facts: { certificateSpki: given[0]?.facts.spki ?? "", keySpki: key?.spki ?? "" } },
    );
  const path: Certificate[] = [leaf];
  let rest = given.filter((one) => one !== leaf);
  // A list that grows while it is walked: who issued somebody on the path is on the path.
  for (const issued of path) {
    const issuers = rest.filter((one) => isIssuedBy(issued.facts, one.facts));
    rest = rest.filter((one) => !issuers.includes(one));
    path.push(...issuers);
  }
  const [stray] = rest;
  if (stray !== undefined) throw strayCertificate(stray, leaf);
  const below = path.filter((one, index) => index === 0 || !isRoot(one));
  if (root === "left-out") return below;
  const top =
    path.find(isRoot) ??
    (anchors === undefined ? [] : readCertificates(anchors)).find(
      (one) => isRoot(one) && below.some(({ facts }) => isIssuedBy(facts, one.facts)),
    );
  if (top === undefined) throw missingRoot(below.at(-1) ?? leaf);
  return top === leaf ? below : [...below, top];
}

const isRoot = ({ facts }: Certificate): boolean => facts.selfIssued && isIssuedBy(facts, facts);

function exportKey(key: KeyHandle): string {
  const pem = key.export?.();
  if (pem !== undefined) return pem.endsWith("\n") ? pem : `${pem}\n`;
  throw new HandfastError(
    "KEY_UNREADABLE",
    `make PEM bundle failed [spki=${key.spki}]: the key can't leave its store; leave it out, and configure the tool for the store`,
  );
}

function strayCertificate({ facts, line }: LocatedCertificate, leaf: Certificate): HandfastError {
  return new HandfastError(
    "CERTIFICATE_UNSUITABLE",
    `make PEM bundle failed [subject=${facts.subject}, line=${line ?? "none"}]: it is not on the path of ` +
      `${leaf.facts.subject}; take it out, or put the leaf first`,
    { line, facts: { sha256: facts.sha256 } },
  );
}

function missingRoot({ facts }: Certificate): HandfastError {
  return new HandfastError(
    "CERTIFICATE_UNSUITABLE",
    `make PEM bundle failed [issuer=${facts.issuer}]: the root that issued ${facts.subject} is neither in the chain nor ` +
      "among the anchors; pass it as anchors",
    { facts: { sha256: facts.sha256 } },
  );
}
