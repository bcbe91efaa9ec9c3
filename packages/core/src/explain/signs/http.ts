import { notShownCauses } from "../causes/all.ts";
import type { Sign } from "./sign.ts";

const nginx = "nginx: Module ngx_http_ssl_module, Error Processing";
const cloudflare5xx = (status: number): string => `Cloudflare: Error ${status}`;
const unknownMapping =
  "UNVERIFIED: whether 520 or 525 is shown when the origin refuses the client certificate; by the handshake's order 525 under TLS 1.2, 520 under TLS 1.3";

const status = (is: number, sign: Omit<Sign, "mark" | "is" | "seen"> & { readonly seen?: string }): Sign => ({
  mark: "httpStatus",
  is,
  seen: `HTTP ${is}`,
  ...sign,
});

/** HTTP answers. Pages that name their reason are found in the text and become 495, 496 or 497. */
export const httpSigns: readonly Sign[] = [
  ...[401, 404, 405, 406, 410, 429, 500, 501].map((is) =>
    status(is, { points: { "application-answer": 5 }, sources: ["RFC 9110, 15.5 and 15.6"] }),
  ),
  status(400, {
    points: { "nothing-shown": 2, "ca-not-trusted": 2, "application-answer": 2, "not-tls": 1 },
    sources: [nginx],
  }),
  status(400, {
    given: { server: "nginx" },
    points: { "nothing-shown": 2, "ca-not-trusted": 1, "crl-missing": 1 },
    sources: ["nginx: 495, 496 and 497 are sent as 400", nginx],
  }),
  status(400, {
    given: { server: "cloudflare" },
    points: { "edge-shows-nothing": 4, "origin-refuses-edge": 2 },
    hop: "edge-to-origin",
    sources: ["typisttech/trellis-cloudflare-origin-ca#34", nginx],
  }),
  status(403, {
    points: { "application-answer": 3, "edge-rule-refused": 1, "gateway-refused": 1, "refused-by-policy": 1 },
    sources: ["RFC 9110, 15.5.4"],
  }),
  status(403, {
    given: { server: "api-gateway" },
    points: { "gateway-refused": 4 },
    sources: [
      "AWS re:Post: How do I troubleshoot HTTP 403 Forbidden errors from an API Gateway custom domain name that requires mutual TLS?",
    ],
  }),
  status(403, {
    given: { server: "cloudflare" },
    points: { "edge-rule-refused": 4 },
    sources: ["Cloudflare: API Shield, Configure mTLS"],
  }),
  status(403, {
    given: { server: "apache" },
    points: { "nothing-shown": 3 },
    sources: [
      "Apache: mod_ssl, SSLVerifyClient (for a location, under TLS 1.3 by post-handshake authentication)",
    ],
  }),
  status(421, { points: { "connection-reused": 5, "no-such-site": 2 }, sources: ["RFC 9110, 15.5.20"] }),
  status(495, {
    points: {
      "ca-not-trusted": 4,
      "chain-incomplete": 2,
      "leaf-expired": 2,
      "crl-missing": 2,
      "wrong-purpose": 2,
      revoked: 1,
      "crl-expired": 1,
    },
    rulesOut: notShownCauses,
    sources: [nginx],
  }),
  status(495, {
    given: { server: "cloudflare" },
    points: { "origin-refuses-edge": 6 },
    hop: "edge-to-origin",
    sources: [nginx],
  }),
  status(496, { points: { "nothing-shown": 6, "cannot-sign": 2 }, sources: [nginx] }),
  status(496, {
    given: { server: "cloudflare" },
    points: { "edge-shows-nothing": 7 },
    hop: "edge-to-origin",
    sources: ["typisttech/trellis-cloudflare-origin-ca#34", nginx],
  }),
  status(497, { points: { "not-tls": 6 }, sources: [nginx] }),
  status(502, {
    points: {
      "origin-no-tls": 2,
      "origin-empty-answer": 2,
      "origin-refuses-edge": 2,
      "application-answer": 1,
    },
    hop: "edge-to-origin",
    sources: ["RFC 9110, 15.6.3"],
  }),
  status(502, {
    given: { server: "cloudfront" },
    points: { "origin-certificate-invalid": 3, "origin-no-tls": 2, "origin-refuses-edge": 2 },
    hop: "edge-to-origin",
    sources: ["AWS: HTTP 502 status code (Bad Gateway), CloudFront"],
  }),
  status(503, {
    points: { "application-answer": 2, "origin-empty-answer": 1 },
    sources: ["RFC 9110, 15.6.4"],
  }),
  status(504, {
    points: { "slow-server": 3, unreachable: 2 },
    hop: "edge-to-origin",
    sources: ["RFC 9110, 15.6.5"],
  }),
  status(520, {
    points: {
      "origin-refuses-edge": 4,
      "edge-shows-nothing": 4,
      "origin-empty-answer": 3,
      "worker-to-proxied": 1,
    },
    hop: "edge-to-origin",
    sources: [cloudflare5xx(520), unknownMapping],
  }),
  status(520, {
    given: { protocol: "TLSv1.3" },
    points: { "edge-shows-nothing": 1 },
    hop: "edge-to-origin",
    sources: [unknownMapping],
  }),
  status(521, {
    points: { "port-closed": 5, unreachable: 1 },
    hop: "edge-to-origin",
    sources: [cloudflare5xx(521)],
  }),
  status(522, { points: { unreachable: 5 }, hop: "edge-to-origin", sources: [cloudflare5xx(522)] }),
  status(523, {
    points: { unreachable: 4, "name-not-found": 3 },
    hop: "edge-to-origin",
    sources: [cloudflare5xx(523)],
  }),
  status(524, { points: { "slow-server": 5 }, hop: "edge-to-origin", sources: [cloudflare5xx(524)] }),
  status(525, {
    points: { "origin-no-tls": 4, "edge-shows-nothing": 4, "origin-refuses-edge": 3 },
    hop: "edge-to-origin",
    sources: [cloudflare5xx(525), unknownMapping],
  }),
  status(526, {
    points: { "origin-certificate-invalid": 6 },
    rulesOut: ["edge-shows-nothing", "origin-refuses-edge"],
    hop: "edge-to-origin",
    sources: [cloudflare5xx(526)],
  }),
];
