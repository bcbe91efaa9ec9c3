import { createHash } from "node:crypto";
import type { Clock } from "@handfast/core";
import { answerUnderFaults, type Faults, type Refusal } from "../../faults.ts";
import type { SimulatedService } from "../../service.ts";
import type { Access } from "../access.ts";
import type { Authorise } from "../iam/authorise.ts";
import { addressOf, isS3Host, type S3Address } from "./address.ts";
import { authenticate } from "./authenticate.ts";
import type { S3Models } from "./models.ts";
import { type BucketOperation, type CreateOperation, operationOf } from "./operations.ts";
import { refuse, renderRefusal, S3Refused } from "./refusals.ts";
import type { Rights, Sender } from "./rights.ts";

/** What {@link s3Service} is made of. */
export interface S3ServiceOptions {
  readonly models: S3Models;
  readonly access: Access;
  readonly authorise: Authorise;
  readonly rights: Rights;
  /** Whether there is a user or role of that ARN. */
  readonly exists: (arn: string) => boolean;
  readonly clock: Clock;
  readonly faults: Faults;
}

/** What is left to do once it is known that a request may be answered. */
type Answer = () => Response | Promise<Response>;

/** S3 as a service: buckets in every region behind one state. */
export function s3Service(options: S3ServiceOptions): SimulatedService {
  const { clock, faults } = options;
  let requests = 0;

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
        if (error instanceof S3Refused) {
          return framed(renderRefusal(error, { method: request.method, requestId }));
        }
        throw error;
      };
      const url = new URL(request.url);
      const address = addressOf(url);
      const at = address.bucket === "" ? "nothing" : address.key === "" ? "bucket" : "object";
      const operation = operationOf(request.method, at, url.searchParams);
      // Looked at when the request arrives: a delay leaves room for another writer.
      let answer: Answer;
      try {
        answer =
          operation.kind === "create"
            ? prepareCreate(options, request, address, operation)
            : prepare(options, request, address, operation);
      } catch (error) {
        answer = () => refused(error);
      }
      return answerUnderFaults(
        {
          faults,
          clock,
          call: { service: "s3", operation: operation.name },
          refuse: (fault) => refused(refusalOf(fault)),
        },
        async () => {
          try {
            return framed(await answer());
          } catch (error) {
            return refused(error);
          }
        },
      );
    },
  };
}

/** @throws S3Refused for whom it is not, and where there is no bucket */
function prepare(
  { access, clock, models, rights, exists }: S3ServiceOptions,
  request: Request,
  address: S3Address,
  operation: BucketOperation,
): Answer {
  const signed = authenticate(request, access, clock);
  const bucket = models.bucket(address.bucket);
  if (bucket === undefined) throw refuse("NoSuchBucket", { fields: { BucketName: address.bucket } });
  const anyRegion =
    operation.name === "GetBucketLocation" && (address.region ?? signed?.region) === "us-east-1";
  if (!anyRegion) checkRegion(bucket.region, address, signed?.region);
  const expected = request.headers.get("x-amz-expected-bucket-owner");
  if (expected !== null && expected !== bucket.owner) throw refuse("AccessDenied");
  // Who was handed a presigned URL reads with the rights of whoever signed it.
  const sender: Sender =
    signed === undefined ? { kind: "anyone" } : { kind: "caller", caller: signed.caller };
  const query = new URL(request.url).searchParams;
  const { name, action = name, versioned = name, kind } = operation;
  const denied = rights(sender, bucket, {
    action: `s3:${query.has("versionId") ? versioned : action}`,
    key: address.key === "" ? undefined : address.key,
    kind,
  });
  if (denied !== undefined) throw refuse("AccessDenied", { message: denied });
  const revision = bucket.revisions.get(address.key) ?? 0;
  const mayList = (): boolean =>
    rights(sender, bucket, { action: "s3:ListBucket", kind: "read" }) === undefined;
  return () =>
    operation.answer({ request, query, models, mayList, exists, bucket, key: address.key, revision });
}

/** @throws S3Refused for whom it is not */
function prepareCreate(
  { access, authorise, clock, models }: S3ServiceOptions,
  request: Request,
  { bucket: name, region }: S3Address,
  operation: CreateOperation,
): Answer {
  const signed = authenticate(request, access, clock);
  if (signed === undefined) throw refuse("AccessDenied");
  const { caller } = signed;
  const endpoint = region ?? signed.region;
  if (signed.region !== endpoint) throw signedForAnother(endpoint, signed.region);
  const right = { action: "s3:CreateBucket", resource: `arn:aws:s3:::${name}` };
  const denied = authorise(caller, right, endpoint);
  if (denied !== undefined) throw refuse("AccessDenied", { message: denied });
  return () => operation.answer({ request, models, name, region: endpoint, account: caller.accountId });
}

function refusalOf(fault: Refusal): S3Refused {
  if (fault.kind === "throttle") {
    const { retryAfterSeconds: seconds } = fault;
    return refuse("SlowDown", seconds === undefined ? {} : { headers: { "retry-after": String(seconds) } });
  }
  return new S3Refused(fault.code, fault.status, fault.message ?? fault.code, {}, fault.headers ?? {});
}

/** @throws S3Refused: PermanentRedirect at another region's endpoint, AuthorizationHeaderMalformed when only signed for it */
function checkRegion(actual: string, address: S3Address, signed: string | undefined): void {
  const headers = { "x-amz-bucket-region": actual };
  if (address.region !== undefined && address.region !== actual) {
    throw refuse("PermanentRedirect", {
      fields: { Endpoint: `${address.bucket}.s3.${actual}.amazonaws.com`, Bucket: address.bucket },
      headers,
    });
  }
  if (signed !== undefined && signed !== actual) throw signedForAnother(actual, signed, headers);
}

function signedForAnother(
  actual: string,
  signed: string,
  headers: Readonly<Record<string, string>> = {},
): S3Refused {
  return refuse("AuthorizationHeaderMalformed", {
    message: `The authorization header is malformed; the region '${signed}' is wrong; expecting '${actual}'`,
    fields: { Region: actual },
    headers,
  });
}
