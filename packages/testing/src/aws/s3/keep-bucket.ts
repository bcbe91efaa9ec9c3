import type { Bucket } from "./models.ts";

/** Remembers all of a bucket. Calling the answer puts it back into the same bucket, as often as it is called. */
export function keepBucket(bucket: Bucket): () => Bucket {
  const { objects, revisions, ...rest } = bucket;
  const kept = { objects: [...objects], revisions: [...revisions] };
  return () => {
    Object.assign(bucket, rest);
    refill(objects, kept.objects);
    refill(revisions, kept.revisions);
    return bucket;
  };
}

function refill<K, V>(map: Map<K, V>, entries: readonly (readonly [K, V])[]): void {
  map.clear();
  for (const [key, value] of entries) map.set(key, value);
}
