import type { Caller } from "../access.ts";
import type { S3Models } from "./models.ts";
import type { Rights } from "./rights.ts";

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

/** Reads with the caller's own rights to the object. */
export function objectReader(objects: S3Models, rights: Rights): ReadObject {
  return (caller, { region, bucket: name, key, version }) => {
    const bucket = objects.bucket(name);
    if (bucket === undefined || bucket.region !== region) return "missing";
    const action = version === undefined ? "s3:GetObject" : "s3:GetObjectVersion";
    const denied = rights({ kind: "caller", caller }, bucket, { action, key, kind: "read" });
    if (denied !== undefined) return "denied";
    const found =
      version === undefined
        ? objects.current(bucket, key)
        : bucket.objects.get(key)?.find((candidate) => candidate.versionId === version);
    return found === undefined || found.deleteMarker ? "missing" : { bytes: found.bytes };
  };
}
