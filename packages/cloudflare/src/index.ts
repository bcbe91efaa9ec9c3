export type { CloudflareHttpOptions } from "./cloudflare-http.ts";
export type { CloudflareCredentials, SecretText } from "./credentials.ts";
export { type CloudflareHostnameOptions, cloudflareHostname } from "./hostname/adapter.ts";
export type { HostnameTarget } from "./hostname/target.ts";
export { type CloudflareRateLimit, cloudflareRateLimit, type RateLimitOptions } from "./rate-limit.ts";
