import { type ErrorDetails, HandfastError, type HandfastErrorCode, isHandfastError } from "@handfast/core";

/** The call that failed. */
export interface CallFacts {
  /** AWS's name of it. */
  readonly operation: string;
  /** Verb first, for people. */
  readonly doing: string;
  readonly at: Readonly<Record<string, string>>;
  /** Whether it changes something: then a lost answer leaves open whether it did. */
  readonly writes: boolean;
}

interface Meaning {
  readonly code: HandfastErrorCode;
  readonly mend: string;
}

const unauthorized: Meaning = {
  code: "REMOTE_UNAUTHORIZED",
  mend: "check the credentials, that their policy allows this, and that the CA's aws_principals and s3_aws_principals name them",
};
const throttled: Meaning = { code: "REMOTE_RATE_LIMITED", mend: "wait, then try again" };
const busy: Meaning = { code: "REMOTE_CONFLICT", mend: "wait until the function is ready, then try again" };
const unavailable: Meaning = { code: "REMOTE_UNAVAILABLE", mend: "wait, then try again" };
const missing: Meaning = {
  code: "REMOTE_NOT_FOUND",
  mend: "check project, environment, bucket, region and account against the outputs of the CA's Terraform module",
};
const rejected: Meaning = { code: "REMOTE_REJECTED", mend: "look into the settings of the CA" };

/** By the SDK's name of an exception without `Exception` (Lambda API `Invoke`, S3 "Error responses"). */
const meanings: Readonly<Record<string, Meaning>> = {
  AccessDenied: unauthorized,
  CredentialsProviderError: unauthorized,
  ExpiredToken: unauthorized,
  Forbidden: unauthorized,
  IncompleteSignature: unauthorized,
  InvalidAccessKeyId: unauthorized,
  InvalidSignature: unauthorized,
  MissingAuthenticationToken: unauthorized,
  SignatureDoesNotMatch: unauthorized,
  TokenProviderError: unauthorized,
  UnrecognizedClient: unauthorized,

  EC2Throttled: throttled,
  RequestLimitExceeded: throttled,
  SlowDown: throttled,
  Throttling: throttled,
  TooManyRequests: throttled,

  ResourceConflict: busy,
  ResourceNotReady: busy,
  SnapStartNotReady: busy,

  NoSuchBucket: missing,
  NoSuchKey: missing,
  PermanentRedirect: missing,
  ResourceNotFound: missing,
};

/** Errors before anything was sent (Node.js, "Common system errors"). */
const neverSent = new Set(["EAI_AGAIN", "ECONNREFUSED", "EHOSTUNREACH", "ENETUNREACH", "ENOTFOUND"]);
/** Errors after which it is open what arrived. */
const lostAnswers = new Set(["ECONNABORTED", "ECONNRESET", "EPIPE", "ETIMEDOUT", "TimeoutError"]);

/** What an exception of the SDK looks like, as far as it is read. */
interface SdkError {
  readonly name: string;
  readonly message: string;
  readonly code?: string | undefined;
  readonly retryAfterSeconds?: string | undefined;
  readonly $metadata?: { readonly httpStatusCode?: number | undefined } | undefined;
}

/**
 * Turns what a client threw into a `HandfastError` of names, status and text alone. A write that may have happened is
 * marked `outcomeUnknown`.
 *
 * @returns the error to throw; what is no error of the SDK or of the connection comes back as it is (a defect)
 */
export function translateError(thrown: unknown, { operation, doing, at, writes }: CallFacts): unknown {
  if (isHandfastError(thrown) || !(thrown instanceof Error)) return thrown;
  const error: SdkError = thrown;
  const status = error.$metadata?.httpStatusCode;
  const name = error.name.replace(/Exception$/, "");
  const isAborted = name === "AbortError";
  const isLost = isAborted || [error.code ?? "", name].some((one) => lostAnswers.has(one));
  const isOpen =
    writes && (isLost || (status !== undefined && status >= 500 && meanings[name] === undefined));
  const meaning = isAborted
    ? { code: "ABORTED" as const, mend: "nothing to do" }
    : (meanings[name] ?? meaningOf(error, isLost, status));
  if (meaning === undefined) return thrown;
  const message = error.message === "" ? undefined : error.message.slice(0, 500);
  const seconds = Number(error.retryAfterSeconds ?? Number.NaN);
  const details: ErrorDetails = {
    operation,
    facts: at,
    provider: { code: name, status, message },
    ...(Number.isFinite(seconds) && seconds >= 0 ? { retryAfterMs: seconds * 1000 } : {}),
    ...(isOpen ? { outcomeUnknown: true } : {}),
  };
  const where = Object.entries(at).map(([key, value]) => `${key}=${value}`);
  const reason = [name, message === name ? undefined : message].filter(Boolean).join(": ");
  return new HandfastError(
    meaning.code,
    `${doing} failed [${where.join(", ")}]: ${isAborted ? "it was called off" : reason}; ${meaning.mend}`,
    details,
    { cause: thrown },
  );
}

function meaningOf(error: SdkError, isLost: boolean, status: number | undefined): Meaning | undefined {
  if (isLost || neverSent.has(error.code ?? "")) return unavailable;
  if (status === undefined) return undefined;
  if (status >= 500) return unavailable;
  if (status === 429) return throttled;
  if (status === 401 || status === 403) return unauthorized;
  if (status === 404 || status === 301) return missing;
  return status >= 400 ? rejected : { code: "REMOTE_UNEXPECTED", mend: "update the AWS SDK, or report it" };
}
