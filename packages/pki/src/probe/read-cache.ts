/** Fields by which caches say whose answer it is, and the values that mean: not the application's, or not of now. */
const marks: readonly (readonly [field: string, value: RegExp])[] = [
  // Cloudflare: Cache, Default cache behavior, Cloudflare cache responses.
  ["cf-cache-status", /^(?:hit|stale|updating|revalidated)$/i],
  // CloudFront: "Hit from cloudfront", "RefreshHit from cloudfront", and answers that it made itself; Fastly, Varnish, Squid.
  ["x-cache", /hit\b|GeneratedResponse\b|^Redirect from cloudfront/i],
  // RFC 9211, 2.1.
  ["cache-status", /;\s*hit\b(?!\s*=\s*\?0)/i],
  // RFC 9111, 5.1: seconds since the origin made or confirmed it.
  ["age", /^\s*0*[1-9]\d*\s*$/],
];

/** The field of an answer that says that a cache gave it, as it stands there; undefined when none does. */
export function readCache(headers: Readonly<Record<string, string>>): string | undefined {
  const found = marks.find(([field, value]) => value.test(headers[field] ?? ""));
  return found === undefined ? undefined : `${found[0]}: ${headers[found[0]]?.slice(0, 60)}`;
}
