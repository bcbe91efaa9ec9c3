import { type ErrorDetails, HandfastError, type HandfastErrorCode, isHandfastError } from "@handfast/core";

/** The call that failed. */
export interface CallFacts {
  /** The provider's name, e.g. `ModifyListener`. */
  readonly operation: string;
  /** Verb first, for people: `set listener`. */
  readonly doing: string;
  /** Names of what it was about, e.g. `{ store: "hf-…", region: "eu-west-1" }`. No key, no link. */
  readonly at: Readonly<Record<string, string>>;
  /** Whether it changes something: then a lost answer leaves open whether it did. */
  readonly writes: boolean;
}

interface Meaning {
  readonly code: HandfastErrorCode;
  /** What to do about it. */
  readonly mend: string;
}

const unauthorized: Meaning = {
  code: "REMOTE_UNAUTHORIZED",
  mend: "check the credentials, and that their policy allows this operation",
};
const throttled: Meaning = { code: "REMOTE_RATE_LIMITED", mend: "wait, then try again" };
const unavailable: Meaning = { code: "REMOTE_UNAVAILABLE", mend: "wait, then try again" };
const missing: Meaning = { code: "REMOTE_NOT_FOUND", mend: "check the name, the region and the account" };
const conflict: Meaning = { code: "REMOTE_CONFLICT", mend: "wait, look again, then try again" };
const quota: Meaning = {
  code: "REMOTE_REJECTED",
  mend: "delete what is unused, or ask for a higher quota in Service Quotas",
};
const rejected: Meaning = { code: "REMOTE_REJECTED", mend: "change what is asked for" };

/**
 * One table by the name that the SDK gives an exception; modelled names have `Exception` at their end, raw wire codes
 * do not, so that suffix is cut first. The SDK itself tries `throttled` and `unavailable` again before they get here;
 * the conflicts it never does, so those retries are ours (smithy-lang/smithy-typescript, service-error-classification).
 */
const meanings: Readonly<Record<string, Meaning>> = {
  AccessDenied: unauthorized,
  AuthFailure: unauthorized,
  CredentialsProviderError: unauthorized,
  ExpiredToken: unauthorized,
  Forbidden: unauthorized,
  IncompleteSignature: unauthorized,
  InvalidAccessKeyId: unauthorized,
  InvalidClientTokenId: unauthorized,
  InvalidSignature: unauthorized,
  MissingAuthenticationToken: unauthorized,
  OperationNotPermitted: unauthorized,
  OptInRequired: unauthorized,
  RequestExpired: unauthorized,
  RequestTimeTooSkewed: unauthorized,
  SignatureDoesNotMatch: unauthorized,
  TokenProviderError: unauthorized,
  UnauthorizedOperation: unauthorized,
  UnrecognizedClient: unauthorized,

  BandwidthLimitExceeded: throttled,
  RequestLimitExceeded: throttled,
  RequestThrottled: throttled,
  SlowDown: throttled,
  Throttled: throttled,
  Throttling: throttled,
  TooManyRequests: throttled,

  InternalError: unavailable,
  InternalFailure: unavailable,
  InternalServer: unavailable,
  RequestTimeout: unavailable,
  ServiceUnavailable: unavailable,
  TimeoutError: unavailable,

  CaCertificatesBundleNotFound: missing,
  EntityNotFound: missing,
  ListenerNotFound: missing,
  LoadBalancerNotFound: missing,
  NoSuchBucket: missing,
  NoSuchDistribution: missing,
  NoSuchEntity: missing,
  NoSuchKey: missing,
  NoSuchOriginRequestPolicy: missing,
  NoSuchResource: missing,
  NotFound: missing,
  ResourceNotFound: missing,
  RevocationContentNotFound: missing,
  RevocationIdNotFound: missing,
  TrustStoreNotFound: missing,

  CannotDeleteEntityWhileInUse: conflict,
  ConditionalRequestConflict: conflict,
  Conflict: conflict,
  DuplicateTrustStoreName: conflict,
  EntityAlreadyExists: conflict,
  InvalidIfMatchVersion: conflict,
  OperationAborted: conflict,
  PreconditionFailed: conflict,
  PriorRequestNotComplete: conflict,
  RequestInProgress: conflict,
  ResourceInUse: conflict,
  TrustStoreInUse: conflict,
  TrustStoreNotReady: conflict,

  EntityLimitExceeded: quota,
  // ACM's word for a quota, whatever the SDK takes it for.
  LimitExceeded: quota,
  ServiceQuotaExceeded: quota,
  TooManyDistributionsWithSingleFunctionARN: quota,
  TooManyTags: quota,
  TooManyTrustStoreRevocationEntries: quota,
  TooManyTrustStores: quota,

  InvalidCaCertificatesBundle: {
    code: "REMOTE_REJECTED",
    mend: "look for a certificate that is no X.509v3 CA, or has a key or signature that ALB does not take",
  },
  EntitySizeLimitExceeded: rejected,
  IllegalUpdate: rejected,
  InvalidArgument: rejected,
  InvalidArn: rejected,
  InvalidConfigurationRequest: rejected,
  InvalidRevocationContent: { code: "REMOTE_REJECTED", mend: "give one CRL for each file, as PEM" },
  InvalidViewerCertificate: {
    code: "REMOTE_REJECTED",
    mend: "look whether the certificate is in ACM in us-east-1, of a key type that CloudFront takes",
  },
  MalformedXML: { code: "REMOTE_REJECTED", mend: "report it: what was sent is not what CloudFront reads" },
  PermanentRedirect: { code: "REMOTE_NOT_FOUND", mend: "name the bucket's own region" },
  UnsupportedOperation: rejected,
  UnsupportedProtocol: rejected,
  Validation: rejected,
  ValidationError: rejected,
};

/** Errors of the connection: no answer came (Node.js, "Common system errors"). */
const lostAnswers = new Set([
  "ECONNABORTED",
  "ECONNREFUSED",
  "ECONNRESET",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENOTFOUND",
  "EPIPE",
  "ETIMEDOUT",
]);

/** What an exception of the SDK looks like, as far as it is read. */
interface SdkError {
  readonly name: string;
  readonly message: string;
  readonly code?: string | undefined;
  readonly $metadata?: { readonly httpStatusCode?: number | undefined } | undefined;
  readonly $response?: { readonly headers?: Readonly<Record<string, string>> | undefined } | undefined;
}

/**
 * Turns what an AWS SDK client threw into a {@link HandfastError}. Only names, status and text survive: never the
 * request, the response or a header. A write without an answer, or answered with a 5xx, is marked `outcomeUnknown`.
 *
 * @returns the error to throw; what is no error of the SDK or of the connection comes back as it is (a defect)
 */
export function translateError(thrown: unknown, call: CallFacts): unknown {
  if (isHandfastError(thrown) || !(thrown instanceof Error)) return thrown;
  const error: SdkError = thrown;
  const where = Object.entries(call.at).map(([name, value]) => `${name}=${value}`);
  const fail = (
    code: HandfastErrorCode,
    reason: string,
    mend: string,
    details: ErrorDetails = {},
  ): HandfastError =>
    new HandfastError(
      code,
      `${call.doing} failed [${where.join(", ")}]: ${reason}; ${mend}`,
      { operation: call.operation, facts: call.at, ...details },
      { cause: thrown },
    );
  if (error.name === "AbortError") return fail("ABORTED", "it was called off", "nothing to do", lost(call));
  const status = error.$metadata?.httpStatusCode;
  const meaning = meaningOf(error, status);
  if (meaning === undefined) return thrown;
  const name = nameOf(error);
  const message = error.message === "" ? undefined : error.message.slice(0, 500);
  const reason = [name, message === name || message === "UnknownError" ? undefined : message]
    .filter(Boolean)
    .join(": ");
  const wait = retryAfter(error);
  return fail(meaning.code, reason, meaning.mend, {
    provider: { code: name, status, message },
    ...(wait === undefined ? {} : { retryAfterMs: wait }),
    ...(meaning.code === "REMOTE_UNAVAILABLE" ? lost(call) : {}),
  });
}

function lost({ writes }: CallFacts): ErrorDetails {
  return writes ? { outcomeUnknown: true } : {};
}

function meaningOf(error: SdkError, status: number | undefined): Meaning | undefined {
  const named = meanings[nameOf(error)];
  if (named !== undefined) return named;
  if (lostAnswers.has(error.code ?? "") || lostAnswers.has(error.name)) return unavailable;
  if (status === undefined) return undefined;
  if (status >= 500) return unavailable;
  if (status === 429) return throttled;
  if (status === 401 || status === 403) return unauthorized;
  if (status === 404) return missing;
  if (status === 409 || status === 412) return conflict;
  if (status >= 400 || status === 301) return rejected;
  return { code: "REMOTE_UNEXPECTED", mend: "the answer can't be read: update the AWS SDK, or report it" };
}

function nameOf({ name, code }: SdkError): string {
  const said = lostAnswers.has(code ?? "") ? (code as string) : name;
  return said.replace(/Exception$/, "");
}

function retryAfter(error: SdkError): number | undefined {
  const headers = Object.entries(error.$response?.headers ?? {});
  const seconds = Number(headers.find(([name]) => name.toLowerCase() === "retry-after")?.[1] ?? Number.NaN);
  return Number.isFinite(seconds) && seconds >= 0 ? seconds * 1000 : undefined;
}
