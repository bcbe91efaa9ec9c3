export { type CloudflareOptions, cloudflare, type NewToken, type SimulatedCloudflare } from "./cloudflare.ts";
export type { CloudflarePermission } from "./credentials.ts";
export type { CloudflareEdgeView, SharedCertificate } from "./edge-view.ts";
export type { Deployments } from "./origin-pull/models.ts";
export type { ChainHandling } from "./origin-pull/read-upload.ts";
export type { CloudflareRateLimit } from "./rate-limit.ts";
export type { CloudflareTiming } from "./timing.ts";
export type { NewRecord, NewRule, NewZone } from "./world.ts";
export type { CloudflarePlan, SslMode, ZoneSettings } from "./zones/models.ts";
