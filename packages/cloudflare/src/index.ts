export {
  type CloudflareApiShieldAdapter,
  type CloudflareApiShieldOptions,
  cloudflareApiShield,
} from "./api-shield/adapter.ts";
export type { ApiShieldTarget } from "./api-shield/target.ts";
export {
  type ClientCertificate,
  type ClientCertificateStatus,
  type ClientCertificates,
  type ClientCertificatesOptions,
  clientCertificates,
} from "./client-certificates/client-certificates.ts";
export type { CloudflareHttpOptions } from "./cloudflare-http.ts";
export type { CloudflareCredentials, SecretText } from "./credentials.ts";
export { type PackOptions, packHostnames } from "./fleet/pack-hostnames.ts";
export { type ZoneHostnames, type ZoneHostnamesOptions, zoneHostnames } from "./fleet/zone-hostnames.ts";
export { type CloudflareGlobalOptions, cloudflareGlobal, type GlobalTarget } from "./global/adapter.ts";
export type { AddressRate } from "./governor/address-rate.ts";
export type { RateQuota } from "./governor/quota.ts";
export {
  type GovernedAnswer,
  type GovernedCall,
  type GovernorReport,
  type RateGovernor,
  type RateGovernorOptions,
  rateGovernor,
} from "./governor/rate-governor.ts";
export {
  type GovernedCredential,
  type MakeGovernor,
  type RateGovernors,
  rateGovernors,
} from "./governor/rate-governors.ts";
export { type CloudflareHostnameOptions, cloudflareHostname } from "./hostname/adapter.ts";
export type { HostnameTarget } from "./hostname/target.ts";
export { type CloudflareZoneOptions, cloudflareZone } from "./zone/adapter.ts";
export type { ZoneTarget } from "./zone/target.ts";
