import { renderXml, type XmlValue } from "../xml.ts";

/** Status and text of each refusal of S3 (S3 API Reference, "Error responses"). */
const refusals = {
  AccessDenied: [403, "Access Denied"],
  AuthorizationHeaderMalformed: [400, "The authorization header is malformed."],
  BadDigest: [400, "The checksum you specified did not match the calculated checksum."],
  BucketAlreadyExists: [
    409,
    "The requested bucket name is not available. The bucket namespace is shared by all users of the system. Please select a different name and try again.",
  ],
  BucketAlreadyOwnedByYou: [
    409,
    "Your previous request to create the named bucket succeeded and you already own it.",
  ],
  BucketNotEmpty: [409, "The bucket you tried to delete is not empty"],
  ConditionalRequestConflict: [
    409,
    "The conditional request cannot succeed due to a conflicting operation against this resource.",
  ],
  ExpiredToken: [400, "The provided token has expired."],
  IncompleteBody: [
    400,
    "You did not provide the number of bytes specified by the Content-Length HTTP header.",
  ],
  IllegalLocationConstraintException: [
    400,
    "The location constraint is incompatible for the region specific endpoint this request was sent to.",
  ],
  IllegalVersioningConfigurationException: [
    400,
    "The Versioning element must be specified in the versioning configuration.",
  ],
  InvalidAccessKeyId: [403, "The AWS Access Key Id you provided does not exist in our records."],
  InvalidArgument: [400, "Invalid Argument"],
  InvalidBucketAclWithObjectOwnership: [
    400,
    "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting",
  ],
  InvalidBucketName: [400, "The specified bucket is not valid."],
  InvalidLocationConstraint: [400, "The specified location-constraint is not valid"],
  InvalidRequest: [400, "Invalid Request"],
  InvalidTag: [400, "The tag provided was not a valid tag."],
  InvalidToken: [400, "The provided token is malformed or otherwise invalid."],
  KeyTooLongError: [400, "Your key is too long"],
  MalformedPolicy: [400, "Policy has invalid syntax"],
  MalformedXML: [
    400,
    "The XML you provided was not well-formed or did not validate against our published schema",
  ],
  MethodNotAllowed: [405, "The specified method is not allowed against this resource."],
  NoSuchBucket: [404, "The specified bucket does not exist"],
  NoSuchBucketPolicy: [404, "The bucket policy does not exist"],
  NoSuchKey: [404, "The specified key does not exist."],
  NoSuchPublicAccessBlockConfiguration: [404, "The public access block configuration was not found"],
  NoSuchVersion: [404, "The specified version does not exist."],
  NotImplemented: [501, "A header you provided implies functionality that is not implemented."],
  PermanentRedirect: [
    301,
    "The bucket you are attempting to access must be addressed using the specified endpoint. Please send all future requests to this endpoint.",
  ],
  PreconditionFailed: [412, "At least one of the pre-conditions you specified did not hold"],
  SignatureDoesNotMatch: [
    403,
    "The request signature we calculated does not match the signature you provided. Check your key and signing method.",
  ],
  SlowDown: [503, "Please reduce your request rate."],
  XAmzContentSHA256Mismatch: [
    400,
    "The provided 'x-amz-content-sha256' header does not match what was computed.",
  ],
} as const satisfies Record<string, readonly [number, string]>;

/** A code that S3 refuses with. */
export type S3RefusalCode = keyof typeof refusals;

/** Thrown inside the service; becomes the answer. */
export class S3Refused extends Error {
  readonly status: number;
  readonly code: string;
  readonly fields: Readonly<Record<string, XmlValue>>;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    code: string,
    status: number,
    message: string,
    fields: Readonly<Record<string, XmlValue>>,
    headers: Readonly<Record<string, string>>,
  ) {
    super(message);
    this.code = code;
    this.status = status;
    this.fields = fields;
    this.headers = headers;
  }
}

/** A refusal to throw. `fields` are the further elements that S3 puts into this error. */
export function refuse(
  code: S3RefusalCode,
  options: {
    readonly message?: string | undefined;
    readonly fields?: Readonly<Record<string, XmlValue>> | undefined;
    readonly headers?: Readonly<Record<string, string>> | undefined;
  } = {},
): S3Refused {
  const [status, message] = refusals[code];
  return new S3Refused(code, status, options.message ?? message, options.fields ?? {}, options.headers ?? {});
}

/** A refusal as an answer. An answer to HEAD has no body, so its code is lost on the way. */
export function renderRefusal(
  refused: Pick<S3Refused, "code" | "status" | "message" | "fields" | "headers">,
  request: { readonly method: string; readonly requestId: string },
): Response {
  const { code, status, message, fields, headers } = refused;
  const body = renderXml(
    "Error",
    { Code: code, Message: message, ...fields, RequestId: request.requestId, HostId: "simulated" },
    "flat",
  );
  return new Response(request.method === "HEAD" ? null : `<?xml version="1.0" encoding="UTF-8"?>\n${body}`, {
    status,
    headers: { "content-type": "application/xml", "x-amz-request-id": request.requestId, ...headers },
  });
}
