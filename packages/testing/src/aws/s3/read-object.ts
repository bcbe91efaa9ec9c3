import type { Caller } from "../access.ts";
import type { Authorise } from "../iam/authorise.ts";
import type { S3Models } from "./models.ts";

/** A place in S3, as a request to another service names it. */
export interface ObjectPlace {
  readonly region: string;
  readonly bucket: string;
  readonly key: string;
  readonly version: string | undefined;
}

/** How another service reads an object on behalf of whoever called it; `missing` also when the region is wrong. */
export type ReadObject = (
  caller: Caller,
  place: ObjectPlace,
) => { readonly bytes: Uint8Array<ArrayBuffer> } | "missing" | "denied";

/** Reads with the caller's right to the object, in buckets that the account owns or may read. */
export function objectReader(
  objects: S3Models,
  { accountId, authorise }: { readonly accountId: string; readonly authorise: Authorise },
): ReadObject {
  return (caller, { region, bucket: name, key, version }) => {
    const bucket = objects.bucket(name);
    if (bucket === undefined || bucket.region !== region) return "missing";
    if (bucket.owner !== accountId && !bucket.readers.has(accountId)) return "denied";
    const action = version === undefined ? "s3:GetObject" : "s3:GetObjectVersion";
    const resource = `arn:aws:s3:::${name}/${key}`;
    if (authorise(caller, { action, resource }, region) !== undefined) return "denied";
    const found =
      version === undefined
        ? objects.current(bucket, key)
        : bucket.objects.get(key)?.find((candidate) => candidate.versionId === version);
    return found === undefined || found.deleteMarker ? "missing" : { bytes: found.bytes };
  };
}
