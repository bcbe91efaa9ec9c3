import type { AwsRefused } from "../refused.ts";

/** What the JSON protocols call that which every service may refuse with ("Common Errors"). */
const names: Readonly<Record<string, string>> = {
  AccessDenied: "AccessDeniedException",
  ExpiredToken: "ExpiredTokenException",
  IncompleteSignature: "IncompleteSignatureException",
  InvalidAction: "UnknownOperationException",
  InvalidClientTokenId: "UnrecognizedClientException",
  MissingAuthenticationToken: "MissingAuthenticationTokenException",
  SignatureDoesNotMatch: "InvalidSignatureException",
  Throttling: "ThrottlingException",
  ValidationError: "ValidationException",
};

/**
 * A refusal as an answer in JSON.
 *
 * @param protocol where the code stands: `json` says it in the body, `rest-json` in a header
 */
export function renderJsonRefusal(refused: AwsRefused, protocol: "json" | "rest-json"): Response {
  const code = names[refused.code] ?? refused.code;
  const { status, message } = refused;
  return protocol === "json"
    ? new Response(JSON.stringify({ __type: code, message }), {
        status,
        headers: { "content-type": "application/x-amz-json-1.1", ...refused.headers },
      })
    : new Response(JSON.stringify({ Message: message }), {
        status,
        headers: { "content-type": "application/json", "x-amzn-errortype": code, ...refused.headers },
      });
}
