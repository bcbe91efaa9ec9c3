import { type CauseCode, clientCertificateCauses } from "../causes/all.ts";
import type { Sign } from "./sign.ts";

const verify = "OpenSSL: X509_verify_cert_error_string(3)";
const reasons = "OpenSSL: include/openssl/sslerr.h, ssl/ssl_err.c";
const node = "Node.js: TLS, X509 certificate error codes";

type Points = Readonly<Partial<Record<CauseCode, number>>>;

/**
 * An error of verification. The same words stand in a server's log about the client's certificate, and at a client
 * about the server's: where it was seen decides, and without that both may be meant.
 */
function verification(is: string, says: string, ofClient: Points, ofServer: Points): readonly Sign[] {
  const row = { mark: "openssl", is, sources: [verify, node] } as const;
  const exact = is !== "CERTIFICATE_VERIFY_FAILED";
  const others = clientCertificateCauses.filter((code) => exact && !(code in ofClient));
  return [
    {
      ...row,
      given: { at: "server" },
      seen: `the server says of the client's certificate: ${says}`,
      points: ofClient,
      rulesOut: [...others, ...(Object.keys(ofServer) as CauseCode[])],
    },
    {
      ...row,
      given: { at: "client" },
      seen: `the client says of the server's certificate: ${says}`,
      points: ofServer,
      rulesOut: clientCertificateCauses.filter((code) => code !== "leaf-expired"),
    },
    {
      ...row,
      without: ["at"],
      seen: `OpenSSL says: ${says}`,
      points: { ...halve(ofClient), ...halve(ofServer) },
    },
  ];
}

function halve(points: Points): Points {
  return Object.fromEntries(Object.entries(points).map(([code, number]) => [code, Math.ceil(number / 2)]));
}

const reason = (
  is: string,
  says: string,
  points: Points,
  more: Partial<Pick<Sign, "rulesOut" | "sources">> = {},
): Sign => ({
  mark: "openssl",
  is,
  seen: `OpenSSL says: ${says}`,
  points,
  ...more,
  sources: [reasons, ...(more.sources ?? [])],
});

const untrusted: Points = { "ca-not-trusted": 7, "chain-incomplete": 4 };
const server: Points = { "server-not-trusted": 7 };

/** Reasons of OpenSSL and of Node, by the names that `openssl-words.ts` gives them. */
export const opensslSigns: readonly Sign[] = [
  ...verification("UNABLE_TO_GET_ISSUER_CERT", "unable to get issuer certificate", untrusted, server),
  ...verification(
    "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
    "unable to get local issuer certificate",
    untrusted,
    server,
  ),
  ...verification(
    "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
    "unable to verify the first certificate",
    // nginx says it of every chain of one certificate whose CA it does not know
    { "ca-not-trusted": 7, "chain-incomplete": 6 },
    server,
  ),
  ...verification("DEPTH_ZERO_SELF_SIGNED_CERT", "self-signed certificate", { "ca-not-trusted": 7 }, server),
  ...verification(
    "SELF_SIGNED_CERT_IN_CHAIN",
    "self-signed certificate in certificate chain",
    { "ca-not-trusted": 7 },
    server,
  ),
  ...verification(
    "UNABLE_TO_GET_CRL",
    "unable to get certificate CRL",
    { "crl-missing": 8 },
    { "server-not-trusted": 4 },
  ),
  ...verification("CRL_HAS_EXPIRED", "CRL has expired", { "crl-expired": 8 }, { "server-not-trusted": 4 }),
  ...verification(
    "CRL_NOT_YET_VALID",
    "CRL is not yet valid",
    { "crl-unreadable": 8 },
    { "server-not-trusted": 4 },
  ),
  ...verification(
    "CRL_SIGNATURE_FAILURE",
    "CRL signature failure",
    { "crl-unreadable": 8 },
    { "server-not-trusted": 4 },
  ),
  ...verification(
    "CERT_HAS_EXPIRED",
    "certificate has expired",
    { "leaf-expired": 7, "ca-expired": 4 },
    { "server-expired": 7 },
  ),
  ...verification(
    "CERT_NOT_YET_VALID",
    "certificate is not yet valid",
    { "leaf-not-yet-valid": 7 },
    { "server-expired": 5 },
  ),
  ...verification("CERT_REVOKED", "certificate revoked", { revoked: 8 }, { "server-not-trusted": 5 }),
  ...verification(
    "INVALID_PURPOSE",
    "unsuitable certificate purpose",
    { "wrong-purpose": 8 },
    { "server-not-trusted": 4 },
  ),
  ...verification(
    "CERT_CHAIN_TOO_LONG",
    "certificate chain too long",
    { "chain-too-deep": 8 },
    { "server-not-trusted": 4 },
  ),
  ...verification(
    "PATH_LENGTH_EXCEEDED",
    "path length constraint exceeded",
    { "chain-too-deep": 7 },
    { "server-not-trusted": 4 },
  ),
  ...verification(
    "CERT_SIGNATURE_FAILURE",
    "certificate signature failure",
    { "certificate-broken": 7, "ca-not-trusted": 2 },
    server,
  ),
  ...verification(
    "INVALID_CA",
    "invalid CA certificate",
    { "ca-not-trusted": 6, "certificate-broken": 2 },
    server,
  ),
  ...verification("CERT_UNTRUSTED", "certificate not trusted", { "ca-not-trusted": 7 }, server),
  ...verification(
    "CERT_REJECTED",
    "certificate rejected",
    { "refused-by-policy": 5, "wrong-purpose": 3 },
    server,
  ),
  ...verification(
    "KEY_TOO_SMALL",
    "key too small, or message digest too weak",
    { "certificate-unsupported": 8 },
    { "server-not-trusted": 4 },
  ),
  ...verification(
    "CERTIFICATE_VERIFY_FAILED",
    "certificate verify failed",
    { "ca-not-trusted": 4, "chain-incomplete": 2, "leaf-expired": 2, "crl-missing": 1, "wrong-purpose": 1 },
    { "server-not-trusted": 5, "server-expired": 2 },
  ),
  {
    mark: "openssl",
    is: "ALTNAME_INVALID",
    seen: "the client says: the server's certificate is for another name",
    points: { "wrong-name": 8 },
    sources: ["Node.js: Errors, ERR_TLS_CERT_ALTNAME_INVALID", "OpenSSL: X509_check_host(3)"],
  },
  {
    mark: "openssl",
    is: "ALERT_TAKEN_FOR_VERIFICATION",
    seen: "curl says `SSL certificate verification failed` and names no problem",
    points: { "leaf-expired": 8 },
    rulesOut: ["server-not-trusted", "wrong-name", "server-expired"],
    sources: [
      "curl: lib/vtls/openssl.c: said where the server sent certificate_expired and its own certificate is sound",
    ],
  },
  reason(
    "PEER_DID_NOT_RETURN_A_CERTIFICATE",
    "peer did not return a certificate",
    { "nothing-shown": 8, "cannot-sign": 3 },
    { rulesOut: ["ca-not-trusted", "leaf-expired", "revoked"] },
  ),
  reason("NO_SUITABLE_SIGNATURE_ALGORITHM", "no suitable signature algorithm", {
    "cannot-sign": 5,
    "no-shared-cipher": 5,
  }),
  reason("NO_SHARED_CIPHER", "no shared cipher", { "no-shared-cipher": 8 }),
  reason("UNSUPPORTED_PROTOCOL", "unsupported protocol", { "no-shared-version": 8 }),
  reason("WRONG_VERSION_NUMBER", "wrong version number", { "not-tls": 7, "no-shared-version": 1 }),
  reason("PACKET_LENGTH_TOO_LONG", "packet length too long", { "not-tls": 7 }),
  reason("HTTP_REQUEST", "http request", { "not-tls": 8 }),
  reason("KEY_VALUES_MISMATCH", "key values mismatch", { "client-file-unusable": 7, "key-mismatch": 5 }),
  reason("KEY_UNREADABLE", "no start line, bad decrypt, or unsupported", { "client-file-unusable": 7 }),
  reason("BAD_SIGNATURE", "bad signature", { "key-mismatch": 7 }),
  reason("EXCESSIVE_MESSAGE_SIZE", "excessive message size", { "chain-too-large": 6, "broken-handshake": 2 }),
  reason("UNEXPECTED_EOF", "unexpected end of file", {
    "silent-refusal": 3,
    "nothing-shown": 3,
    "cut-on-the-way": 3,
    "ca-not-trusted": 1,
  }),
  reason("CALLBACK_FAILED", "callback failed", { "refused-by-policy": 4, "no-such-site": 2 }),
];
