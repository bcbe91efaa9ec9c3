import { createHash } from "node:crypto";
import type { Clock } from "@handfast/core";
import { answerUnderFaults, type Faults } from "../../faults.ts";
import type { SimulatedService } from "../../service.ts";
import { type Access, type Caller, faultOfSession } from "../access.ts";
import type { Authorise } from "../iam/authorise.ts";
import { holds, readSignature } from "../signature.ts";
import { renderXml, type XmlValue } from "../xml.ts";
import { addressOf, isS3Host, type S3Address } from "./address.ts";
import { readBody } from "./checksums.ts";
import { deleteObject, getObject, putObject, readTagging } from "./handlers.ts";
import { listObjects, listObjectVersions } from "./listings.ts";
import type { S3Models } from "./models.ts";
import { refuse, renderRefusal, S3Refused } from "./refusals.ts";
import type { S3Call } from "./s3-call.ts";

/** What {@link s3Service} is made of. */
export interface S3ServiceOptions {
  readonly models: S3Models;
  readonly access: Access;
  readonly authorise: Authorise;
  readonly clock: Clock;
  readonly faults: Faults;
}

interface Operation {
  readonly name: string;
  /** The IAM action, where it is not called like the operation; `versioned` for one that names a version. */
  readonly action?: string | undefined;
  readonly versioned?: string | undefined;
  /** Whether accounts that may only read may call it. */
  readonly kind: "read" | "write";
  readonly answer: (call: S3Call) => Response | Promise<Response>;
}

const namespace = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"';

/** S3 as a service: buckets in every region behind one state. */
export function s3Service({ models, access, authorise, clock, faults }: S3ServiceOptions): SimulatedService {
  let requests = 0;

  const find = (request: Request, address: S3Address, operation: Operation): S3Call => {
    const region = authenticate(request, access, clock);
    const bucket = models.bucket(address.bucket);
    if (bucket === undefined) throw refuse("NoSuchBucket", { fields: { BucketName: address.bucket } });
    const anyRegion =
      operation.name === "GetBucketLocation" && (address.region ?? region.signed) === "us-east-1";
    if (!anyRegion) checkRegion(bucket.region, address, region.signed);
    const expected = request.headers.get("x-amz-expected-bucket-owner");
    const mine = bucket.owner === region.accountId;
    if (expected !== null && expected !== bucket.owner) throw refuse("AccessDenied");
    if (!mine && !(operation.kind === "read" && bucket.readers.has(region.accountId))) {
      throw refuse("AccessDenied");
    }
    const query = new URL(request.url).searchParams;
    // Who was handed a presigned URL reads with the rights of whoever signed it.
    const arn = `arn:aws:s3:::${bucket.name}`;
    const may = (action: string, resource: string): string | undefined =>
      authorise(region.caller, { action: `s3:${action}`, resource }, bucket.region);
    const action = query.has("versionId") ? (operation.versioned ?? operation.name) : operation.action;
    const denied = may(action ?? operation.name, address.key === "" ? arn : `${arn}/${address.key}`);
    if (denied !== undefined) throw refuse("AccessDenied", { message: denied });
    return {
      request,
      query,
      mayList: () => may("ListBucket", arn) === undefined,
      models,
      bucket,
      key: address.key,
      revision: bucket.revisions.get(address.key) ?? 0,
    };
  };

  return {
    name: "s3",
    owns: (url) => isS3Host(url.hostname),
    handle: async (request) => {
      requests += 1;
      const requestId = createHash("sha256")
        .update(`s3 ${requests}`)
        .digest("hex")
        .slice(0, 16)
        .toUpperCase();
      const framed = (response: Response): Response => {
        response.headers.set("x-amz-request-id", requestId);
        return response;
      };
      const refused = (error: unknown): Response => {
        if (error instanceof S3Refused) return renderRefusal(error, { method: request.method, requestId });
        throw error;
      };
      const address = addressOf(new URL(request.url));
      const operation = operationOf(request, address);
      // The revision is taken when the request arrives: a delay leaves room for another writer.
      let call: S3Call | S3Refused;
      try {
        call = find(request, address, operation);
      } catch (error) {
        if (!(error instanceof S3Refused)) throw error;
        call = error;
      }
      const answer = await answerUnderFaults(
        {
          faults,
          clock,
          call: { service: "s3", operation: operation.name },
          refuse: (fault) =>
            framed(
              refused(
                fault.kind === "throttle"
                  ? refuse("SlowDown", retryAfter(fault.retryAfterSeconds))
                  : new S3Refused(
                      fault.code,
                      fault.status,
                      fault.message ?? fault.code,
                      {},
                      fault.headers ?? {},
                    ),
              ),
            ),
        },
        async () => {
          if (call instanceof S3Refused) return framed(refused(call));
          try {
            return framed(await operation.answer(call));
          } catch (error) {
            return framed(refused(error));
          }
        },
      );
      return answer;
    },
  };
}

function retryAfter(seconds: number | undefined): { headers?: Record<string, string> } {
  return seconds === undefined ? {} : { headers: { "retry-after": String(seconds) } };
}

/** @throws S3Refused: AccessDenied, AuthorizationHeaderMalformed, InvalidAccessKeyId, SignatureDoesNotMatch */
function authenticate(
  request: Request,
  access: Access,
  clock: Clock,
): { caller: Caller; accountId: string; signed: string } {
  const signature = readSignature(request);
  if (signature === "none") throw refuse("AccessDenied");
  if (signature === "malformed") {
    throw refuse("AuthorizationHeaderMalformed", {
      message:
        "The authorization header is malformed; a non-empty Access Key (AKID) must be provided in the credential.",
    });
  }
  if (signature.service !== "s3") {
    throw refuse("AuthorizationHeaderMalformed", {
      message: `The authorization header is malformed; incorrect service "${signature.service}". This endpoint belongs to "s3".`,
    });
  }
  const caller = access.find(signature.accessKeyId);
  if (caller === undefined) {
    throw refuse("InvalidAccessKeyId", { fields: { AWSAccessKeyId: signature.accessKeyId } });
  }
  const session = faultOfSession(caller, request.headers.get("x-amz-security-token"), clock.now());
  if (session !== undefined) throw refuse(session === "expired" ? "ExpiredToken" : "InvalidToken");
  if (signature.expiresIn !== undefined) {
    const signedAt = Date.parse(signature.signedAt.replace(/^(....)(..)(..T..)(..)(..Z)$/, "$1-$2-$3:$4:$5"));
    const expires = signedAt + signature.expiresIn * 1000;
    if (clock.now() >= expires) {
      throw refuse("AccessDenied", {
        message: "Request has expired",
        fields: {
          "X-Amz-Expires": signature.expiresIn,
          Expires: new Date(expires).toISOString(),
          ServerTime: new Date(clock.now()).toISOString(),
        },
      });
    }
  }
  if (!holds(request, signature, caller.secretAccessKey)) throw refuse("SignatureDoesNotMatch");
  return { caller, accountId: caller.accountId, signed: signature.region };
}

/** @throws S3Refused: PermanentRedirect at another region's endpoint, AuthorizationHeaderMalformed when only signed for it */
function checkRegion(actual: string, address: S3Address, signed: string): void {
  const headers = { "x-amz-bucket-region": actual };
  if (address.region !== undefined && address.region !== actual) {
    throw refuse("PermanentRedirect", {
      fields: { Endpoint: `${address.bucket}.s3.${actual}.amazonaws.com`, Bucket: address.bucket },
      headers,
    });
  }
  if (signed !== actual) {
    throw refuse("AuthorizationHeaderMalformed", {
      message: `The authorization header is malformed; the region '${signed}' is wrong; expecting '${actual}'`,
      fields: { Region: actual },
      headers,
    });
  }
}

/** Subresources that select another operation; the ones not in a route below are not simulated. */
const subresources = [
  "acl",
  "cors",
  "delete",
  "encryption",
  "legal-hold",
  "lifecycle",
  "list-type",
  "location",
  "object-lock",
  "policy",
  "replication",
  "retention",
  "tagging",
  "uploadId",
  "uploads",
  "versioning",
  "versions",
  "website",
];

const routes: Readonly<Record<string, Operation>> = {
  "HEAD bucket": {
    name: "HeadBucket",
    action: "ListBucket",
    kind: "read",
    answer: ({ bucket }) => headBucket(bucket.region),
  },
  "GET bucket list-type": {
    name: "ListObjectsV2",
    action: "ListBucket",
    kind: "read",
    answer: (call) => document("ListBucketResult", listObjects(call)),
  },
  "GET bucket versions": {
    name: "ListObjectVersions",
    action: "ListBucketVersions",
    kind: "read",
    answer: (call) => document("ListVersionsResult", listObjectVersions(call)),
  },
  "GET bucket location": {
    name: "GetBucketLocation",
    kind: "read",
    answer: ({ bucket }) =>
      document("LocationConstraint", bucket.region === "us-east-1" ? "" : bucket.region),
  },
  "GET bucket versioning": {
    name: "GetBucketVersioning",
    kind: "read",
    answer: ({ bucket }) =>
      document("VersioningConfiguration", {
        Status: bucket.versioning === "never" ? undefined : bucket.versioning,
      }),
  },
  "PUT bucket versioning": { name: "PutBucketVersioning", kind: "write", answer: putBucketVersioning },
  "PUT object": { name: "PutObject", kind: "write", answer: putObject },
  "GET object": { name: "GetObject", versioned: "GetObjectVersion", kind: "read", answer: getObject },
  "HEAD object": {
    name: "HeadObject",
    action: "GetObject",
    versioned: "GetObjectVersion",
    kind: "read",
    answer: getObject,
  },
  "DELETE object": {
    name: "DeleteObject",
    versioned: "DeleteObjectVersion",
    kind: "write",
    answer: deleteObject,
  },
  "GET object tagging": {
    name: "GetObjectTagging",
    versioned: "GetObjectVersionTagging",
    kind: "read",
    answer: (call) => document("Tagging", readTagging(call)),
  },
};

function operationOf(request: Request, address: S3Address): Operation {
  const query = new URL(request.url).searchParams;
  const subresource = subresources.find((name) => query.has(name));
  const route = [request.method, address.key === "" ? "bucket" : "object", subresource]
    .filter(Boolean)
    .join(" ");
  const known = address.bucket === "" ? undefined : routes[route];
  if (known !== undefined) return known;
  return {
    name: query.get("x-id") ?? route,
    kind: "write",
    answer: () => {
      throw refuse("NotImplemented", { message: `${route} is not simulated` });
    },
  };
}

async function putBucketVersioning({ request, bucket }: S3Call): Promise<Response> {
  const { bytes, stated } = await readBody(request);
  if (!stated && !request.headers.has("content-md5")) {
    throw refuse("InvalidRequest", {
      message: "Missing required header for this request: Content-MD5 OR x-amz-checksum-*",
    });
  }
  const text = new TextDecoder().decode(bytes);
  if (!/<VersioningConfiguration[\s>]/.test(text)) throw refuse("MalformedXML");
  const status = /<Status>([^<]*)<\/Status>/.exec(text)?.[1];
  if (status === undefined) throw refuse("IllegalVersioningConfigurationException");
  if (status !== "Enabled" && status !== "Suspended") throw refuse("MalformedXML");
  bucket.versioning = status;
  return new Response(null, { status: 200 });
}

function headBucket(region: string): Response {
  return new Response(null, {
    status: 200,
    headers: { "content-type": "application/xml", "x-amz-bucket-region": region },
  });
}

function document(root: string, value: XmlValue): Response {
  const xml = renderXml(root, value, "flat").replace(`<${root}`, `<${root} ${namespace}`);
  return new Response(`<?xml version="1.0" encoding="UTF-8"?>\n${xml}`, {
    status: 200,
    headers: { "content-type": "application/xml" },
  });
}
