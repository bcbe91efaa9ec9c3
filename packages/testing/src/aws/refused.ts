import type { Refusal } from "../faults.ts";
import { escapeXml } from "./xml.ts";

/** A refusal of a service that answers in XML. Thrown inside it; becomes the answer. */
export class AwsRefused extends Error {
  readonly status: number;
  readonly code: string;
  readonly headers: Readonly<Record<string, string>>;

  constructor(code: string, status: number, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.code = code;
    this.status = status;
    this.headers = headers;
  }
}

/** What every service refuses with, and the HTTP status ("Common Errors" of each API reference). */
const common = {
  AccessDenied: 403,
  ExpiredToken: 403,
  IncompleteSignature: 400,
  InvalidAction: 400,
  InvalidClientTokenId: 403,
  MalformedXML: 400,
  MissingAction: 400,
  MissingAuthenticationToken: 403,
  MissingBody: 400,
  SignatureDoesNotMatch: 403,
  Throttling: 400,
  ValidationError: 400,
} as const satisfies Record<string, number>;

/** A refusal that any of these services may answer with. */
export function refuseCommonly(code: keyof typeof common, message: string): AwsRefused {
  return new AwsRefused(code, common[code], message);
}

/** A fault in a service's own words. */
export function refusalOf(fault: Refusal): AwsRefused {
  if (fault.kind === "refuse") {
    return new AwsRefused(fault.code, fault.status, fault.message ?? fault.code, fault.headers);
  }
  const headers =
    fault.retryAfterSeconds === undefined ? {} : { "retry-after": String(fault.retryAfterSeconds) };
  return new AwsRefused("Throttling", common.Throttling, "Rate exceeded", headers);
}

/** A refusal as an answer, in the form that the Query and REST-XML protocols share. */
export function renderRefusal(refused: AwsRefused, namespace: string, requestId: string): Response {
  const type = refused.status >= 500 ? "Receiver" : "Sender";
  return new Response(
    `<ErrorResponse xmlns="${namespace}"><Error><Type>${type}</Type>` +
      `<Code>${escapeXml(refused.code)}</Code><Message>${escapeXml(refused.message)}</Message></Error>` +
      `<RequestId>${requestId}</RequestId></ErrorResponse>`,
    { status: refused.status, headers: { "content-type": "text/xml", ...refused.headers } },
  );
}
