/** Names of what the adapter makes: by what is in it, so that they can be told from a state alone. */
import { type Digest, digestOf, sha256 } from "@handfast/core";
import { parseArn } from "../arn.ts";
import { nameByContent, sortDigests } from "../digest-sets.ts";
import { listName } from "../revocation/names.ts";
import { joinKey } from "../s3/keys.ts";

/** The name of a trust store by content. A store serves so many distributions only, so there may be further ones. */
export function storeName(anchors: readonly Digest[], ocsp: boolean, turn = 1): string {
  const name = nameByContent({ anchors: sortDigests(anchors), ocsp });
  return turn === 1 ? name : `${name}-${turn}`;
}

/** Whether a store's name says that it holds this. */
export function isNamedBy(store: string, anchors: readonly Digest[], ocsp: boolean): boolean {
  return store.replace(/-\d+$/, "") === storeName(anchors, ocsp);
}

/** Whether a trust store has a name of handfast's. */
export function isStoreName(store: string): boolean {
  return /^hf-[0-9a-f]{28}(-[1-9]\d*)?$/.test(store);
}

/** The name of a trust store in plans and journals: its ARN with the name in place of the service's id. */
export function storeObject(store: string, distribution: string): string {
  const { partition, account } = parseArn(distribution);
  return `arn:${partition}:cloudfront::${account}:trust-store/${store}`;
}

/** Key of a store's bundle in the bucket. In a folder of its own: other adapters may use the same bucket. */
export function bundleKey(store: string, prefix: string): string {
  return joinKey(prefix, `cloudfront/trust/${store}.pem`);
}

/** Key of a CRL of a list in the bucket. */
export function crlKey(crl: Digest, list: string, prefix: string): string {
  return joinKey(prefix, `cloudfront/crl/${list}/${crl}.pem`);
}

/** The name that a list of a distribution gets when it is made for these CRLs. What is in it may change later. */
export function listNameFor(distribution: string, crls: readonly Digest[], turn = 1): string {
  return listName(`${distribution}-${digestOf({ crls: sortDigests(crls), turn }).slice(0, 8)}`);
}

/** What the parts about revocation call a list by: the distribution's ARN, and what tells its lists apart. */
export function listPlace(distribution: string, list: string): string {
  return `${distribution}${list.slice(listName(distribution).length)}`;
}

/** Whether a list belongs to a distribution. */
export function isListOf(distribution: string, list: string): boolean {
  return list.startsWith(`${listName(distribution)}-`);
}

/** The distribution's id: people know it by that. */
export function idOf(distribution: string): string {
  return parseArn(distribution).resource.replace("distribution/", "");
}

/** Which of so many stores of the same content a distribution is served by: always the same one. */
export function turnOf(distribution: string, stores: number): number {
  return (Number.parseInt(sha256(distribution).slice(0, 8), 16) % stores) + 1;
}
