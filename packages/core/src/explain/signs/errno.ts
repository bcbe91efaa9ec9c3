import { clientCertificateCauses } from "../causes/all.ts";
import type { Sign } from "./sign.ts";

const late = "RFC 8446, 2 and E.1.2: the client is done before the server has looked at its certificate";

const cuts = ["ECONNRESET", "EPIPE", "ECONNABORTED"] as const;

/** A connection that was cut: what it means depends on whether a certificate was asked for. */
const cutSigns = cuts.flatMap((errno): Sign[] => [
  {
    mark: "errno",
    is: errno,
    without: ["asked"],
    seen: `the connection was broken off (${errno})`,
    points: { "silent-refusal": 2, "nothing-shown": 2, "cut-on-the-way": 2, "ca-not-trusted": 1 },
    sources: ["handfast: measured, a Node and an OpenSSL server under TLS 1.2 and 1.3"],
  },
  {
    mark: "errno",
    is: errno,
    given: { asked: true },
    seen: `the server asked for a certificate, and the connection was broken off (${errno})`,
    points: { "nothing-shown": 4, "ca-not-trusted": 3, "silent-refusal": 4, "cut-on-the-way": 1 },
    sources: [late],
  },
  {
    mark: "errno",
    is: errno,
    given: { asked: false },
    seen: `the connection was broken off (${errno}), and no certificate had been asked for`,
    points: { "cut-on-the-way": 4, "server-fault": 2, "no-such-site": 1 },
    sources: ["RFC 9293, 3.5.3"],
  },
  {
    mark: "errno",
    is: errno,
    given: { protocol: "TLSv1.3" },
    without: ["asked"],
    seen: "under TLS 1.3, where a refusal comes after the client believes it is connected",
    points: { "silent-refusal": 2, "nothing-shown": 2, "ca-not-trusted": 1 },
    sources: [late],
  },
  ...["alb", "cloudfront"].map(
    (server): Sign => ({
      mark: "errno",
      is: errno,
      given: { server },
      seen: "at a provider that ends a refused connection without an HTTP status",
      points: { "silent-refusal": 2, "nothing-shown": 2, "ca-not-trusted": 1 },
      sources: [
        "AWS: Mutual authentication with TLS in Application Load Balancer; Mutual TLS authentication with CloudFront (Viewer mTLS)",
        "UNVERIFIED: whether the end is a reset, close_notify or an alert",
      ],
    }),
  ),
]);

/** Error codes of sockets and of name resolution. */
export const errnoSigns: readonly Sign[] = [
  ...cutSigns,
  {
    mark: "errno",
    is: "ECONNREFUSED",
    seen: "the connection was refused (ECONNREFUSED)",
    points: { "port-closed": 6, unreachable: 1 },
    sources: ["POSIX: connect()"],
  },
  ...["EHOSTUNREACH", "ENETUNREACH", "EHOSTDOWN", "EADDRNOTAVAIL"].map(
    (errno): Sign => ({
      mark: "errno",
      is: errno,
      seen: `there is no way to the host (${errno})`,
      points: { unreachable: 6 },
      sources: ["POSIX: connect()"],
    }),
  ),
  {
    mark: "errno",
    is: "ETIMEDOUT",
    seen: "no answer in time (ETIMEDOUT)",
    points: { unreachable: 4, "slow-server": 2 },
    sources: ["POSIX: connect()"],
  },
  ...["ENOTFOUND", "EAI_AGAIN", "EAI_NONAME"].map(
    (errno): Sign => ({
      mark: "errno",
      is: errno,
      seen: `the name was not found (${errno})`,
      points: { "name-not-found": 6 },
      sources: ["Node.js: DNS, Error codes", "POSIX: getaddrinfo()"],
    }),
  ),
  {
    mark: "asked",
    is: false,
    seen: "the server did not ask for a certificate",
    points: {},
    rulesOut: clientCertificateCauses,
    sources: ["RFC 8446, 4.3.2: without a request no certificate is sent"],
  },
];
