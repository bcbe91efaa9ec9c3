import { explain, type Symptom } from "@handfast/core";
import { describe, expect, it } from "vitest";

type Row = readonly [name: string, symptom: Symptom, first: string, others?: readonly string[]];

const codesOf = (symptom: Symptom): readonly string[] => explain(symptom).causes.map(({ code }) => code);

function table(name: string, rows: readonly Row[]): void {
  describe(name, () => {
    for (const [title, symptom, first, others = []] of rows) {
      it(title, () => {
        const codes = codesOf(symptom);
        expect(codes[0]).toBe(first);
        for (const other of others) expect(codes).toContain(other);
      });
    }
  });
}

table("alerts", [
  [
    "certificate_required under TLS 1.3",
    { alert: 116, protocol: "TLSv1.3" },
    "nothing-shown",
    ["cannot-sign"],
  ],
  ["handshake_failure, asked", { alert: 40, protocol: "TLSv1.2", asked: true }, "nothing-shown"],
  ["handshake_failure, not asked", { alert: 40, asked: false }, "no-shared-cipher"],
  ["handshake_failure under TLS 1.3", { alert: 40, protocol: "TLSv1.3" }, "no-shared-cipher"],
  [
    "unknown_ca: also a missing revocation list",
    { alert: 48 },
    "ca-not-trusted",
    ["chain-incomplete", "crl-missing"],
  ],
  ["unknown_ca, after a certificate was shown", { alert: 48, shown: true }, "ca-not-trusted"],
  ["certificate_expired: also an expired list", { alert: 45 }, "leaf-expired", ["crl-expired", "ca-expired"]],
  ["certificate_unknown: untrusted at s2n", { alert: 46 }, "ca-not-trusted"],
  [
    "bad_certificate: below TLS 1.3 also for none",
    { alert: 42, protocol: "TLSv1.2" },
    "certificate-broken",
    ["nothing-shown"],
  ],
  ["certificate_revoked", { alert: 44 }, "revoked"],
  ["unsupported_certificate", { alert: 43 }, "wrong-purpose", ["certificate-unsupported"]],
  ["access_denied", { alert: 49 }, "refused-by-policy"],
  ["decrypt_error", { alert: 51 }, "key-mismatch"],
  ["protocol_version", { alert: 70 }, "no-shared-version"],
  ["unrecognized_name", { alert: 112 }, "no-such-site"],
  ["no_application_protocol", { alert: 120 }, "no-shared-alpn"],
  ["close_notify and nothing else", { alert: 0 }, "silent-refusal", ["nothing-shown"]],
]);

table("errors of sockets", [
  [
    "a reset after the handshake under TLS 1.3",
    { errno: "ECONNRESET", protocol: "TLSv1.3", asked: true },
    "nothing-shown",
    ["ca-not-trusted"],
  ],
  [
    "a reset of what was shown",
    { errno: "ECONNRESET", asked: true, shown: true },
    "silent-refusal",
    ["ca-not-trusted"],
  ],
  ["a reset where nothing was asked for", { errno: "ECONNRESET", asked: false }, "cut-on-the-way"],
  ["a reset at a load balancer", { errno: "ECONNRESET", server: "alb" }, "silent-refusal", ["nothing-shown"]],
  ["refused", { errno: "ECONNREFUSED" }, "port-closed"],
  ["no such name", { errno: "ENOTFOUND" }, "name-not-found"],
  ["no way there", { errno: "EHOSTUNREACH" }, "unreachable"],
]);

table("HTTP", [
  [
    "400 of nginx without its page",
    { httpStatus: 400, server: "nginx" },
    "nothing-shown",
    ["ca-not-trusted"],
  ],
  [
    "400 with nginx's page",
    { httpStatus: 400, text: "<center>No required SSL certificate was sent</center>" },
    "nothing-shown",
  ],
  [
    "nginx's page through Cloudflare",
    { text: "server: cloudflare\n400 No required SSL certificate was sent" },
    "edge-shows-nothing",
  ],
  [
    "400 with nginx's other page",
    { text: "<title>400 The SSL certificate error</title>" },
    "ca-not-trusted",
    ["leaf-expired", "crl-missing"],
  ],
  ["403", { httpStatus: 403 }, "application-answer"],
  ["403 of API Gateway", { httpStatus: 403, server: "api-gateway" }, "gateway-refused"],
  ["403 of Cloudflare", { httpStatus: 403, server: "cloudflare" }, "edge-rule-refused"],
  ["421", { httpStatus: 421 }, "connection-reused"],
  ["495", { httpStatus: 495 }, "ca-not-trusted"],
  ["496", { httpStatus: 496 }, "nothing-shown"],
  ["497", { httpStatus: 497 }, "not-tls"],
  ["520", { httpStatus: 520 }, "origin-refuses-edge", ["edge-shows-nothing", "origin-empty-answer"]],
  ["525", { httpStatus: 525 }, "origin-no-tls", ["edge-shows-nothing", "origin-refuses-edge"]],
  ["526", { httpStatus: 526 }, "origin-certificate-invalid"],
  [
    "525, and the origin logs that nothing came",
    { httpStatus: 525, openssl: "peer did not return a certificate", at: "server" },
    "nothing-shown",
    ["edge-shows-nothing"],
  ],
  ["404", { httpStatus: 404 }, "application-answer"],
]);

table("curl and HTTP/2", [
  ["35", { curl: 35 }, "nothing-shown"],
  ["52", { curl: 52 }, "silent-refusal"],
  ["56", { curl: 56 }, "nothing-shown"],
  ["58", { curl: 58 }, "client-file-unusable"],
  ["60", { curl: 60 }, "server-not-trusted", ["leaf-expired"]],
  ["60 with the server's own alert", { curl: 60, alert: 45 }, "leaf-expired"],
  ["77", { curl: 77 }, "client-ca-file"],
  ["92", { curl: 92 }, "nothing-shown", ["http2-fault"]],
  [
    "PROTOCOL_ERROR at CloudFront",
    { http2: "NGHTTP2_PROTOCOL_ERROR", server: "cloudfront" },
    "nothing-shown",
    ["ca-not-trusted"],
  ],
  [
    "a stream closed at CloudFront",
    {
      text: "curl: (92) HTTP/2 stream 1 was not closed cleanly: PROTOCOL_ERROR (err 1)",
      server: "cloudfront",
    },
    "nothing-shown",
  ],
  ["HTTP_1_1_REQUIRED", { http2: "HTTP_1_1_REQUIRED" }, "http2-fault"],
]);

table("connection logs", [
  [
    "ClientCertUntrusted",
    { connectionLog: "Failed:ClientCertUntrusted" },
    "ca-not-trusted",
    ["chain-incomplete"],
  ],
  ["ClientCertCrlHit", { connectionLog: "ClientCertCrlHit" }, "revoked"],
  [
    "ClientCertCrlProcessingError",
    { connectionLog: "ClientCertCrlProcessingError" },
    "crl-unreadable",
    ["crl-missing", "crl-expired"],
  ],
  ["ClientCertPurposeInvalid", { connectionLog: "ClientCertPurposeInvalid" }, "wrong-purpose"],
  ["ClientCertIntentInvalid", { connectionLog: "ClientCertIntentInvalid" }, "wrong-purpose"],
  ["ClientCertMaxChainDepthExceeded", { connectionLog: "ClientCertMaxChainDepthExceeded" }, "chain-too-deep"],
  ["ClientCertMissing", { connectionLog: "ClientCertMissing" }, "nothing-shown"],
  ["UnmappedConnectionError", { connectionLog: "UnmappedConnectionError" }, "nothing-shown"],
  ["ConnectionFunctionDenied", { connectionLog: "ConnectionFunctionDenied" }, "connection-function-refused"],
  [
    "the log says more than curl",
    { curl: 56, errno: "ECONNRESET", connectionLog: "ClientCertExpired" },
    "leaf-expired",
  ],
  [
    "a line of a load balancer's log",
    {
      text: '2023-10-04T17:05:15.514108Z 203.0.113.1 36280 443 TLSv1.2 ECDHE-RSA-AES128-GCM-SHA256 - "CN=example.com" NotBefore=2023-09-21T22:43:21Z;NotAfter=2026-06-17T22:43:21Z FEF257372D5C14D4 Failed:ClientCertUntrusted TID_1c71',
    },
    "ca-not-trusted",
  ],
  [
    "behind Cloudflare",
    { httpStatus: 520, connectionLog: "ClientCertExpired" },
    "leaf-expired",
    ["origin-refuses-edge"],
  ],
]);

table("browsers", [
  [
    "Chromium",
    { text: "This site can't be reached. ERR_BAD_SSL_CLIENT_AUTH_CERT" },
    "nothing-shown",
    ["ca-not-trusted"],
  ],
  ["Chromium waits for a choice", { browser: "ERR_SSL_CLIENT_AUTH_CERT_NEEDED" }, "not-chosen"],
  ["Chromium can't sign", { browser: "ERR_SSL_CLIENT_AUTH_NO_COMMON_ALGORITHMS" }, "cannot-sign"],
  ["Firefox, nothing sent", { text: "Error code: SSL_ERROR_RX_CERTIFICATE_REQUIRED_ALERT" }, "nothing-shown"],
  ["Firefox, unknown CA", { browser: "SSL_ERROR_UNKNOWN_CA_ALERT" }, "ca-not-trusted"],
]);

table("OpenSSL, Node and others", [
  ["Node's code of an alert", { errno: "ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED" }, "nothing-shown"],
  [
    "at the client, of the server",
    { openssl: "UNABLE_TO_GET_ISSUER_CERT_LOCALLY", at: "client" },
    "server-not-trusted",
  ],
  [
    "at the server, of the client",
    { openssl: "unable to get local issuer certificate", at: "server" },
    "ca-not-trusted",
  ],
  [
    "nginx: a missing list",
    {
      text: "client SSL certificate verify error: (3:unable to get certificate CRL) while reading client request headers",
    },
    "crl-missing",
  ],
  [
    "nginx: wrong purpose",
    {
      text: "client SSL certificate verify error: (26:unsuitable certificate purpose) while reading client request headers",
    },
    "wrong-purpose",
  ],
  ["nginx's variable", { text: 'ssl_client_verify="FAILED:certificate has expired"' }, "leaf-expired"],
  ["Go", { text: "remote error: tls: unknown certificate authority" }, "ca-not-trusted"],
  ["Go, no certificate", { text: "remote error: tls: certificate required" }, "nothing-shown"],
  [
    "Java",
    { text: "javax.net.ssl.SSLHandshakeException: Received fatal alert: certificate_unknown" },
    "ca-not-trusted",
  ],
  ["rustls", { text: "received fatal alert: CertificateRequired" }, "nothing-shown"],
  ["plain HTTP", { text: "error:0A00010B:SSL routines::wrong version number" }, "not-tls"],
  [
    "curl and an expired certificate",
    { text: "curl: (60) SSL certificate verification failed" },
    "leaf-expired",
  ],
  ["the wrong name", { openssl: "ERR_TLS_CERT_ALTNAME_INVALID" }, "wrong-name"],
]);

describe("an explanation", () => {
  it("points an origin's refusal at the hop behind the edge", () => {
    const { causes } = explain({ httpStatus: 525, connectionLog: "ClientCertUntrusted" });
    expect(causes.map(({ hop }) => hop)).toEqual(causes.map(() => "edge-to-origin"));
  });

  it("says in words what was seen, unknown numbers too", () => {
    expect(explain({ alert: 116, protocol: "TLSv1.3" }).symptom).toBe(
      "TLS alert certificate_required (116); under TLS 1.3",
    );
    expect(explain({ alert: 200 }).symptom).toBe("TLS alert 200, which stands in no table here");
    expect(explain({}).symptom).toBe("nothing that is known here");
  });

  it("of what it does not know says how to learn more", () => {
    const [cause, ...others] = explain({ alert: 200 }).causes;
    expect(others).toEqual([]);
    expect(cause).toMatchObject({ code: "not-known", likely: "less" });
    expect(cause?.check).toContain("openssl s_client");
  });

  it("takes what is given beside a text for surer than the text", () => {
    expect(codesOf({ alert: 48, text: "tlsv13 alert certificate required" })[0]).toBe("ca-not-trusted");
  });

  it("names the sources of the cause and of the signs that led to it, each once", () => {
    const { sources = [] } = explain({ alert: 48 }).causes.find(({ code }) => code === "crl-missing") ?? {};
    expect(sources).toContain("haproxy/haproxy#1201");
    expect(sources).toContain("RFC 8446, 6.2 (unknown_ca)");
    expect(new Set(sources).size).toBe(sources.length);
  });

  it("says where a provider's behaviour is not verified", () => {
    const [cause] = explain({ errno: "ECONNRESET", server: "alb" }).causes;
    expect(cause?.sources.some((one) => one.startsWith("UNVERIFIED"))).toBe(true);
  });
});
