export type { CloudflareHttpOptions } from "./cloudflare-http.ts";
export type { CloudflareCredentials, SecretText } from "./credentials.ts";
export { type CloudflareGlobalOptions, cloudflareGlobal, type GlobalTarget } from "./global/adapter.ts";
export { type CloudflareHostnameOptions, cloudflareHostname } from "./hostname/adapter.ts";
export type { HostnameTarget } from "./hostname/target.ts";
export { type CloudflareRateLimit, cloudflareRateLimit, type RateLimitOptions } from "./rate-limit.ts";
export { type CloudflareZoneOptions, cloudflareZone } from "./zone/adapter.ts";
export type { ZoneTarget } from "./zone/target.ts";
