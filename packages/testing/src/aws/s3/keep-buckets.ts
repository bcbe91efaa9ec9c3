import type { Bucket } from "./models.ts";

/** Remembers what is in some buckets. Calling the answer puts it back, as often as it is called. */
export function keepBuckets(buckets: readonly Bucket[]): () => void {
  const kept = buckets.map((bucket) => {
    const { versioning } = bucket;
    return { bucket, versioning, objects: [...bucket.objects], revisions: [...bucket.revisions] };
  });
  return () => {
    for (const { bucket, versioning, objects, revisions } of kept) {
      bucket.versioning = versioning;
      refill(bucket.objects, objects);
      refill(bucket.revisions, revisions);
    }
  };
}

function refill<K, V>(map: Map<K, V>, entries: readonly (readonly [K, V])[]): void {
  map.clear();
  for (const [key, value] of entries) map.set(key, value);
}
