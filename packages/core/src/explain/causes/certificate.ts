import type { CauseText } from "../symptom.ts";

/** Causes that lie in the client's certificate, its key or its chain. */
export const certificateCauses = {
  "nothing-shown": {
    what: "The server requires a client certificate, and the client showed none.",
    check:
      "curl -v with --cert and --key: the line `(OUT), TLS handshake, CERT verify` stands there only if one was shown; or probe() of @handfast/pki with an identity, and look at `shown`",
    mend: "Give the client its certificate, chain and key. At an edge: associate its certificate with this very hostname and wait until it is in effect; take the server back to optional until then.",
    sources: ["RFC 8446, 4.4.2", "RFC 5246, 7.4.6"],
  },
  "cannot-sign": {
    what: "The client has a certificate, but left it away: the server takes no signature that its key can make, or names CAs of which none issued it.",
    check:
      "openssl s_client -connect HOST:443 -servername HOST: compare `Acceptable client certificate CA names` and `Requested Signature Algorithms` with issuer and key of the certificate; probe() gives both as `caNames` and `signatureAlgorithms`",
    mend: "Issue the certificate with a key type that the server takes (P-256 or RSA 2048 pass everywhere), from a CA that it names; or let the server name no CAs.",
    sources: ["RFC 8446, 4.3.2, 4.2.3 and 4.2.4", "RFC 5246, 7.4.4"],
  },
  "ca-not-trusted": {
    what: "The CA that issued the client's certificate is not among those that the server trusts.",
    check:
      "openssl verify -CAfile TRUSTED.pem -untrusted CHAIN.pem LEAF.pem with the bundle that the server really has in effect; checkIdentity({ chain, key, anchors }) of @handfast/pki",
    mend: "Add the CA to the server's bundle beside the old one, wait until it is in effect, and present only then; or present a certificate of a CA that is trusted.",
    sources: ["RFC 8446, 6.2 (unknown_ca)", "RFC 5280, 6.1"],
  },
  "chain-incomplete": {
    what: "The client sent its certificate without the intermediates that lead to a trusted CA.",
    check:
      "openssl storeutl -certs -noout -text CLIENT.pem counts what the client's file holds; checkIdentity() says `no-issuer`; verification succeeds once the intermediate is given as -untrusted",
    mend: "Put the intermediates behind the leaf into the file that the client presents, leaf first, without the root.",
    sources: ["RFC 8446, 4.4.2", "RFC 5246, 7.4.2"],
  },
  "leaf-expired": {
    what: "The client's certificate has expired.",
    check:
      "openssl x509 -noout -enddate -in CLIENT.pem; where curl blames the server's certificate (60) even with -k, it is this; status() of handfast lists what runs out",
    mend: "Issue and present a new certificate. Until then a verifier that can ignore expiry (Application Load Balancer, CloudFront) may do so.",
    sources: ["RFC 8446, 6.2 (certificate_expired)", "RFC 5280, 4.1.2.5"],
  },
  "leaf-not-yet-valid": {
    what: "The client's certificate is not valid yet, or a clock is wrong.",
    check:
      "openssl x509 -noout -startdate -in CLIENT.pem, against the time at the server (its Date header: curl -sI)",
    mend: "Set the clocks right, or wait; issue with a start some minutes back.",
    sources: ["RFC 5280, 4.1.2.5", "OpenSSL: openssl-verification-options(1), X509_V_ERR_CERT_NOT_YET_VALID"],
  },
  "ca-expired": {
    what: "A CA on the way from the client's certificate to the trusted root has expired.",
    check:
      "openssl x509 -noout -subject -enddate for each certificate of the chain and of the server's bundle",
    mend: "Renew the CA, put the new one into the server's bundle beside the old, and issue the leaves anew.",
    sources: ["RFC 5280, 6.1.3", "cert-manager/cert-manager#5851"],
  },
  revoked: {
    what: "The client's certificate has been revoked.",
    check:
      "openssl crl -in CRL.pem -noout -text | grep -i SERIAL, with the list that the server has in effect; readCrl() of @handfast/pki",
    mend: "Present another certificate. If it was revoked by mistake, issue anew: a revocation is not taken back (but for a hold).",
    sources: ["RFC 8446, 6.2 (certificate_revoked)", "RFC 5280, 5.3.1"],
  },
  "crl-missing": {
    what: "The server checks revocation, and has no list of the CA that issued this certificate: where lists are checked by OpenSSL, one list makes every CA need one.",
    check:
      "compare the issuers of the lists (openssl crl -noout -issuer) with the CAs of the bundle; openssl verify -crl_check -CAfile TRUSTED.pem -CRLfile CRLS.pem LEAF.pem says `unable to get certificate CRL`",
    mend: "Give the server a current list of every CA that it trusts, an empty one if nothing was revoked; or take the lists away.",
    sources: ["OpenSSL: openssl-verification-options(1), -crl_check", "haproxy/haproxy#1201"],
  },
  "crl-expired": {
    what: "The server's revocation list is past its next update, and so nothing of that CA is let in.",
    check:
      "openssl crl -noout -lastupdate -nextupdate -in CRL.pem, with the list that the server has in effect",
    mend: "Publish a new list, and one before each next update, also when nothing was revoked.",
    sources: [
      "OpenSSL: X509_verify_cert_error_string(3), X509_V_ERR_CRL_HAS_EXPIRED",
      "hashicorp/vault#16762",
    ],
  },
  "crl-unreadable": {
    what: "The server could not use its revocation list: it is broken, signed by another key, or has expired.",
    check: "openssl crl -in CRL.pem -CAfile CA.pem -noout says `verify OK`, and -nextupdate lies ahead",
    mend: "Make the list anew with the CA's present key, in PEM, and put it in place of the old one.",
    sources: [
      "AWS: Connection logs for your Application Load Balancer (ClientCertCrlProcessingError)",
      "RFC 5280, 6.3.3",
    ],
  },
  "wrong-purpose": {
    what: "The client's certificate is not made for clients: its extended key usage lacks clientAuth, or its key usage lacks digitalSignature.",
    check:
      "openssl x509 -noout -ext extendedKeyUsage,keyUsage -in CLIENT.pem; checkIdentity() says `leaf-without-client-auth`",
    mend: "Issue the certificate with extended key usage clientAuth (1.3.6.1.5.5.7.3.2). Public CAs give certificates for servers: take one of a CA of your own.",
    sources: ["RFC 5280, 4.2.1.12", "grpc/grpc-java#6934"],
  },
  "chain-too-deep": {
    what: "The client's chain has more CAs than the server follows.",
    check:
      "count the certificates from leaf to root; an Application Load Balancer follows 4, nginx 1 unless ssl_verify_depth says more",
    mend: "Trust an intermediate nearer to the leaf, raise the depth where that can be set, or issue from a CA nearer to the root.",
    sources: [
      "AWS: Quotas for your Application Load Balancers",
      "nginx: Module ngx_http_ssl_module, ssl_verify_depth",
    ],
  },
  "chain-too-large": {
    what: "What the client sends as its chain is larger than the server takes.",
    check: "the size of the client's PEM file; the root and comments need not be in it",
    mend: "Send the leaf and its intermediates only; take EC keys instead of RSA 4096.",
    sources: [
      "AWS: Quotas for your Application Load Balancers",
      "AWS: Connection logs for your Application Load Balancer (ClientCertMaxSizeExceeded)",
    ],
  },
  "certificate-unsupported": {
    what: "The server does not take certificates of this kind: key type, key size, signature hash, or X.509 version.",
    check:
      "openssl x509 -noout -text -in CLIENT.pem: version 3, RSA from 2048 bit or P-256/P-384, SHA-256 or better; checkIdentity() names what is weak",
    mend: "Issue the certificate anew with P-256 or RSA 2048, SHA-256, version 3.",
    sources: [
      "RFC 8446, 6.2 (unsupported_certificate)",
      "AWS: Mutual authentication with TLS in Application Load Balancer",
    ],
  },
  "certificate-broken": {
    what: "The server could not read the client's certificate, or a signature in the chain does not hold.",
    check:
      "openssl verify -CAfile TRUSTED.pem -untrusted CHAIN.pem LEAF.pem; checkIdentity() of @handfast/pki",
    mend: "Present the chain as the CA gave it: leaf first, nothing cut, nothing pasted between.",
    sources: ["RFC 8446, 6.2 (bad_certificate)"],
  },
  "key-mismatch": {
    what: "The signature that proves possession of the key does not hold: the key does not belong to the certificate, or something on the way changed the handshake.",
    check:
      "openssl x509 -noout -pubkey -in CLIENT.pem and openssl pkey -pubout -in CLIENT.key print the same; checkIdentity() says `key-mismatch`",
    mend: "Present the certificate with the key that it was issued for.",
    sources: ["RFC 8446, 4.4.3 and 6.2 (decrypt_error)"],
  },
  "client-file-unusable": {
    what: "The client could not use its own certificate or key: a wrong path, a passphrase, a format, a key that does not belong to it. Nothing was sent.",
    hop: "client-to-edge",
    check: "openssl x509 -noout -in CLIENT.pem and openssl pkey -noout -in CLIENT.key as the client's user",
    mend: "Mend path, rights, format (PEM, or --cert-type P12) or passphrase at the client.",
    sources: ["curl: curl(1), exit code 58"],
  },
  "not-chosen": {
    what: "The server asked for a certificate, and the client waits for somebody to choose one, or has none to choose from.",
    hop: "client-to-edge",
    check:
      "the browser's list of certificates of its own; whether a certificate is there with its key and of a CA that the server names",
    mend: "Import certificate and key (PKCS#12) into the browser or the system's store; by policy (AutoSelectCertificateForUrls) where nobody is to choose.",
    sources: [
      "Chromium: net/base/net_error_list.h",
      "Chrome Enterprise policy list: AutoSelectCertificateForUrls",
    ],
  },
  "refused-by-policy": {
    what: "The certificate as such is sound, and a rule of the server refused it: a list of serials or names, a connection function, a rule of the application.",
    check: "the log of that rule; whether another certificate of the same CA is let in",
    mend: "Change the rule, or present a certificate that it allows.",
    sources: ["RFC 8446, 6.2 (access_denied)"],
  },
} as const satisfies Readonly<Record<string, CauseText>>;
