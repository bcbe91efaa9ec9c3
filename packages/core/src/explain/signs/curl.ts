import { clientCertificateCauses } from "../causes/all.ts";
import type { Sign } from "./sign.ts";

const curl = (
  code: number,
  says: string,
  points: Sign["points"],
  more: Partial<Pick<Sign, "given" | "without" | "rulesOut">> = {},
): Sign => ({
  mark: "curl",
  is: code,
  seen: `curl ended with ${code} (${says})`,
  points,
  ...more,
  sources: [`curl: curl(1), exit code ${code}`],
});

/** Exit codes of curl. 35 and 56 are what refusals look like: 35 under TLS 1.2, 56 under TLS 1.3. */
export const curlSigns: readonly Sign[] = [
  curl(6, "could not resolve the host", { "name-not-found": 6 }),
  curl(7, "could not connect", { "port-closed": 4, unreachable: 2 }),
  curl(16, "HTTP/2 framing error", { "http2-fault": 3, "nothing-shown": 2, "silent-refusal": 2 }),
  curl(28, "timed out", { "slow-server": 2, unreachable: 3 }),
  curl(35, "TLS handshake failed", {
    "nothing-shown": 2,
    "no-shared-cipher": 1,
    "ca-not-trusted": 1,
    "not-tls": 1,
    "no-shared-version": 1,
  }),
  curl(52, "no answer", {
    "silent-refusal": 3,
    "nothing-shown": 2,
    "ca-not-trusted": 2,
    "cut-on-the-way": 1,
  }),
  curl(55, "sending failed", {
    "silent-refusal": 2,
    "nothing-shown": 2,
    "cut-on-the-way": 2,
    "ca-not-trusted": 1,
  }),
  curl(56, "receiving failed", {
    "nothing-shown": 3,
    "silent-refusal": 2,
    "ca-not-trusted": 2,
    "cut-on-the-way": 1,
  }),
  curl(58, "problem with the local certificate", { "client-file-unusable": 6 }),
  curl(59, "cipher can't be used", { "no-shared-cipher": 4 }),
  {
    mark: "curl",
    is: 60,
    seen: "curl ended with 60 (the server's certificate can't be verified)",
    points: { "server-not-trusted": 5, "wrong-name": 2, "leaf-expired": 2, "server-expired": 1 },
    rulesOut: clientCertificateCauses.filter((code) => code !== "leaf-expired"),
    sources: [
      "curl: curl(1), exit code 60",
      "curl: lib/vtls/openssl.c: a certificate_expired alert of the server ends with 60 too, below TLS 1.3; measured with curl 7.88.1, also with -k",
    ],
  },
  curl(77, "file of CAs can't be read", { "client-ca-file": 6 }),
  curl(82, "file of revoked certificates can't be read", { "client-ca-file": 4 }),
  curl(83, "issuer check failed", { "server-not-trusted": 4 }),
  curl(90, "pinned key does not match", { "wrong-name": 2, "server-not-trusted": 4 }),
  curl(91, "server's certificate status is bad", { "server-not-trusted": 4 }),
  curl(92, "error in a stream of HTTP/2", {
    "nothing-shown": 3,
    "silent-refusal": 3,
    "ca-not-trusted": 2,
    "http2-fault": 2,
  }),
];

const framing = "AWS: Mutual TLS authentication with CloudFront (Viewer mTLS)";
const late =
  "RFC 8446, 2 and E.1.2: over TLS 1.3 the refusal comes after the client has begun to speak HTTP/2, and so looks like a framing error";

/** How HTTP/2 ended without an answer. */
export const http2Signs: readonly Sign[] = [
  ...["PROTOCOL_ERROR", "STREAM_CLOSED", "INTERNAL_ERROR", "CANCEL", "REFUSED_STREAM", "closed"].map(
    (name): Sign => ({
      mark: "http2",
      is: name,
      seen: `HTTP/2 ended with ${name}`,
      points:
        name === "PROTOCOL_ERROR" || name === "closed"
          ? { "nothing-shown": 3, "silent-refusal": 3, "ca-not-trusted": 2, "http2-fault": 2 }
          : { "http2-fault": 3, "nothing-shown": 1, "silent-refusal": 1 },
      sources: ["RFC 9113, 7", late],
    }),
  ),
  {
    mark: "http2",
    is: "PROTOCOL_ERROR",
    given: { server: "cloudfront" },
    seen: "at CloudFront, where a refused client certificate shows so",
    points: { "nothing-shown": 3, "ca-not-trusted": 1 },
    hop: "client-to-edge",
    sources: [framing, late],
  },
  {
    mark: "http2",
    is: "closed",
    given: { server: "cloudfront" },
    seen: "at CloudFront, where a refused client certificate shows so",
    points: { "nothing-shown": 3, "ca-not-trusted": 1 },
    hop: "client-to-edge",
    sources: [framing, late],
  },
  {
    mark: "http2",
    is: "INADEQUATE_SECURITY",
    seen: "HTTP/2 ended with INADEQUATE_SECURITY",
    points: { "no-shared-cipher": 4, "no-shared-version": 2 },
    sources: ["RFC 9113, 9.2"],
  },
  {
    mark: "http2",
    is: "HTTP_1_1_REQUIRED",
    seen: "HTTP/2 ended with HTTP_1_1_REQUIRED",
    points: { "http2-fault": 4, "nothing-shown": 2 },
    sources: ["RFC 9113, 9.2.1: for a resource that needs renegotiation"],
  },
  {
    mark: "http2",
    is: "ENHANCE_YOUR_CALM",
    seen: "HTTP/2 ended with ENHANCE_YOUR_CALM",
    points: { "server-fault": 3, "http2-fault": 2 },
    sources: ["RFC 9113, 7"],
  },
];
