import { createSecureContext, type SecureContext } from "node:tls";
import { HandfastError } from "@handfast/core";
import { readCertificates } from "../certificate/read-certificates.ts";
import { readKey } from "../key/read-key.ts";
import type { ProbeIdentity } from "./make-stranger.ts";

/** What the client side of a probe is made of. */
export interface IdentityContextOptions {
  readonly identity?: ProbeIdentity | undefined;
  readonly ca?: string | undefined;
  readonly minVersion?: "TLSv1.2" | "TLSv1.3" | undefined;
  readonly maxVersion?: "TLSv1.2" | "TLSv1.3" | undefined;
}

/**
 * A TLS context of its own for one probe, so that nothing is resumed.
 *
 * @throws HandfastError for an identity that can't be shown: refused here, before it looks like the server's doing
 */
export function identityContext(options: IdentityContextOptions): SecureContext {
  const { identity, ca, minVersion = "TLSv1.2", maxVersion = "TLSv1.3" } = options;
  const versions = { minVersion, maxVersion, ...(ca === undefined ? {} : { ca }) };
  if (identity === undefined) return createSecureContext(versions);
  const [leaf] = readCertificates(identity.chain);
  const key = readKey(identity.key);
  if (leaf !== undefined && leaf.facts.spki !== key.spki)
    throw new HandfastError(
      "KEY_MISMATCH",
      `probe failed [subject=${leaf.facts.subject}]: the key does not belong to the first certificate of the chain; ` +
        "give the leaf first, and the key that its request was made with",
      { facts: { certificateSpki: leaf.facts.spki, keySpki: key.spki } },
    );
  try {
    return createSecureContext({ ...versions, cert: identity.chain, key: key.export() });
  } catch (cause) {
    throw new HandfastError(
      "CERTIFICATE_UNSUITABLE",
      `probe failed [subject=${leaf?.facts.subject ?? ""}]: OpenSSL refuses the certificate or its chain; ` +
        "see what checkIdentity finds",
      {},
      { cause },
    );
  }
}
