/** Words by which marks are found in text that somebody pasted. Each pattern is linear in the text. */

/** Names of alerts as OpenSSL, Node, NSS, Go, Java and rustls write them, and their numbers. */
export const alertWords: readonly (readonly [RegExp, number])[] = [
  [/alert[ _:(,]*unexpected[_ ]?message|tls: unexpected message/i, 10],
  [/alert[ _:(,]*bad[_ ]?record[_ ]?mac|tls: bad record MAC/i, 20],
  [/alert[ _:(,]*record[_ ]?overflow/i, 22],
  [/alert[ _:(,]*handshake[_ ]?failure|SSL_ERROR_HANDSHAKE_FAILURE_ALERT|error: tls: handshake failure/i, 40],
  [
    /alert[ _:(,]*certificate[_ ]?required|SSL_ERROR_RX_CERTIFICATE_REQUIRED_ALERT|error: tls: certificate required/i,
    116,
  ],
  [/alert[ _:(,]*bad[_ ]?certificate|SSL_ERROR_BAD_CERT_ALERT|error: tls: bad certificate/i, 42],
  [
    /alert[ _:(,]*unsupported[_ ]?certificate|SSL_ERROR_UNSUPPORTED_CERT_ALERT|error: tls: unsupported certificate/i,
    43,
  ],
  [/alert[ _:(,]*certificate[_ ]?revoked|SSL_ERROR_REVOKED_CERT_ALERT|error: tls: revoked certificate/i, 44],
  [/alert[ _:(,]*certificate[_ ]?expired|SSL_ERROR_EXPIRED_CERT_ALERT|error: tls: expired certificate/i, 45],
  [
    /alert[ _:(,]*certificate[_ ]?unknown|SSL_ERROR_CERTIFICATE_UNKNOWN_ALERT|error: tls: unknown certificate(?! auth)/i,
    46,
  ],
  [/alert[ _:(,]*unknown[_ ]?ca|SSL_ERROR_UNKNOWN_CA_ALERT|error: tls: unknown certificate authority/i, 48],
  [/alert[ _:(,]*access[_ ]?denied|SSL_ERROR_ACCESS_DENIED_ALERT|error: tls: access denied/i, 49],
  [/alert[ _:(,]*decode[_ ]?error|SSL_ERROR_DECODE_ERROR_ALERT/i, 50],
  [/alert[ _:(,]*decrypt[_ ]?error|SSL_ERROR_DECRYPT_ERROR_ALERT|error: tls: error decrypting message/i, 51],
  [
    /alert[ _:(,]*protocol[_ ]?version|SSL_ERROR_PROTOCOL_VERSION_ALERT|error: tls: protocol version not supported/i,
    70,
  ],
  [/alert[ _:(,]*insufficient[_ ]?security/i, 71],
  [/alert[ _:(,]*internal[_ ]?error|SSL_ERROR_INTERNAL_ERROR_ALERT|error: tls: internal error/i, 80],
  [
    /alert[ _:(,]*unrecogni[sz]ed[_ ]?name|tlsv1[ _]unrecognized[ _]name|SSL_ERROR_UNRECOGNIZED_NAME_ALERT|error: tls: unrecognized name/i,
    112,
  ],
  [
    /alert[ _:(,]*no[_ ]?application[_ ]?protocol|SSL_ERROR_NEXT_PROTOCOL_NO_PROTOCOL|error: tls: no application protocol/i,
    120,
  ],
];

/** Alerts as GnuTLS words them (lib/alert.c), where it is known to be GnuTLS that speaks. */
export const gnutlsWords: readonly (readonly [RegExp, number])[] = [
  [/certificate is required/i, 116],
  [/handshake failed/i, 40],
  [/certificate is bad/i, 42],
  [/certificate is not supported/i, 43],
  [/certificate was revoked/i, 44],
  [/certificate is expired/i, 45],
  [/unknown certificate/i, 46],
  [/CA is unknown/i, 48],
  [/access was denied/i, 49],
  [/decrypt error/i, 51],
  [/error in protocol version/i, 70],
  [/insufficient security/i, 71],
  [/server name sent was not recognized/i, 112],
  [/no supported application protocol/i, 120],
];

/** Reasons of OpenSSL, in words and as codes of Node. The first that fits counts: the exact ones stand first. */
export const opensslWords: readonly (readonly [RegExp, string])[] = [
  [/unable to get certificate CRL|\bUNABLE_TO_GET_CRL\b/i, "UNABLE_TO_GET_CRL"],
  [/CRL has expired|\bCRL_HAS_EXPIRED\b/i, "CRL_HAS_EXPIRED"],
  [/CRL is not yet valid|\bCRL_NOT_YET_VALID\b/i, "CRL_NOT_YET_VALID"],
  [/CRL signature failure|\bCRL_SIGNATURE_FAILURE\b/i, "CRL_SIGNATURE_FAILURE"],
  [/certificate has expired|\bCERT_HAS_EXPIRED\b/i, "CERT_HAS_EXPIRED"],
  [/certificate is not yet valid|\bCERT_NOT_YET_VALID\b/i, "CERT_NOT_YET_VALID"],
  [/(?<!alert,? )certificate revoked|\bCERT_REVOKED\b/i, "CERT_REVOKED"],
  [/(?:unsupported|unsuitable) certificate purpose|\bINVALID_PURPOSE\b/i, "INVALID_PURPOSE"],
  [/certificate chain too long|\bCERT_CHAIN_TOO_LONG\b/i, "CERT_CHAIN_TOO_LONG"],
  [/path length constraint exceeded|\bPATH_LENGTH_EXCEEDED\b/i, "PATH_LENGTH_EXCEEDED"],
  [
    /unable to get local issuer certificate|\bUNABLE_TO_GET_ISSUER_CERT_LOCALLY\b/i,
    "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  ],
  [/unable to get issuer certificate|\bUNABLE_TO_GET_ISSUER_CERT\b/i, "UNABLE_TO_GET_ISSUER_CERT"],
  [
    /unable to verify the first certificate|\bUNABLE_TO_VERIFY_LEAF_SIGNATURE\b/i,
    "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  ],
  [
    /self[- ]signed certificate in certificate chain|\bSELF_SIGNED_CERT_IN_CHAIN\b/i,
    "SELF_SIGNED_CERT_IN_CHAIN",
  ],
  [/self[- ]signed certificate|\bDEPTH_ZERO_SELF_SIGNED_CERT\b/i, "DEPTH_ZERO_SELF_SIGNED_CERT"],
  [/certificate signature failure|\bCERT_SIGNATURE_FAILURE\b/i, "CERT_SIGNATURE_FAILURE"],
  [/invalid CA certificate|\bINVALID_CA\b/i, "INVALID_CA"],
  [/certificate not trusted|\bCERT_UNTRUSTED\b/i, "CERT_UNTRUSTED"],
  [/certificate rejected|\bCERT_REJECTED\b/i, "CERT_REJECTED"],
  [/key too (?:small|weak)|md too weak|_KEY_TOO_SMALL|MD_TOO_WEAK/i, "KEY_TOO_SMALL"],
  [
    /ERR_TLS_CERT_ALTNAME_INVALID|no alternative certificate subject name matches|does not match certificate's altnames|hostname mismatch/i,
    "ALTNAME_INVALID",
  ],
  [
    /peer did not return a certificate|PEER_DID_NOT_RETURN_A_CERTIFICATE/i,
    "PEER_DID_NOT_RETURN_A_CERTIFICATE",
  ],
  [/no suitable signature algorithm|NO_SUITABLE_SIGNATURE_ALGORITHM/i, "NO_SUITABLE_SIGNATURE_ALGORITHM"],
  [/no shared cipher|NO_SHARED_CIPHER/i, "NO_SHARED_CIPHER"],
  [/unsupported protocol|ERR_SSL_UNSUPPORTED_PROTOCOL/i, "UNSUPPORTED_PROTOCOL"],
  [/wrong version number|WRONG_VERSION_NUMBER/i, "WRONG_VERSION_NUMBER"],
  [/packet length too long|PACKET_LENGTH_TOO_LONG/i, "PACKET_LENGTH_TOO_LONG"],
  [/SSL routines:[^:\n]*:http request|ERR_SSL_HTTP_REQUEST/i, "HTTP_REQUEST"],
  [/key values mismatch|KEY_VALUES_MISMATCH/i, "KEY_VALUES_MISMATCH"],
  [
    /no start line|bad decrypt|ERR_OSSL_PEM_|ERR_OSSL_BAD_DECRYPT|DECODER routines::unsupported|ERR_OSSL_UNSUPPORTED/i,
    "KEY_UNREADABLE",
  ],
  [/SSL routines:[^:\n]*:bad signature|ERR_SSL_BAD_SIGNATURE/i, "BAD_SIGNATURE"],
  [/excessive message size|EXCESSIVE_MESSAGE_SIZE/i, "EXCESSIVE_MESSAGE_SIZE"],
  [
    /unexpected eof while reading|UNEXPECTED_EOF_WHILE_READING|TLS connection was non-properly terminated/i,
    "UNEXPECTED_EOF",
  ],
  [/SSL routines:[^:\n]*:callback failed|ERR_SSL_CALLBACK_FAILED/i, "CALLBACK_FAILED"],
  [/SSL certificate verification failed/i, "ALERT_TAKEN_FOR_VERIFICATION"],
  [
    /certificate verify failed|CERTIFICATE_VERIFY_FAILED|server certificate verification failed/i,
    "CERTIFICATE_VERIFY_FAILED",
  ],
];

/** Errors of sockets, as codes and in words. */
export const errnoWords: readonly (readonly [RegExp, string])[] = [
  [/\bECONNRESET\b|connection reset by peer|socket hang up|connection was reset/i, "ECONNRESET"],
  [/\bEPIPE\b|broken pipe/i, "EPIPE"],
  [/\bECONNABORTED\b/i, "ECONNABORTED"],
  [/\bECONNREFUSED\b|connection refused/i, "ECONNREFUSED"],
  [/\bEHOSTUNREACH\b|no route to host/i, "EHOSTUNREACH"],
  [/\bENETUNREACH\b|network is unreachable/i, "ENETUNREACH"],
  [/\bEHOSTDOWN\b/i, "EHOSTDOWN"],
  [/\bEADDRNOTAVAIL\b/i, "EADDRNOTAVAIL"],
  [/\bETIMEDOUT\b|connection timed out/i, "ETIMEDOUT"],
  [/\bENOTFOUND\b|could not resolve host/i, "ENOTFOUND"],
  [/\bEAI_AGAIN\b/i, "EAI_AGAIN"],
  [/\bEAI_NONAME\b/i, "EAI_NONAME"],
];

/** Pages that name their reason, whatever status they are sent with. */
export const pageWords: readonly (readonly [RegExp, number])[] = [
  [/No required SSL certificate was sent|client sent no required SSL certificate/i, 496],
  [/The SSL certificate error|client SSL certificate verify error/i, 495],
  [
    /plain HTTP request was sent to HTTPS port|client sent plain HTTP request to HTTPS port|speaking plain HTTP to an SSL-enabled server port/i,
    497,
  ],
];

/** Who answered. */
export const serverWords: readonly (readonly [RegExp, string])[] = [
  [/^[< ]{0,3}server: *cloudflare|\bcf-ray:/im, "cloudflare"],
  [/^[< ]{0,3}server: *cloudfront|\bx-amz-cf-id:|Generated by cloudfront/im, "cloudfront"],
  [/\bx-amzn-errortype: *forbiddenexception|\bx-amz-apigw-id:|\bapigw-requestid:/im, "api-gateway"],
  [/^[< ]{0,3}server: *awselb/im, "alb"],
  [/^[< ]{0,3}server: *apache|\bAH0\d{4}:/im, "apache"],
  [
    /^[< ]{0,3}server: *nginx|<center>nginx|while (?:SSL handshaking|reading client request headers)/im,
    "nginx",
  ],
];
