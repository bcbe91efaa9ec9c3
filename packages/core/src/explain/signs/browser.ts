import type { CauseCode } from "../causes/all.ts";
import type { Sign } from "./sign.ts";

const chromium = "Chromium: net/base/net_error_list.h";
const mapped = "Chromium: net/ssl/openssl_ssl_util.cc (alerts 42 to 46, 48, 49 and 116 become it)";

const page = (
  is: string,
  points: Readonly<Partial<Record<CauseCode, number>>>,
  sources: readonly string[] = [chromium],
): Sign => ({ mark: "browser", is, seen: `the browser shows ${is}`, points, sources });

/** Pages of Chromium's. Those of Firefox name the alert, and are read as such. */
export const browserSigns: readonly Sign[] = [
  page(
    "ERR_BAD_SSL_CLIENT_AUTH_CERT",
    {
      "nothing-shown": 5,
      "ca-not-trusted": 4,
      "leaf-expired": 2,
      "wrong-purpose": 2,
      revoked: 1,
      "refused-by-policy": 1,
    },
    [chromium, mapped],
  ),
  page("ERR_SSL_CLIENT_AUTH_CERT_NEEDED", { "not-chosen": 6, "nothing-shown": 2 }),
  page("ERR_SSL_CLIENT_AUTH_CERT_NO_PRIVATE_KEY", { "client-file-unusable": 6 }),
  page("ERR_SSL_CLIENT_AUTH_PRIVATE_KEY_ACCESS_DENIED", { "client-file-unusable": 6 }),
  page("ERR_SSL_CLIENT_AUTH_SIGNATURE_FAILED", { "client-file-unusable": 5, "cannot-sign": 2 }),
  page("ERR_SSL_CLIENT_AUTH_NO_COMMON_ALGORITHMS", { "cannot-sign": 7 }),
  page("ERR_SSL_PROTOCOL_ERROR", {
    "broken-handshake": 2,
    "nothing-shown": 2,
    "not-tls": 2,
    "no-shared-cipher": 1,
  }),
  page("ERR_SSL_VERSION_OR_CIPHER_MISMATCH", { "no-shared-version": 4, "no-shared-cipher": 4 }),
  page("ERR_SSL_UNRECOGNIZED_NAME_ALERT", { "no-such-site": 6 }),
  page("ERR_SSL_DECRYPT_ERROR_ALERT", { "key-mismatch": 4 }),
  page("ERR_HTTP2_PROTOCOL_ERROR", { "nothing-shown": 3, "silent-refusal": 2, "http2-fault": 3 }),
  page("ERR_CONNECTION_CLOSED", { "silent-refusal": 3, "nothing-shown": 2, "cut-on-the-way": 2 }),
  page("ERR_CONNECTION_RESET", { "silent-refusal": 2, "nothing-shown": 2, "cut-on-the-way": 2 }),
  page("ERR_EMPTY_RESPONSE", { "silent-refusal": 2, "nothing-shown": 1, "server-fault": 2 }),
  page("ERR_CERT_AUTHORITY_INVALID", { "server-not-trusted": 6 }),
  page("ERR_CERT_COMMON_NAME_INVALID", { "wrong-name": 6 }),
  page("ERR_CERT_DATE_INVALID", { "server-expired": 6 }),
];
