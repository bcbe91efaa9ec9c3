import type { XmlValue } from "../xml.ts";
import type { ObjectVersion } from "./models.ts";
import { refuse } from "./refusals.ts";
import type { S3Call } from "./s3-call.ts";

/** ListObjectsV2's content (S3 API Reference, "ListObjectsV2"). */
export function listObjects({ bucket, models, query }: S3Call): Record<string, XmlValue> {
  const { prefix, maxKeys, encode } = readListing(query);
  const token = query.get("continuation-token");
  const after = token === null ? (query.get("start-after") ?? "") : decodeToken(token);
  const all = [...bucket.objects.keys()]
    .sort(byBytes)
    .filter((key) => key.startsWith(prefix) && byBytes(key, after) > 0)
    .map((key) => models.current(bucket, key))
    .filter((version) => version !== undefined);
  const page = all.slice(0, maxKeys);
  const last = page.at(-1);
  const truncated = page.length < all.length && maxKeys > 0;
  return {
    Name: bucket.name,
    Prefix: encode(prefix),
    ContinuationToken: token ?? undefined,
    StartAfter: query.has("start-after") ? encode(query.get("start-after") ?? "") : undefined,
    KeyCount: page.length,
    MaxKeys: maxKeys,
    EncodingType: query.get("encoding-type") ?? undefined,
    IsTruncated: truncated,
    NextContinuationToken:
      truncated && last !== undefined ? Buffer.from(last.key).toString("base64url") : undefined,
    Contents: page.map((version) => ({
      Key: encode(version.key),
      LastModified: new Date(version.lastModified).toISOString(),
      ETag: version.etag,
      ChecksumAlgorithm: version.checksum.algorithm,
      ChecksumType: "FULL_OBJECT",
      Size: version.bytes.length,
      StorageClass: "STANDARD",
    })),
  };
}

/** ListObjectVersions' content (S3 API Reference, "ListObjectVersions"). */
export function listObjectVersions({ bucket, query }: S3Call): Record<string, XmlValue> {
  const { prefix, maxKeys, encode } = readListing(query);
  const keyMarker = query.get("key-marker") ?? "";
  const versionMarker = query.get("version-id-marker") ?? "";
  if (versionMarker !== "" && keyMarker === "") {
    throw refuse("InvalidArgument", {
      message: "A version-id marker cannot be specified without a key marker.",
      fields: { ArgumentName: "version-id-marker", ArgumentValue: versionMarker },
    });
  }
  const all = [...bucket.objects.keys()]
    .sort(byBytes)
    .filter((key) => key.startsWith(prefix) && byBytes(key, keyMarker) >= 0)
    .flatMap((key) => {
      const versions = (bucket.objects.get(key) ?? []).map((version, index) => ({
        version,
        latest: index === 0,
      }));
      if (key !== keyMarker || keyMarker === "") return versions;
      if (versionMarker === "") return [];
      return versions.slice(versions.findIndex(({ version }) => version.versionId === versionMarker) + 1);
    });
  const page = all.slice(0, maxKeys);
  const last = page.at(-1)?.version;
  const truncated = page.length < all.length && maxKeys > 0;
  const entry = ({ version, latest }: { version: ObjectVersion; latest: boolean }) => ({
    Key: encode(version.key),
    VersionId: version.versionId,
    IsLatest: latest,
    LastModified: new Date(version.lastModified).toISOString(),
    Owner: { ID: bucket.owner },
  });
  return {
    Name: bucket.name,
    Prefix: encode(prefix),
    KeyMarker: encode(keyMarker),
    VersionIdMarker: versionMarker,
    NextKeyMarker: truncated && last !== undefined ? encode(last.key) : undefined,
    NextVersionIdMarker: truncated && last !== undefined ? last.versionId : undefined,
    MaxKeys: maxKeys,
    EncodingType: query.get("encoding-type") ?? undefined,
    IsTruncated: truncated,
    Version: page
      .filter(({ version }) => !version.deleteMarker)
      .map((item) => ({
        ...entry(item),
        ETag: item.version.etag,
        Size: item.version.bytes.length,
        StorageClass: "STANDARD",
      })),
    DeleteMarker: page.filter(({ version }) => version.deleteMarker).map(entry),
  };
}

function readListing(query: URLSearchParams): {
  prefix: string;
  maxKeys: number;
  encode: (text: string) => string;
} {
  const maxKeys = query.get("max-keys") ?? "1000";
  if (!/^\d+$/.test(maxKeys) || Number(maxKeys) > 2 ** 31 - 1) {
    throw refuse("InvalidArgument", {
      message: "Provided max-keys not an integer or within integer range",
      fields: { ArgumentName: "max-keys", ArgumentValue: maxKeys },
    });
  }
  if ((query.get("delimiter") ?? "") !== "") {
    throw refuse("NotImplemented", { message: "Listing with a delimiter is not simulated" });
  }
  const url = query.get("encoding-type") === "url";
  return {
    prefix: query.get("prefix") ?? "",
    maxKeys: Math.min(Number(maxKeys), 1000),
    encode: (text) => (url ? encodeURIComponent(text).replaceAll("%2F", "/") : text),
  };
}

function decodeToken(token: string): string {
  if (token === "" || !/^[A-Za-z0-9_-]+$/.test(token)) {
    throw refuse("InvalidArgument", {
      message: "The continuation token provided is incorrect",
      fields: { ArgumentName: "continuation-token" },
    });
  }
  return Buffer.from(token, "base64url").toString();
}

/** S3 lists keys in the order of their UTF-8 bytes. */
function byBytes(one: string, other: string): number {
  return Buffer.compare(Buffer.from(one), Buffer.from(other));
}
