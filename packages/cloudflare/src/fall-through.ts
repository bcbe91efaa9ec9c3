/**
 * One presenter with three switches: a hostname's association decides first, then the zone's own certificate, then
 * Cloudflare's shared one. Each adapter writes one of them, and knows what the writes of the others do to it.
 * Source: Cloudflare SSL/TLS documentation, "Authenticated Origin Pulls".
 */

/** The object of zone-level origin pulls: switch and store. */
export const zoneObject = (zone: string): string => `cloudflare/${zone}/zone-origin-pull`;

/** The object of global origin pulls: the zone setting `tls_client_auth`. */
export const globalObject = (zone: string): string => `cloudflare/${zone}/global-origin-pull`;

/** Why nobody can say by which certificate global origin pulls are known. */
export const sharedCertificate = "Cloudflare's shared certificate";
