import { readSigningRequest as readDer, type SigningRequest } from "../../issuing/signing-request.ts";
import { FunctionFailure } from "../lambda/functions.ts";

/**
 * A request from base64 around PEM.
 *
 * @throws FunctionFailure what Python throws for something else
 */
export function readSigningRequest(base64: unknown): SigningRequest {
  if (typeof base64 !== "string")
    throw new FunctionFailure(
      "TypeError",
      "argument should be a bytes-like object or ASCII string, not 'NoneType'",
    );
  if (base64.replace(/[^A-Za-z0-9+/]/g, "").length % 4 === 1)
    throw new FunctionFailure("Error", "Incorrect padding");
  const pem = Buffer.from(base64, "base64").toString("latin1");
  const body =
    /-----BEGIN (?:NEW )?CERTIFICATE REQUEST-----([\s\S]*?)-----END (?:NEW )?CERTIFICATE REQUEST-----/.exec(
      pem,
    )?.[1];
  if (body === undefined)
    throw new FunctionFailure(
      "ValueError",
      "Unable to load PEM file. See https://cryptography.io/en/latest/faq/#why-can-t-i-import-my-pem-file for more details. MalformedFraming",
    );
  try {
    return readDer(Buffer.from(body, "base64"));
  } catch {
    throw new FunctionFailure("ValueError", "error parsing asn1 value: ParseError { kind: InvalidValue }");
  }
}
