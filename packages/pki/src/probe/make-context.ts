import { createPrivateKey, X509Certificate } from "node:crypto";
import { createSecureContext, type SecureContext } from "node:tls";
import { HandfastError } from "@handfast/core";
import { readCertificates } from "../certificate/read-certificates.ts";
import { readKey } from "../key/read-key.ts";
import type { ProbeIdentity } from "./make-stranger.ts";

/** What the client side of a probe is made of. */
export interface ContextOptions {
  readonly identity?: ProbeIdentity | undefined;
  readonly ca?: string | undefined;
  readonly minVersion?: "TLSv1.2" | "TLSv1.3" | undefined;
  readonly maxVersion?: "TLSv1.2" | "TLSv1.3" | undefined;
}

/**
 * A TLS context for one connection: each has its own, so that nothing is resumed.
 *
 * @throws HandfastError for an identity that can't be shown: refused here, before it looks like the server's doing
 */
export function makeContext(options: ContextOptions): SecureContext {
  const { identity, ca, minVersion = "TLSv1.2", maxVersion = "TLSv1.3" } = options;
  const versions = { minVersion, maxVersion, ...(ca === undefined ? {} : { ca }) };
  if (identity === undefined) return createSecureContext(versions);
  // Of empty text OpenSSL makes a client that shows nothing.
  if (identity.chain.trim() === "" || identity.key.trim() === "") throw findDefect(identity, undefined);
  try {
    return createSecureContext({ ...versions, cert: identity.chain, key: identity.key });
  } catch (cause) {
    throw findDefect(identity, cause);
  }
}

/**
 * OpenSSL takes text without a certificate for no CA at all, and then trusts nobody.
 *
 * @throws HandfastError `CERTIFICATE_UNREADABLE`
 */
export function checkAnchors(ca: string | undefined): void {
  if (ca === undefined) return;
  try {
    new X509Certificate(ca);
  } catch (cause) {
    throw new HandfastError(
      "CERTIFICATE_UNREADABLE",
      "probe failed: `ca` holds no certificate that can be read; give the PEM of the CAs that vouch for the server",
      {},
      { cause },
    );
  }
}

/**
 * Looks once more at an identity that was not shown though it was asked for: OpenSSL takes a key of another kind than
 * the certificate's without a word, and never uses it.
 *
 * @throws HandfastError `KEY_MISMATCH`
 */
export function checkUnshown({ chain, key }: ProbeIdentity): void {
  if (!new X509Certificate(chain).checkPrivateKey(createPrivateKey(key)))
    throw findDefect({ chain, key }, undefined);
}

/** Why an identity can't be shown. Only asked once it is known that it can't: reading it in full takes its time. */
function findDefect(identity: ProbeIdentity, cause: unknown): HandfastError {
  const [leaf] = readCertificates(identity.chain);
  const key = readKey(identity.key);
  if (leaf !== undefined && leaf.facts.spki !== key.spki)
    return new HandfastError(
      "KEY_MISMATCH",
      `probe failed [subject=${leaf.facts.subject}]: the key does not belong to the first certificate of the chain; ` +
        "give the leaf first, and the key that its request was made with",
      { facts: { certificateSpki: leaf.facts.spki, keySpki: key.spki } },
    );
  return new HandfastError(
    "CERTIFICATE_UNSUITABLE",
    `probe failed [subject=${leaf?.facts.subject ?? ""}]: OpenSSL refuses the certificate or its chain; ` +
      "see what checkIdentity finds",
    {},
    { cause },
  );
}
