/** Numbers by which OpenSSL, sockets and alerts are named in logs that leave the words out. */

/** Reasons of OpenSSL's library SSL (include/openssl/sslerr.h), as the tables call them. */
const sslReasons: ReadonlyMap<number, string> = new Map([
  [118, "NO_SUITABLE_SIGNATURE_ALGORITHM"],
  [123, "BAD_SIGNATURE"],
  [134, "CERTIFICATE_VERIFY_FAILED"],
  [152, "EXCESSIVE_MESSAGE_SIZE"],
  [156, "HTTP_REQUEST"],
  [193, "NO_SHARED_CIPHER"],
  [198, "PACKET_LENGTH_TOO_LONG"],
  [199, "PEER_DID_NOT_RETURN_A_CERTIFICATE"],
  [234, "CALLBACK_FAILED"],
  [258, "UNSUPPORTED_PROTOCOL"],
  [267, "WRONG_VERSION_NUMBER"],
  [294, "UNEXPECTED_EOF"],
]);

/** Codes of verification (include/openssl/x509_vfy.h, X509_V_ERR_…), as the tables call them. */
const verifyErrors: ReadonlyMap<number, string> = new Map([
  [2, "UNABLE_TO_GET_ISSUER_CERT"],
  [3, "UNABLE_TO_GET_CRL"],
  [7, "CERT_SIGNATURE_FAILURE"],
  [8, "CRL_SIGNATURE_FAILURE"],
  [9, "CERT_NOT_YET_VALID"],
  [10, "CERT_HAS_EXPIRED"],
  [11, "CRL_NOT_YET_VALID"],
  [12, "CRL_HAS_EXPIRED"],
  [18, "DEPTH_ZERO_SELF_SIGNED_CERT"],
  [19, "SELF_SIGNED_CERT_IN_CHAIN"],
  [20, "UNABLE_TO_GET_ISSUER_CERT_LOCALLY"],
  [21, "UNABLE_TO_VERIFY_LEAF_SIGNATURE"],
  [22, "CERT_CHAIN_TOO_LONG"],
  [23, "CERT_REVOKED"],
  [24, "INVALID_CA"],
  [25, "PATH_LENGTH_EXCEEDED"],
  [26, "INVALID_PURPOSE"],
  [27, "CERT_UNTRUSTED"],
  [28, "CERT_REJECTED"],
  [62, "ALTNAME_INVALID"],
  [66, "KEY_TOO_SMALL"],
  [67, "KEY_TOO_SMALL"],
  [68, "KEY_TOO_SMALL"],
]);

/** Error numbers of Linux, macOS and libuv, without their sign. */
const errnos: ReadonlyMap<number, string> = new Map([
  [32, "EPIPE"],
  [49, "EADDRNOTAVAIL"],
  [51, "ENETUNREACH"],
  [53, "ECONNABORTED"],
  [54, "ECONNRESET"],
  [60, "ETIMEDOUT"],
  [61, "ECONNREFUSED"],
  [64, "EHOSTDOWN"],
  [65, "EHOSTUNREACH"],
  [99, "EADDRNOTAVAIL"],
  [101, "ENETUNREACH"],
  [103, "ECONNABORTED"],
  [104, "ECONNRESET"],
  [110, "ETIMEDOUT"],
  [111, "ECONNREFUSED"],
  [112, "EHOSTDOWN"],
  [113, "EHOSTUNREACH"],
  [3001, "EAI_AGAIN"],
  [3008, "ENOTFOUND"],
]);

/** OpenSSL 3 packs its library (20) and the reason into eight digits; 1.1 and LibreSSL have a function between the two. */
const packed = /\b(?:0A000([0-9A-F]{3})|14[0-9A-F]{3}([0-9A-F]{3}))\b/i;

/** The reason in an error code of OpenSSL or LibreSSL: of a received alert it is 1000 and the alert's number. */
function reasonIn(text: string): number | undefined {
  const found = packed.exec(text);
  const hex = found?.[1] ?? found?.[2];
  if (hex !== undefined) return Number.parseInt(hex, 16);
  const number = /\breason\((\d{3,4})\)/.exec(text)?.[1];
  return number === undefined ? undefined : Number(number);
}

/** The alert that an error code stands for. */
export function alertOfCode(text: string): number | undefined {
  const reason = reasonIn(text) ?? 0;
  return reason >= 1_000 && reason < 1_256 ? reason - 1_000 : undefined;
}

/** The reason that an error code, or the number of a failed verification, stands for. */
export function opensslOfCode(text: string): string | undefined {
  const reason = reasonIn(text);
  const named = reason === undefined ? undefined : sslReasons.get(reason);
  if (named !== undefined) return named;
  const number =
    /\bverify error:num=(\d{1,2})\b/i.exec(text)?.[1] ??
    /\bverif(?:y|ication)[\w :]{1,24}[:(] ?(\d{1,2})\b/i.exec(text)?.[1] ??
    /^\s*(\d{1,2})\s*$/.exec(text)?.[1];
  return number === undefined ? undefined : verifyErrors.get(Number(number));
}

/** The name of a socket's error that was given as a number, as Node has it in `errno`. */
export function errnoOfNumber(text: string | undefined): string | undefined {
  const number = /^-?(\d{1,4})$/.exec(text?.trim() ?? "")?.[1];
  return number === undefined ? undefined : errnos.get(Number(number));
}
