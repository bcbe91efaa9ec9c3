import type { HttpAnswer } from "./ask-http.ts";

/** Pages by which servers refuse a certificate after the handshake, or the lack of one, and the status of each. */
const pages: readonly (readonly [status: number, page: RegExp])[] = [
  // nginx and what is built on it: ngx_http_special_response.c, the pages of 495 and 496, sent as 400.
  [400, /<title>400 (?:No required SSL certificate was sent|The SSL certificate error)<\/title>/],
  // Apache httpd, ssl_engine_kernel.c: SSLVerifyClient for a location, and a client that can't be asked again.
  [403, /Reason: Cannot perform Post-Handshake Authentication/],
  // Cloudflare, "Error 1020": a custom rule, by which API Shield refuses.
  [403, /\bError(?: code:)? 1020\b/i],
  // IIS, "The HTTP status codes in IIS": certificate required, mapped to none, revoked, untrusted, expired.
  [403, /HTTP Error 403\.(?:7|12|13|16|17)\b/],
];

/** 495 and 496 are nginx's own numbers for a bad and a missing certificate; some set-ups let them out. */
const statuses: ReadonlySet<number> = new Set([495, 496]);

/** What an answer says of the client's certificate: that it was refused, perhaps, or nothing. */
export function readRefusal({ status, body }: HttpAnswer): "refused" | "perhaps" | undefined {
  if (statuses.has(status)) return "refused";
  if (pages.some(([of, page]) => of === status && page.test(body))) return "refused";
  // nginx with a page of its own; API Gateway, whose 403 says "Forbidden" for a refused certificate and much else.
  return status === 400 || status === 403 ? "perhaps" : undefined;
}
