import { createHash } from "node:crypto";
import { publicKeyBits } from "@handfast/core/certificates";

/**
 * The key identifier of a public key: SHA-1 of its bits (RFC 5280, 4.2.1.2, method 1), hex. It names a key and
 * protects nothing, and it is what OpenSSL writes.
 */
export function keyId(spki: Uint8Array): string {
  return createHash("sha1").update(publicKeyBits(spki)).digest("hex");
}
