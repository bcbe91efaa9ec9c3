import { HandfastError, isHandfastError } from "@handfast/core";
import { describe, expect, it } from "vitest";
import { translateError } from "../src/translate-error.ts";

const call = {
  operation: "ModifyListener",
  doing: "set listener",
  at: { listener: "front", region: "eu-west-1" },
};

function thrown(name: string, status?: number, rest: object = {}): Error {
  return Object.assign(
    new Error("as the provider says"),
    { name, $metadata: { httpStatusCode: status } },
    rest,
  );
}

function translated(error: unknown, writes = true): HandfastError {
  const result = translateError(error, { ...call, writes });
  if (isHandfastError(result)) return result;
  throw new Error("it was not recognised");
}

describe("translateError", () => {
  it.each([
    ["AccessDenied", 403, "REMOTE_UNAUTHORIZED"],
    ["AccessDeniedException", 403, "REMOTE_UNAUTHORIZED"],
    ["InvalidClientTokenId", 403, "REMOTE_UNAUTHORIZED"],
    ["SignatureDoesNotMatch", 403, "REMOTE_UNAUTHORIZED"],
    ["ExpiredToken", 400, "REMOTE_UNAUTHORIZED"],
    ["CredentialsProviderError", undefined, "REMOTE_UNAUTHORIZED"],
    ["403", 403, "REMOTE_UNAUTHORIZED"],
    ["Throttling", 400, "REMOTE_RATE_LIMITED"],
    ["ThrottlingException", 400, "REMOTE_RATE_LIMITED"],
    ["SlowDown", 503, "REMOTE_RATE_LIMITED"],
    ["Unnamed", 429, "REMOTE_RATE_LIMITED"],
    ["InternalError", 500, "REMOTE_UNAVAILABLE"],
    ["ServiceUnavailable", 503, "REMOTE_UNAVAILABLE"],
    ["Unnamed", 502, "REMOTE_UNAVAILABLE"],
    ["TimeoutError", undefined, "REMOTE_UNAVAILABLE"],
    ["TrustStoreNotFoundException", 400, "REMOTE_NOT_FOUND"],
    ["ListenerNotFoundException", 400, "REMOTE_NOT_FOUND"],
    ["CaCertificatesBundleNotFoundException", 400, "REMOTE_NOT_FOUND"],
    ["NoSuchBucket", 404, "REMOTE_NOT_FOUND"],
    ["NotFound", 404, "REMOTE_NOT_FOUND"],
    ["PermanentRedirect", 301, "REMOTE_NOT_FOUND"],
    ["NoSuchDistribution", 404, "REMOTE_NOT_FOUND"],
    ["EntityNotFound", 404, "REMOTE_NOT_FOUND"],
    ["ResourceNotFoundException", 400, "REMOTE_NOT_FOUND"],
    ["DuplicateTrustStoreNameException", 400, "REMOTE_CONFLICT"],
    ["InvalidIfMatchVersion", 400, "REMOTE_CONFLICT"],
    ["CannotDeleteEntityWhileInUse", 409, "REMOTE_CONFLICT"],
    ["ResourceInUseException", 400, "REMOTE_CONFLICT"],
    ["RequestInProgressException", 400, "REMOTE_CONFLICT"],
    ["ConflictException", 409, "REMOTE_CONFLICT"],
    ["TrustStoreInUseException", 400, "REMOTE_CONFLICT"],
    ["TrustStoreNotReadyException", 400, "REMOTE_CONFLICT"],
    ["PreconditionFailed", 412, "REMOTE_CONFLICT"],
    ["ConditionalRequestConflict", 409, "REMOTE_CONFLICT"],
    ["InvalidCaCertificatesBundleException", 400, "REMOTE_REJECTED"],
    ["InvalidRevocationContentException", 400, "REMOTE_REJECTED"],
    ["TooManyTrustStoresException", 400, "REMOTE_REJECTED"],
    ["LimitExceededException", 400, "REMOTE_REJECTED"],
    ["EntityLimitExceeded", 400, "REMOTE_REJECTED"],
    ["ServiceQuotaExceededException", 402, "REMOTE_REJECTED"],
    ["InvalidViewerCertificate", 400, "REMOTE_REJECTED"],
    ["MalformedXML", 400, "REMOTE_REJECTED"],
    ["ValidationError", 400, "REMOTE_REJECTED"],
    ["SomethingNew", 400, "REMOTE_REJECTED"],
    ["SyntaxError", 200, "REMOTE_UNEXPECTED"],
  ])("makes %s (%s) %s", (name, status, code) => {
    const error = translated(thrown(name, status));
    expect(error.code).toBe(code);
    expect(error.details.operation).toBe("ModifyListener");
  });

  it.each([
    ["InternalError", 500, true],
    ["ServiceUnavailable", 503, true],
    ["TimeoutError", undefined, true],
    ["AbortError", undefined, true],
    ["Throttling", 400, undefined],
    ["TrustStoreInUseException", 400, undefined],
  ])("leaves open what became of a write after %s", (name, status, unknown) => {
    expect(translated(thrown(name, status)).details.outcomeUnknown).toBe(unknown);
    expect(translated(thrown(name, status), false).details.outcomeUnknown).toBeUndefined();
  });

  it.each(["ECONNRESET", "ECONNREFUSED", "EPIPE", "ETIMEDOUT", "ENOTFOUND", "EAI_AGAIN"])(
    "knows a lost answer by %s",
    (code) => {
      const error = translated(Object.assign(new Error("socket"), { code }));
      expect(error).toMatchObject({
        code: "REMOTE_UNAVAILABLE",
        details: { outcomeUnknown: true, provider: { code } },
      });
    },
  );

  it("says operation, coordinates, reason and what to do", () => {
    expect(translated(thrown("TrustStoreNotFoundException", 400)).message).toBe(
      "set listener failed [listener=front, region=eu-west-1]: TrustStoreNotFound: as the provider says; check the name, the region and the account",
    );
  });

  it("keeps what the provider said, cut to 500 characters, and how long it asks to wait", () => {
    const long = thrown("Throttling", 400, {
      message: "x".repeat(600),
      $response: { headers: { "Retry-After": "7" } },
    });
    const { provider, retryAfterMs } = translated(long).details;
    expect(provider).toEqual({ code: "Throttling", status: 400, message: "x".repeat(500) });
    expect(retryAfterMs).toBe(7_000);
  });

  it("carries neither the request nor the response", () => {
    const error = translated(
      thrown("InternalError", 500, { $response: { body: "SECRET" }, config: "SECRET" }),
    );
    expect(JSON.stringify([error, error.message, error.cause])).not.toContain("SECRET");
  });

  it("makes a call that was called off ABORTED", () => {
    expect(translated(thrown("AbortError"), false).code).toBe("ABORTED");
  });

  it("hands a defect on as it is", () => {
    const defect = new TypeError("undefined is not a function");
    expect(translateError(defect, { ...call, writes: true })).toBe(defect);
    const known = new HandfastError("RUN_STATE", "as it is");
    expect(translateError(known, { ...call, writes: true })).toBe(known);
  });
});
