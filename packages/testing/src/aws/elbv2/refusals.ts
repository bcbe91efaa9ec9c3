import { AwsRefused } from "../refused.ts";

/**
 * Every code of its own that the simulated service refuses with, and the HTTP status
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
  InvalidCaCertificatesBundle: 400,
  InvalidConfigurationRequest: 400,
  InvalidRevocationContent: 400,
  ListenerNotFound: 400,
  LoadBalancerNotFound: 400,
  ResourceNotFound: 400,
  RevocationContentNotFound: 400,
  RevocationIdNotFound: 400,
  SSLPolicyNotFound: 400,
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

/** A refusal to throw. */
export function refuse(code: Elbv2RefusalCode, message: string): AwsRefused {
  return new AwsRefused(code, refusals[code], message);
}
