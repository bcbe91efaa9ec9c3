import { shownCauses } from "../causes/all.ts";
import type { Sign } from "./sign.ts";

const openssl = "OpenSSL: ssl/statem/statem_lib.c, x509table (which alert for which verification error)";
const go = "Go: crypto/tls, processCertsFromClient";
const s2n = "aws/s2n-tls: tls/s2n_alerts.c";

const alert = (number: number, name: string, sign: Omit<Sign, "mark" | "is" | "seen">): Sign => ({
  mark: "alert",
  is: number,
  seen: `TLS alert ${name} (${number})`,
  ...sign,
  sources: [`RFC 8446, 6.2 (${name})`, ...sign.sources],
});

/**
 * TLS alerts that came. RFC 8446 says what each means; which is sent for which fault differs by server, so that
 * `unknown_ca` may stand for a missing revocation list, and `bad_certificate` for none at all.
 */
export const alertSigns: readonly Sign[] = [
  {
    mark: "alert",
    is: 0,
    seen: "the server closed in good order (close_notify) without an answer",
    points: { "silent-refusal": 4, "nothing-shown": 3, "ca-not-trusted": 2, "cut-on-the-way": 1 },
    sources: ["RFC 8446, 6.1", `${s2n}: by default close_notify is sent for fatal errors too`],
  },
  alert(10, "unexpected_message", { points: { "broken-handshake": 4 }, sources: [] }),
  alert(20, "bad_record_mac", { points: { "broken-handshake": 4 }, sources: [] }),
  alert(22, "record_overflow", { points: { "broken-handshake": 4 }, sources: [] }),
  alert(40, "handshake_failure", {
    without: ["asked"],
    points: { "nothing-shown": 3, "no-shared-cipher": 2, "cannot-sign": 1, "no-such-site": 1 },
    sources: ["RFC 5246, 7.4.6: a server that requires a certificate and gets none may send it"],
  }),
  alert(40, "handshake_failure", {
    given: { protocol: "TLSv1.3" },
    points: { "no-shared-cipher": 3 },
    sources: ["RFC 8446, 4.4.2.4: for a missing certificate there is certificate_required"],
  }),
  alert(40, "handshake_failure", {
    given: { asked: true },
    points: { "nothing-shown": 4, "cannot-sign": 2, "no-shared-cipher": 1 },
    sources: ["RFC 5246, 7.4.6: a server that requires a certificate and gets none may send it"],
  }),
  alert(40, "handshake_failure", {
    given: { asked: false },
    points: { "no-shared-cipher": 4, "no-such-site": 2 },
    sources: [],
  }),
  {
    mark: "alert",
    is: 41,
    seen: "TLS alert no_certificate (41)",
    points: { "nothing-shown": 4 },
    sources: ["RFC 5246, 7.2.2 (no_certificate_RESERVED)"],
  },
  alert(42, "bad_certificate", {
    points: {
      "certificate-broken": 3,
      "leaf-not-yet-valid": 2,
      "wrong-purpose": 2,
      "certificate-unsupported": 2,
      "refused-by-policy": 1,
      "chain-too-deep": 1,
    },
    sources: [openssl, go, s2n],
  }),
  {
    mark: "alert",
    is: 42,
    given: { protocol: "TLSv1.2" },
    seen: "TLS alert bad_certificate (42)",
    points: { "nothing-shown": 3 },
    sources: [`${go}: below TLS 1.3 also where no certificate was sent`],
  },
  alert(43, "unsupported_certificate", {
    points: { "wrong-purpose": 4, "certificate-unsupported": 3 },
    sources: [openssl, s2n],
  }),
  alert(44, "certificate_revoked", { points: { revoked: 6 }, sources: [openssl, s2n] }),
  alert(45, "certificate_expired", {
    points: { "leaf-expired": 5, "crl-expired": 2, "ca-expired": 2, "leaf-not-yet-valid": 1 },
    sources: [`${openssl}: also for an expired revocation list`, `${s2n}: also for one not yet valid`],
  }),
  {
    mark: "alert",
    is: 45,
    given: { curl: 60 },
    seen: "curl takes that alert for an error in the server's certificate, and ends with 60",
    points: { "leaf-expired": 1 },
    rulesOut: ["server-not-trusted", "server-expired", "wrong-name"],
    sources: ["curl: lib/vtls/openssl.c; measured with curl 7.88.1"],
  },
  alert(46, "certificate_unknown", {
    points: { "ca-not-trusted": 3, "chain-incomplete": 2, "refused-by-policy": 2, "certificate-broken": 1 },
    sources: [`${s2n}: for an untrusted chain`, openssl],
  }),
  alert(47, "illegal_parameter", { points: { "broken-handshake": 4 }, sources: [] }),
  alert(48, "unknown_ca", {
    points: { "ca-not-trusted": 5, "chain-incomplete": 3, "crl-missing": 2, "chain-too-deep": 1 },
    sources: [`${openssl}: also where a revocation list is missing`, go],
  }),
  alert(49, "access_denied", { points: { "refused-by-policy": 5 }, sources: [s2n] }),
  alert(50, "decode_error", { points: { "broken-handshake": 4, "certificate-broken": 1 }, sources: [] }),
  alert(51, "decrypt_error", {
    points: { "key-mismatch": 4, "certificate-broken": 2, "broken-handshake": 1 },
    sources: [`${openssl}: also for a signature in the chain that does not hold`],
  }),
  alert(70, "protocol_version", { points: { "no-shared-version": 6 }, sources: [] }),
  alert(71, "insufficient_security", { points: { "no-shared-cipher": 5 }, sources: [] }),
  alert(80, "internal_error", { points: { "server-fault": 4, "no-such-site": 1 }, sources: [openssl] }),
  alert(86, "inappropriate_fallback", {
    points: { "no-shared-version": 4 },
    sources: ["RFC 7507, 3"],
  }),
  alert(90, "user_canceled", { points: { "not-chosen": 4 }, sources: [] }),
  alert(109, "missing_extension", { points: { "broken-handshake": 3, "no-such-site": 2 }, sources: [] }),
  alert(110, "unsupported_extension", { points: { "broken-handshake": 4 }, sources: [] }),
  alert(112, "unrecognized_name", { points: { "no-such-site": 6 }, sources: ["RFC 6066, 3"] }),
  alert(115, "unknown_psk_identity", { points: { "broken-handshake": 3 }, sources: [] }),
  alert(116, "certificate_required", {
    points: { "nothing-shown": 6, "cannot-sign": 3 },
    rulesOut: [...shownCauses, "silent-refusal"],
    sources: [s2n],
  }),
  alert(120, "no_application_protocol", { points: { "no-shared-alpn": 6 }, sources: [] }),
];
