import type { Query } from "../query/query.ts";
import { copyObject, type Elbv2Call, type Elbv2Result, findStore, pageOf } from "./call.ts";
import { type StoredRevocation, type TrustStore, withEntry } from "./models.ts";
import { refuse } from "./refusals.ts";
import { readRevocationFile } from "./revocation-file.ts";

/** AddTrustStoreRevocations: all of them or none. */
export function addTrustStoreRevocations(call: Elbv2Call): Elbv2Result {
  const { query, settings } = call;
  const store = findStore(call, query.required("TrustStoreArn"), "write");
  const contents = query.structures("RevocationContents") ?? [];
  if (contents.length === 0) throw refuse("ValidationError", "'RevocationContents' must be specified");
  const added = contents.map((content, index): StoredRevocation => {
    const type = content.text("RevocationType") ?? "CRL";
    if (type !== "CRL")
      throw refuse("InvalidRevocationContent", `The revocation type '${type}' is not supported`);
    const at = {
      bucket: content.required("S3Bucket"),
      key: content.required("S3Key"),
      version: content.text("S3ObjectVersion"),
    };
    const { bytes } = copyObject(call, at, "RevocationContentNotFound");
    const file = readRevocationFile(bytes, { fileBytes: settings.quotas.revocationFileBytes });
    return { id: store.nextRevocationId + index, bytes, ...file };
  });
  const revocations = [...store.revocations, ...added];
  const entries = revocations.reduce((sum, revocation) => sum + revocation.entries, 0);
  if (revocations.length > settings.quotas.revocationLists || entries > settings.quotas.revokedEntries) {
    throw refuse(
      "TooManyTrustStoreRevocationEntries",
      `The trust store '${store.arn}' has too many revocation lists or revoked entries`,
    );
  }
  write(call, store, revocations, store.nextRevocationId + added.length);
  return { TrustStoreRevocations: added.map((revocation) => describe(store, revocation)) };
}

/** RemoveTrustStoreRevocations: all of them or none. */
export function removeTrustStoreRevocations(call: Elbv2Call): Elbv2Result {
  const store = findStore(call, call.query.required("TrustStoreArn"), "write");
  const ids = readIds(call.query);
  if (ids === undefined) throw refuse("ValidationError", "'RevocationIds' must be specified");
  const gone = ids.map((id) => find(store, id));
  const kept = store.revocations.filter((revocation) => !gone.includes(revocation));
  write(call, store, kept, store.nextRevocationId);
  return {};
}

/** DescribeTrustStoreRevocations. */
export function describeTrustStoreRevocations(call: Elbv2Call): Elbv2Result {
  const store = findStore(call, call.query.required("TrustStoreArn"), "read");
  const wanted = readIds(call.query)?.map((id) => find(store, id)) ?? store.revocations;
  const { page, next } = pageOf(call.query, wanted, ({ id }) => String(id));
  return { TrustStoreRevocations: page.map((revocation) => describe(store, revocation)), NextMarker: next };
}

/** GetTrustStoreRevocationContent. */
export function getTrustStoreRevocationContent(call: Elbv2Call): Elbv2Result {
  const store = findStore(call, call.query.required("TrustStoreArn"), "read");
  const { id, bytes } = find(store, readId(call.query.required("RevocationId")));
  return { Location: call.publish(bytes, `${store.name}/revocation-${id}.pem`) };
}

function write(
  call: Elbv2Call,
  store: TrustStore,
  revocations: readonly StoredRevocation[],
  nextRevocationId: number,
): void {
  const changed = { ...store, revocations, crls: revocations.map(({ pem }) => pem), nextRevocationId };
  call.models.write({ stores: withEntry(call.models.now().stores, store.arn, changed) });
}

function find(store: TrustStore, id: number): StoredRevocation {
  const revocation = store.revocations.find((candidate) => candidate.id === id);
  if (revocation === undefined) {
    throw refuse("RevocationIdNotFound", `The revocation ID '${id}' was not found in '${store.arn}'`);
  }
  return revocation;
}

function readIds(query: Query): readonly number[] | undefined {
  const ids = query.list("RevocationIds")?.map(readId);
  return ids === undefined || ids.length === 0 ? undefined : ids;
}

function readId(text: string): number {
  if (!/^-?\d{1,19}$/.test(text)) throw refuse("ValidationError", `'${text}' is not a revocation ID`);
  return Number(text);
}

function describe(store: TrustStore, revocation: StoredRevocation): Elbv2Result {
  return {
    TrustStoreArn: store.arn,
    RevocationId: revocation.id,
    RevocationType: "CRL",
    NumberOfRevokedEntries: revocation.entries,
  };
}
