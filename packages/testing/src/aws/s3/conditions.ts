import type { ObjectVersion } from "./models.ts";
import { refuse } from "./refusals.ts";
import type { S3Call } from "./s3-call.ts";

/**
 * Conditional writes and deletes (Amazon S3 User Guide, "Conditional requests").
 *
 * A write that another one overtook while it was under way is a conflict, whatever its condition says; a delete
 * marker counts as nothing there.
 *
 * @throws S3Refused: ConditionalRequestConflict, PreconditionFailed, NoSuchKey, NotImplemented
 */
export function checkWriteConditions({ request, models, bucket, key, revision }: S3Call): void {
  const ifNoneMatch = request.headers.get("if-none-match");
  const ifMatch = request.headers.get("if-match");
  if (ifNoneMatch === null && ifMatch === null) return;
  if (ifNoneMatch !== null && (ifNoneMatch !== "*" || ifMatch !== null || request.method === "DELETE")) {
    throw notImplemented("If-None-Match", request.method);
  }
  if ((bucket.revisions.get(key) ?? 0) !== revision) {
    throw refuse("ConditionalRequestConflict", {
      fields: { Condition: ifNoneMatch === null ? "If-Match" : "If-None-Match", Key: key },
    });
  }
  const current = models.current(bucket, key);
  if (ifNoneMatch !== null) {
    if (current !== undefined) throw refuse("PreconditionFailed", { fields: { Condition: "If-None-Match" } });
    return;
  }
  if (current === undefined) throw refuse("NoSuchKey", { fields: { Key: key } });
  if (ifMatch === "*") {
    if (request.method === "DELETE") return;
    throw notImplemented("If-Match", request.method);
  }
  if (!sameEtag(ifMatch ?? "", current.etag)) {
    throw refuse("PreconditionFailed", { fields: { Condition: "If-Match" } });
  }
}

/**
 * Conditional reads.
 *
 * @returns true when the answer is 304 Not Modified
 * @throws S3Refused: PreconditionFailed
 */
export function checkReadConditions(request: Request, version: ObjectVersion): boolean {
  const ifMatch = request.headers.get("if-match");
  if (ifMatch !== null && ifMatch !== "*" && !sameEtag(ifMatch, version.etag)) {
    throw refuse("PreconditionFailed", { fields: { Condition: "If-Match" } });
  }
  const ifNoneMatch = request.headers.get("if-none-match");
  return ifNoneMatch !== null && (ifNoneMatch === "*" || sameEtag(ifNoneMatch, version.etag));
}

/** S3 takes an ETag with and without its quotes. */
function sameEtag(given: string, etag: string): boolean {
  return given === etag || `"${given}"` === etag;
}

function notImplemented(header: string, method: string): Error {
  return refuse("NotImplemented", {
    fields: { Header: header, additionalMessage: `${header} is not supported like this by ${method}` },
  });
}
