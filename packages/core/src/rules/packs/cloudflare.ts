import type { RulePack } from "../rule.ts";
import { oddLines } from "./in-common.ts";

const asOf = "2026-10-31";
const pulls = 'Cloudflare docs, "Authenticated Origin Pulls (mTLS)"';
const custom = 'Cloudflare docs, "Custom certificates: troubleshooting"';
const byo = 'Cloudflare docs, "Bring your own CA for mTLS"';

/** What Cloudflare takes as a certificate to show to origins, of a zone or of a hostname. */
export const cloudflareOriginPullIdentity: RulePack<"identity"> = {
  name: "cloudflare-origin-pull-identity",
  provider: "Cloudflare",
  about: "identity",
  asOf,
  rules: [
    { check: "not-pem", of: true, does: "refuses the upload (1408)", source: pulls },
    { check: "damaged-block", of: true, does: "refuses the upload (1408)", source: custom },
    {
      check: "text-beside",
      of: "none",
      severity: "warning",
      does: "may refuse the upload (1002): extra lines",
      source: custom,
    },
    {
      check: "carriage-return",
      of: true,
      severity: "warning",
      does: "does not say that it takes it",
      source: "not documented",
    },
    {
      check: "certificate-is-ca",
      of: true,
      does: 'refuses the upload ("missing leaf certificate")',
      source: pulls,
    },
    { check: "chain-holds-root", of: true, does: "refuses a root beside a leaf (2100)", source: custom },
    {
      check: "chain-undocumented",
      of: true,
      severity: "warning",
      does: "documents that it shows a leaf only",
      source: pulls,
    },
    {
      check: "key-unsuitable",
      of: {
        rsa: [2048, Number.MAX_SAFE_INTEGER],
        others: ["ec-prime256v1", "ec-secp384r1", "ec-secp521r1"],
      },
      severity: "warning",
      does: "does not say that it takes it",
      source: custom,
    },
    {
      check: "leaf-without-client-auth",
      of: "allowed",
      severity: "warning",
      does: "takes it, and an origin on OpenSSL refuses it",
      source: "observed by others; X509_check_purpose(3)",
    },
    {
      check: "lacks-digital-signature",
      of: { oneOf: ["digitalSignature", "keyAgreement"], named: false },
      severity: "warning",
      does: "takes it, and an origin on OpenSSL refuses it",
      source: "X509_check_purpose(3)",
    },
    {
      check: "foreign-block",
      of: true,
      does: "is given the key in a field of its own, and refuses other blocks here",
      source: custom,
    },
    {
      check: "blank-line",
      of: true,
      severity: "warning",
      does: "may refuse the upload (1002): extra lines",
      source: custom,
    },
    { check: "key-with-parameters", of: true, does: "refuses the upload", source: custom },
    { check: "key-encrypted", of: true, does: "refuses the upload", source: custom },
    { check: "key-mismatch", of: true, does: "refuses the upload (2200)", source: custom },
    {
      check: "expired",
      of: true,
      severity: "warning",
      does: "goes on to show it, and origins refuse it",
      source: pulls,
    },
    {
      check: "not-yet-valid",
      of: true,
      severity: "warning",
      does: "shows it, and origins refuse it until then",
      source: pulls,
    },
    {
      check: "expires-soon",
      of: 30,
      severity: "warning",
      does: "goes on to show it from then on, and origins refuse it",
      source: pulls,
    },
  ],
};

/** What Cloudflare takes as a CA of your own whose clients it checks (API Shield). */
export const cloudflareApiShieldCa: RulePack<"bundle"> = {
  name: "cloudflare-api-shield-ca",
  provider: "Cloudflare",
  about: "bundle",
  asOf,
  rules: [
    { check: "no-anchors", of: true, does: "refuses the upload", source: byo },
    { check: "not-pem", of: true, does: "refuses the upload", source: byo },
    ...oddLines,
    { check: "damaged-block", of: true, does: "refuses the upload", source: byo },
    { check: "foreign-block", of: true, does: "must not be given a key here", source: byo },
    {
      check: "too-many-anchors",
      of: 5,
      does: "has room for five CAs in an account (1489), for API Shield, Workers and Gateway together",
      source: byo,
    },
    { check: "not-a-ca", of: true, does: "refuses the upload", source: byo },
    {
      check: "signature-unsuitable",
      of: { hashes: ["sha1", "sha256", "sha384", "sha512"], pss: false },
      does: "does not list it among those it takes",
      source: byo,
    },
    {
      check: "key-unsuitable",
      of: { rsa: [1024, Number.MAX_SAFE_INTEGER], others: ["ec-prime256v1", "ec-secp384r1", "ec-secp521r1"] },
      severity: "warning",
      does: "does not list it among those it takes",
      source: byo,
    },
    {
      check: "identifier-mismatch",
      of: true,
      severity: "warning",
      does: "finds no path over it",
      source: "RFC 5280, 4.2.1.1",
    },
    { check: "duplicate", of: true, does: "refuses it twice (1471)", source: "observed by others" },
    {
      check: "expired",
      of: true,
      severity: "warning",
      does: "lets nobody in by it",
      source: byo,
    },
    { check: "no-usable-anchor", of: true, does: "lets nobody in", source: byo },
    {
      check: "expires-soon",
      of: 30,
      severity: "warning",
      does: "lets nobody in by it from then on",
      source: byo,
    },
  ],
};
