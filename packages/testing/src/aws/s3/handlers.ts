import { type Checksum, readBody } from "./checksums.ts";
import { checkReadConditions, checkWriteConditions } from "./conditions.ts";
import type { Bucket, ObjectVersion } from "./models.ts";
import { refuse } from "./refusals.ts";
import type { S3Call } from "./s3-call.ts";

/** Stored with an object and given back as they came. */
const keptHeaders =
  /^(x-amz-meta-.+|cache-control|content-disposition|content-language|expires|x-amz-storage-class|x-amz-server-side-encryption(-aws-kms-key-id)?)$/;

/** PutObject (S3 API Reference, "PutObject"). */
export async function putObject(call: S3Call): Promise<Response> {
  const { request, models, bucket, key } = call;
  if (Buffer.byteLength(key) > 1024) {
    throw refuse("KeyTooLongError", { fields: { Size: Buffer.byteLength(key), MaxSizeAllowed: 1024 } });
  }
  const tags = readTags(request.headers.get("x-amz-tagging"));
  const { bytes, checksum } = await readBody(request);
  checkWriteConditions(call);
  const version = models.put(bucket, key, {
    bytes,
    checksum,
    tags,
    contentType: request.headers.get("content-type") ?? "binary/octet-stream",
    headers: {
      ...Object.fromEntries([...request.headers].filter(([name]) => keptHeaders.test(name))),
      ...storedEncoding(request),
    },
  });
  return new Response(null, {
    status: 200,
    headers: {
      etag: version.etag,
      ...versionHeader(bucket, version),
      ...checksumHeaders(version.checksum),
      "x-amz-server-side-encryption": version.headers["x-amz-server-side-encryption"] ?? "AES256",
    },
  });
}

/** GetObject and HeadObject (S3 API Reference, "GetObject", "HeadObject"). */
export function getObject(call: S3Call): Response {
  const { request, query } = call;
  const version = findVersion(call);
  const unchanged = checkReadConditions(request, version);
  const headers = {
    "accept-ranges": "bytes",
    "content-type": version.contentType,
    "content-length": String(version.bytes.length),
    etag: version.etag,
    "last-modified": new Date(version.lastModified).toUTCString(),
    "x-amz-server-side-encryption": "AES256",
    ...version.headers,
    ...versionHeader(call.bucket, version),
    ...(Object.keys(version.tags).length > 0
      ? { "x-amz-tagging-count": String(Object.keys(version.tags).length) }
      : {}),
    ...(request.headers.get("x-amz-checksum-mode") === "ENABLED" ? checksumHeaders(version.checksum) : {}),
  };
  if (unchanged) return new Response(null, { status: 304, headers: { etag: version.etag } });
  const part = request.headers.get("range") ?? (query.has("partNumber") ? "partNumber" : null);
  if (part !== null)
    throw refuse("NotImplemented", { message: "Reading a part of an object is not simulated" });
  return new Response(request.method === "HEAD" ? null : version.bytes, { status: 200, headers });
}

/** GetObjectTagging's content. */
export function readTagging(call: S3Call): { TagSet: { Tag: { Key: string; Value: string }[] } } {
  const { tags } = findVersion(call);
  return { TagSet: { Tag: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })) } };
}

/** DeleteObject (S3 API Reference, "DeleteObject"). */
export function deleteObject(call: S3Call): Response {
  const { models, bucket, key, query } = call;
  const versionId = query.get("versionId");
  checkWriteConditions(call);
  const gone = versionId === null ? models.remove(bucket, key) : models.removeVersion(bucket, key, versionId);
  return new Response(null, {
    status: 204,
    headers: {
      ...(gone?.deleteMarker ? { "x-amz-delete-marker": "true" } : {}),
      ...(gone === undefined ? {} : versionHeader(bucket, gone)),
    },
  });
}

function findVersion({ request, models, mayList, bucket, key, query }: S3Call): ObjectVersion {
  const versionId = query.get("versionId");
  const versions = bucket.objects.get(key) ?? [];
  if (versionId === null) {
    const current = models.current(bucket, key);
    if (current !== undefined) return current;
    const marker = versions[0];
    if (!mayList()) throw refuse("AccessDenied");
    throw refuse("NoSuchKey", {
      fields: { Key: key },
      headers:
        marker === undefined ? {} : { "x-amz-delete-marker": "true", "x-amz-version-id": marker.versionId },
    });
  }
  if (versionId === "") {
    throw refuse("InvalidArgument", {
      message: "Version id cannot be the empty string",
      fields: { ArgumentName: "versionId", ArgumentValue: "" },
    });
  }
  const version = versions.find((candidate) => candidate.versionId === versionId);
  if (version === undefined) {
    if (versionId !== "null" && !/^[A-Za-z0-9_-]{32}$/.test(versionId)) {
      throw refuse("InvalidArgument", {
        message: "Invalid version id specified",
        fields: { ArgumentName: "versionId", ArgumentValue: versionId },
      });
    }
    throw refuse("NoSuchVersion", { fields: { Key: key, VersionId: versionId } });
  }
  if (version.deleteMarker) {
    throw refuse("MethodNotAllowed", {
      fields: { Method: request.method, ResourceType: "DeleteMarker" },
      headers: { "x-amz-delete-marker": "true", "x-amz-version-id": versionId, allow: "DELETE" },
    });
  }
  return version;
}

function versionHeader(bucket: Bucket, version: ObjectVersion): Record<string, string> {
  return bucket.versioning === "never" ? {} : { "x-amz-version-id": version.versionId };
}

function checksumHeaders({ algorithm, value }: Checksum): Record<string, string> {
  return { [`x-amz-checksum-${algorithm.toLowerCase()}`]: value, "x-amz-checksum-type": "FULL_OBJECT" };
}

/** `aws-chunked` is how the body travelled, not how it is stored. */
function storedEncoding(request: Request): Record<string, string> {
  const encoding = (request.headers.get("content-encoding") ?? "")
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "" && part !== "aws-chunked")
    .join(",");
  return encoding === "" ? {} : { "content-encoding": encoding };
}

function readTags(header: string | null): Record<string, string> {
  const pairs = [...new URLSearchParams(header ?? "")];
  const tags = Object.fromEntries(pairs);
  if (pairs.length > 10) throw refuse("InvalidTag", { message: "Object tags cannot be greater than 10" });
  if (Object.keys(tags).length < pairs.length) {
    throw refuse("InvalidTag", { message: "Cannot provide multiple Tags with the same key" });
  }
  for (const [key, value] of pairs) {
    if (key.length < 1 || key.length > 128)
      throw refuse("InvalidTag", { message: "The TagKey you have provided is invalid" });
    if (value.length > 256)
      throw refuse("InvalidTag", { message: "The TagValue you have provided is invalid" });
  }
  return tags;
}
