/** Names of files in the bucket: by what is in them, so that they can be told from a state alone. */
import { type Digest, sha256 } from "@handfast/core";
import { sortDigests } from "../digest-sets.ts";
import { joinKey } from "../s3/keys.ts";
import type { StoreContent } from "./state.ts";

/** Key of the bundle of these anchors in the bucket. */
export function bundleKey(anchors: readonly Digest[], prefix: string): string {
  return joinKey(prefix, `trust/${sha256(sortDigests(anchors).join("\n"))}.pem`);
}

/** Key of a CRL in the bucket. */
export function crlKey(crl: Digest, prefix: string): string {
  return joinKey(prefix, `crl/${crl}.pem`);
}

/** Keys of all that a store is made of. */
export function filesOf({ anchors, crls }: StoreContent, prefix: string): string[] {
  const bundle = "known" in anchors ? [bundleKey(anchors.known, prefix)] : [];
  return [...bundle, ...("known" in crls ? crls.known.map((crl) => crlKey(crl, prefix)) : [])];
}
