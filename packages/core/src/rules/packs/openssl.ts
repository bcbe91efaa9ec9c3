import type { RulePack } from "../rule.ts";
import { anchorDates, lostEntries } from "./in-common.ts";

const asOf = "2026-11-20";
const level = "OpenSSL, SSL_CTX_set_security_level(3), level 1 and above";
const verify = "OpenSSL, openssl-verification-options(1)";
const purpose = "OpenSSL, X509_check_purpose(3)";
const nginx = "nginx, ngx_http_ssl_module: ssl_client_certificate, ssl_verify_depth";

const strength = {
  rsa: [2048, 16_384],
  others: [
    "ec-prime256v1",
    "ec-secp384r1",
    "ec-secp521r1",
    "ed25519",
    "ed448",
    "ml-dsa-44",
    "ml-dsa-65",
    "ml-dsa-87",
  ],
} as const;

/** What verifiers on OpenSSL, such as nginx, haproxy and Apache, take as a file of trusted CA certificates. */
export const opensslBundle: RulePack<"bundle"> = {
  name: "openssl-bundle",
  provider: "OpenSSL",
  about: "bundle",
  asOf,
  rules: [
    { check: "no-anchors", of: true, does: "trusts nobody", source: verify },
    { check: "not-pem", of: true, does: "reads PEM from such a file", source: nginx },
    {
      check: "indented-block",
      of: true,
      severity: "blocker",
      does: "finds no certificate in it",
      source: "OpenSSL, PEM_read_bio(3)",
    },
    {
      check: "no-line-feed",
      of: true,
      severity: "blocker",
      does: "finds no certificate in it",
      source: "OpenSSL, PEM_read_bio(3)",
    },
    {
      check: "damaged-block",
      of: true,
      does: "reads no further, or not at all",
      source: "OpenSSL, PEM_read_bio(3)",
    },
    {
      check: "foreign-block",
      of: true,
      severity: "warning",
      does: "skips it",
      source: "OpenSSL, PEM_X509_INFO_read_bio(3)",
    },
    {
      check: "empty-subject",
      of: true,
      severity: "warning",
      does: "does not say that it takes such a CA",
      source: "RFC 5280, 4.1.2.6",
    },
    {
      check: "not-a-ca",
      of: true,
      severity: "warning",
      does: "lets nobody in by it",
      source: purpose,
    },
    {
      check: "key-unsuitable",
      of: strength,
      does: "finds such a key too small, or does not know it",
      source: level,
    },
    {
      check: "signature-unsuitable",
      of: { hashes: ["sha224", "sha256", "sha384", "sha512", "none"], pss: true },
      severity: "warning",
      does: "finds such a hash too weak on all but a root",
      source: level,
    },
    {
      check: "root-missing",
      of: true,
      severity: "warning",
      does: "finds no path without -partial_chain",
      source: verify,
    },
    {
      check: "same-subject",
      of: true,
      severity: "warning",
      does: "tries them one after the other",
      source: verify,
    },
    {
      check: "duplicate",
      of: true,
      severity: "info",
      does: "reads it once",
      source: "OpenSSL, X509_STORE_add_cert(3)",
    },
    {
      check: "identifier-mismatch",
      of: true,
      severity: "warning",
      does: "finds no path over it",
      source: "OpenSSL, X509_check_issued(3)",
    },
    ...anchorDates("refuses every client", verify),
  ],
};

/** What verifiers on OpenSSL take as revocation lists, once they check them. */
export const opensslCrls: RulePack<"crls"> = {
  name: "openssl-crls",
  provider: "OpenSSL",
  about: "crls",
  asOf,
  rules: [
    {
      check: "damaged-block",
      of: true,
      does: "reads no further, or not at all",
      source: "OpenSSL, PEM_read_bio(3)",
    },
    {
      check: "crl-missing",
      of: true,
      does: "refuses every client of that CA (unable to get certificate CRL)",
      source: verify,
    },
    { check: "crl-of-nobody", of: true, severity: "warning", does: "has no use for it", source: verify },
    { check: "crl-signature", of: true, does: "refuses every client of that CA", source: verify },
    {
      check: "crl-stale",
      of: true,
      does: "refuses every client of that CA (CRL has expired)",
      source: verify,
    },
    {
      check: "crl-not-yet-valid",
      of: true,
      does: "refuses every client of that CA (CRL is not yet valid)",
      source: verify,
    },
    {
      check: "crl-without-end",
      of: true,
      severity: "info",
      does: "never finds it out of date",
      source: "RFC 5280, 5.1.2.5",
    },
    ...lostEntries,
  ],
};

/** What a client shows to verifiers on OpenSSL. */
export const opensslIdentity: RulePack<"identity"> = {
  name: "openssl-identity",
  provider: "OpenSSL",
  about: "identity",
  asOf,
  rules: [
    { check: "damaged-block", of: true, does: "can't read it", source: "OpenSSL, PEM_read_bio(3)" },
    {
      check: "foreign-block",
      of: true,
      severity: "warning",
      does: "skips it; a key does not belong where chains are handed about",
      source: "OpenSSL, PEM_X509_INFO_read_bio(3)",
    },
    { check: "key-mismatch", of: true, does: "refuses the handshake", source: "RFC 8446, 4.4.3" },
    {
      check: "certificate-is-ca",
      of: true,
      severity: "warning",
      does: "lets it in all the same",
      source: purpose,
    },
    {
      check: "leaf-without-client-auth",
      of: "allowed",
      does: "refuses it (unsuitable certificate purpose)",
      source: purpose,
    },
    {
      check: "lacks-digital-signature",
      of: { oneOf: ["digitalSignature", "keyAgreement"], named: false },
      does: "refuses it (unsuitable certificate purpose)",
      source: purpose,
    },
    {
      check: "key-unsuitable",
      of: strength,
      does: "finds such a key too small, or does not know it",
      source: level,
    },
    {
      check: "signature-unsuitable",
      of: { hashes: ["sha224", "sha256", "sha384", "sha512", "none"], pss: true },
      does: "finds such a hash too weak",
      source: level,
    },
    {
      check: "chain-broken",
      of: true,
      severity: "warning",
      does: "looks for a path among them in any order",
      source: "RFC 8446, 4.4.2",
    },
    {
      check: "chain-holds-root",
      of: true,
      severity: "warning",
      does: "has it as its anchor or does not trust it",
      source: "RFC 8446, 4.4.2",
    },
    {
      check: "chain-too-long",
      of: 3,
      severity: "warning",
      does: "takes it, and nginx does not, unless ssl_verify_depth is raised above 1",
      source: nginx,
    },
    {
      check: "path-too-long",
      of: true,
      does: "refuses it (path length constraint exceeded)",
      source: "RFC 5280, 4.2.1.9",
    },
    { check: "expired", of: true, does: "refuses it", source: verify },
    { check: "not-yet-valid", of: true, does: "refuses it", source: verify },
    { check: "expires-soon", of: 30, severity: "warning", does: "refuses it from then on", source: verify },
  ],
};
