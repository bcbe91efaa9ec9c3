import { createHash } from "node:crypto";
import type { Clock } from "@handfast/core";
import type { ResourcePolicy } from "../iam/resource-policy.ts";
import type { Checksum } from "./checksums.ts";
import { allBlocked, type PublicAccessBlock } from "./public-access.ts";

/** A bucket's versioning; `never` until it was first enabled. */
export type Versioning = "never" | "Enabled" | "Suspended";

/** One version of an object, or a delete marker. */
export interface ObjectVersion {
  readonly key: string;
  /** `null`, as text, for what was written while versioning was not enabled. */
  readonly versionId: string;
  readonly lastModified: number;
  readonly deleteMarker: boolean;
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** With its double quotes, as on the wire. */
  readonly etag: string;
  readonly contentType: string;
  /** Headers that come back as they were stored: metadata, cache control, encryption. */
  readonly headers: Readonly<Record<string, string>>;
  readonly tags: Readonly<Record<string, string>>;
  readonly checksum: Checksum;
}

/** What a write stores. */
export type ObjectContent = Pick<ObjectVersion, "bytes" | "contentType" | "headers" | "tags" | "checksum">;

/** A bucket. */
export interface Bucket {
  readonly name: string;
  readonly region: string;
  /** The account that owns it. */
  readonly owner: string;
  /** Accounts other than the owner that may read. */
  readonly readers: ReadonlySet<string>;
  versioning: Versioning;
  publicAccess: PublicAccessBlock | undefined;
  policy: BucketPolicy | undefined;
  /** Whether the default encryption, which is always there, uses a bucket key. */
  bucketKey: boolean;
  /** By key; newest version first. */
  readonly objects: Map<string, readonly ObjectVersion[]>;
  /** How often each key was written or deleted: what a conditional write races against. */
  readonly revisions: Map<string, number>;
}

/** The policy that hangs on a bucket. */
export interface BucketPolicy extends ResourcePolicy {
  /** As it was put. */
  readonly text: string;
}

/** What a bucket is made with; all of its public access is blocked. */
export type NewBucket = Pick<Bucket, "name" | "region" | "owner"> &
  Partial<Pick<Bucket, "versioning" | "readers">>;

/** The state of S3: buckets have names that are unique in the world. */
export interface S3Models {
  createBucket(bucket: NewBucket): Bucket;
  deleteBucket(name: string): void;
  bucket(name: string): Bucket | undefined;
  /** All that there are, in the order in which they were made. */
  buckets(): readonly Bucket[];
  /** Remembers everything. Calling the answer puts it back, as often as it is called. */
  keep(): () => void;
  /** The current version, unless there is none or it is a delete marker. */
  current(bucket: Bucket, key: string): ObjectVersion | undefined;
  put(bucket: Bucket, key: string, content: ObjectContent): ObjectVersion;
  /** A delete without a version: adds a delete marker where versioning was ever enabled. */
  remove(bucket: Bucket, key: string): ObjectVersion | undefined;
  /** Deletes one version for good. */
  removeVersion(bucket: Bucket, key: string, versionId: string): ObjectVersion | undefined;
}

/** S3 without buckets. */
export function s3Models(clock: Clock): S3Models {
  const buckets = new Map<string, Bucket>();
  let written = 0;

  const write = (bucket: Bucket, key: string, versions: readonly ObjectVersion[]): void => {
    if (versions.length === 0) bucket.objects.delete(key);
    else bucket.objects.set(key, versions);
    bucket.revisions.set(key, (bucket.revisions.get(key) ?? 0) + 1);
  };

  const versionIdFor = (bucket: Bucket, key: string): string => {
    if (bucket.versioning !== "Enabled") return "null";
    written += 1;
    return createHash("sha256").update(`${bucket.name}/${key}/${written}`).digest("base64url").slice(0, 32);
  };

  /** Without versioning, and while it is suspended, a write takes the place of the version called null. */
  const push = (bucket: Bucket, version: ObjectVersion): void => {
    const older = bucket.objects.get(version.key) ?? [];
    write(bucket, version.key, [
      version,
      ...older.filter(({ versionId }) => version.versionId !== "null" || versionId !== "null"),
    ]);
  };

  return {
    createBucket: (options) => {
      if (buckets.has(options.name)) throw new TypeError(`there is a bucket ${options.name} already`);
      const bucket: Bucket = {
        versioning: "never",
        readers: new Set(),
        ...options,
        publicAccess: allBlocked,
        policy: undefined,
        bucketKey: false,
        objects: new Map(),
        revisions: new Map(),
      };
      buckets.set(bucket.name, bucket);
      return bucket;
    },
    deleteBucket: (name) => void buckets.delete(name),
    bucket: (name) => buckets.get(name),
    buckets: () => [...buckets.values()],
    keep: () => {
      const kept = [...buckets.values()].map(keepBucket);
      return () => {
        buckets.clear();
        for (const putBack of kept) {
          const bucket = putBack();
          buckets.set(bucket.name, bucket);
        }
      };
    },
    current: (bucket, key) => {
      const newest = bucket.objects.get(key)?.[0];
      return newest === undefined || newest.deleteMarker ? undefined : newest;
    },
    put: (bucket, key, content) => {
      const version: ObjectVersion = {
        ...content,
        key,
        versionId: versionIdFor(bucket, key),
        lastModified: clock.now(),
        deleteMarker: false,
        etag: `"${createHash("md5").update(content.bytes).digest("hex")}"`,
      };
      push(bucket, version);
      return version;
    },
    remove: (bucket, key) => {
      if (bucket.versioning === "never") {
        const gone = bucket.objects.get(key)?.[0];
        write(bucket, key, []);
        return gone;
      }
      const marker: ObjectVersion = {
        key,
        versionId: versionIdFor(bucket, key),
        lastModified: clock.now(),
        deleteMarker: true,
        bytes: new Uint8Array(),
        etag: "",
        contentType: "",
        headers: {},
        tags: {},
        checksum: { algorithm: "CRC32", value: "AAAAAA==" },
      };
      push(bucket, marker);
      return marker;
    },
    removeVersion: (bucket, key, versionId) => {
      const versions = bucket.objects.get(key) ?? [];
      const gone = versions.find((version) => version.versionId === versionId);
      if (gone !== undefined) {
        write(
          bucket,
          key,
          versions.filter((version) => version !== gone),
        );
      }
      return gone;
    },
  };
}

/** Remembers all of a bucket. Calling the answer puts it back into the same bucket, as often as it is called. */
function keepBucket(bucket: Bucket): () => Bucket {
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
