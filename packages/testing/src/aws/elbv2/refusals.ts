import { escapeXml } from "../xml.ts";

/**
 * Every code that the simulated service refuses with, and the HTTP status
 * (ELBv2 API Reference, per operation, and "Common Errors"). All modelled errors are 400.
 */
const refusals = {
  AccessDenied: 403,
  ALPNPolicyNotFound: 400,
  AssociationNotFound: 400,
  CaCertificatesBundleNotFound: 400,
  CertificateNotFound: 400,
  DeleteAssociationSameAccount: 400,
  DuplicateListener: 400,
  DuplicateTagKeys: 400,
  DuplicateTrustStoreName: 400,
  IncompatibleProtocols: 400,
  InvalidAction: 400,
  InvalidCaCertificatesBundle: 400,
  InvalidClientTokenId: 403,
  InvalidConfigurationRequest: 400,
  InvalidRevocationContent: 400,
  IncompleteSignature: 400,
  ListenerNotFound: 400,
  LoadBalancerNotFound: 400,
  MissingAction: 400,
  MissingAuthenticationToken: 403,
  ResourceNotFound: 400,
  RevocationContentNotFound: 400,
  RevocationIdNotFound: 400,
  SSLPolicyNotFound: 400,
  SignatureDoesNotMatch: 403,
  Throttling: 400,
  TooManyCertificates: 400,
  TooManyListeners: 400,
  TooManyTags: 400,
  TooManyTrustStoreRevocationEntries: 400,
  TooManyTrustStores: 400,
  TrustStoreInUse: 400,
  TrustStoreNotFound: 400,
  TrustStoreNotReady: 400,
  UnsupportedProtocol: 400,
  ValidationError: 400,
} as const satisfies Record<string, number>;

/** A code that the simulated service refuses with. */
export type Elbv2RefusalCode = keyof typeof refusals;

/** Thrown inside the service; becomes the answer. */
export class Elbv2Refused extends Error {
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

/** A refusal to throw. */
export function refuse(code: Elbv2RefusalCode, message: string): Elbv2Refused {
  return new Elbv2Refused(code, refusals[code], message);
}

/** A refusal as an answer. */
export function renderRefusal(refused: Elbv2Refused, requestId: string): Response {
  const type = refused.status >= 500 ? "Receiver" : "Sender";
  return new Response(
    `<ErrorResponse xmlns="http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/"><Error><Type>${type}</Type>` +
      `<Code>${escapeXml(refused.code)}</Code><Message>${escapeXml(refused.message)}</Message></Error>` +
      `<RequestId>${requestId}</RequestId></ErrorResponse>`,
    { status: refused.status, headers: { "content-type": "text/xml", ...refused.headers } },
  );
}
