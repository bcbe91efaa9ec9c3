import type { Rule, RulePack } from "../rule.ts";
import { anchorDates, oddAuthorities, oddText, pemAlone } from "./in-common.ts";

const asOf = "2026-11-20";
const page = 'CloudFront developer guide, "Trust stores and certificate management"';
const quotas = 'CloudFront developer guide, "Quotas"';
const revocation = 'CloudFront developer guide, "Certificate revocation"';
const refuses = "refuses the whole bundle, or the trust store fails";

const bundleRules: readonly Rule<"bundle">[] = [
  { check: "no-anchors", of: true, does: refuses, source: page },
  ...pemAlone(refuses, page),
  ...oddText,
  { check: "blank-line", of: true, does: refuses, source: page },
  { check: "text-beside", of: "hash", does: refuses, source: page },
  { check: "too-many-anchors", of: 25, does: "has no room for more", source: quotas },
  {
    check: "not-a-ca",
    of: true,
    does: "does not say that it takes such a certificate",
    source: "not documented",
  },
  { check: "version-unsuitable", of: 3, does: refuses, source: page },
  {
    check: "key-unsuitable",
    of: { rsa: { bits: [2048, 3072, 4096] }, others: ["ec-prime256v1", "ec-secp384r1"] },
    does: refuses,
    source: page,
  },
  {
    check: "signature-unsuitable",
    of: { hashes: ["sha256", "sha384", "sha512"], pss: true },
    does: refuses,
    source: page,
  },
  { check: "certificate-too-large", of: 16_384, does: refuses, source: quotas },
  // 64 KB, read as the smaller of the two
  { check: "bundle-too-large", of: 64_000, does: refuses, source: quotas },
  { check: "too-deep", of: 4, does: "does not follow a chain so far", source: quotas },
  ...oddAuthorities,
  ...anchorDates("refuses every viewer", page),
];

/** What a trust store of CloudFront takes as its bundle of CA certificates. An intermediate alone is an anchor too. */
export const cloudFrontBundle: RulePack<"bundle"> = {
  name: "cloudfront-bundle",
  provider: "CloudFront",
  about: "bundle",
  asOf,
  rules: bundleRules,
};

/** What a viewer must show to a distribution whose trust store asks OCSP responders. */
export const cloudFrontOcspIdentity: RulePack<"identity"> = {
  name: "cloudfront-ocsp-identity",
  provider: "CloudFront with OCSP",
  about: "identity",
  partialChain: true,
  asOf,
  rules: [
    {
      check: "names-no-ocsp-responder",
      of: true,
      does: "refuses a certificate below the anchor that names none, and does not ask the connection function",
      source: revocation,
    },
    { check: "foreign-block", of: true, severity: "warning", does: "must not be shown a key", source: page },
    { check: "certificate-is-ca", of: true, does: "refuses it", source: page },
    { check: "version-unsuitable", of: 3, does: "refuses it", source: page },
    {
      check: "leaf-without-client-auth",
      of: "allowed",
      does: "refuses it",
      source: "not documented; OpenSSL does (X509_check_purpose(3))",
    },
    {
      check: "chain-broken",
      of: true,
      severity: "warning",
      does: "may find no path",
      source: "RFC 8446, 4.4.2",
    },
    {
      check: "chain-too-long",
      of: 4,
      severity: "warning",
      does: "may not follow a chain so far: depth 4 is said, and not what counts",
      source: quotas,
    },
    { check: "expired", of: true, does: "refuses it, unless IgnoreCertificateExpiry is set", source: page },
    { check: "not-yet-valid", of: true, does: "refuses it", source: page },
    { check: "expires-soon", of: 30, severity: "warning", does: "refuses it from then on", source: page },
  ],
};

const origin = 'CloudFront developer guide, "Certificate management with AWS Certificate Manager"';
const acm = "ACM API Reference, ImportCertificate";

/** What CloudFront shows to origins: an imported certificate of ACM, within narrower limits than ACM's own. */
export const cloudFrontOriginIdentity: RulePack<"identity"> = {
  name: "cloudfront-origin-identity",
  provider: "CloudFront",
  about: "identity",
  asOf,
  rules: [
    { check: "certificate-is-ca", of: true, does: "shows origins leaves only", source: origin },
    {
      check: "leaf-without-client-auth",
      of: "named",
      does: "asks for it",
      source: origin,
    },
    {
      check: "signature-unsuitable",
      of: { hashes: ["sha256", "sha384", "sha512"], pss: true },
      does: "does not show origins such a certificate",
      source: origin,
    },
    {
      check: "key-unsuitable",
      of: { rsa: { bits: [2048] }, others: ["ec-prime256v1"] },
      does: "does not show origins such a certificate",
      source: origin,
    },
    { check: "foreign-block", of: true, does: "has it from ACM, which refuses it so", source: acm },
    { check: "chain-missing", of: true, does: "has it from ACM, which refuses it so", source: acm },
    { check: "chain-broken", of: true, does: "has it from ACM, which refuses it so", source: acm },
    { check: "key-family-differs", of: true, does: "has it from ACM, which refuses it so", source: acm },
    { check: "chain-too-long", of: 3, does: "takes a leaf, an intermediate and a root", source: origin },
    { check: "certificate-too-large", of: 32_768, does: "has it from ACM, which refuses it so", source: acm },
    { check: "chain-too-large", of: 64 * 1024, does: "refuses it", source: origin },
    { check: "key-encrypted", of: true, does: "has it from ACM, which refuses it so", source: acm },
    { check: "key-too-large", of: 5_120, does: "has it from ACM, which refuses it so", source: acm },
    { check: "key-mismatch", of: true, does: "has it from ACM, which refuses it so", source: acm },
    { check: "expired", of: true, does: "has it from ACM, which refuses it so", source: acm },
    { check: "not-yet-valid", of: true, does: "has it from ACM, which refuses it so", source: acm },
    {
      check: "expires-soon",
      of: 30,
      severity: "warning",
      does: "goes on to show it, and origins refuse it",
      source: origin,
    },
  ],
};

/** What ACM takes as an import: certificate, chain and key, each PEM. */
export const acmImport: RulePack<"identity"> = {
  name: "acm-import",
  provider: "ACM",
  about: "identity",
  asOf,
  rules: [
    { check: "not-pem", of: true, does: "refuses the import", source: acm },
    { check: "damaged-block", of: true, does: "refuses the import", source: acm },
    {
      check: "key-unsuitable",
      of: {
        rsa: { bits: [1024, 2048, 3072, 4096] },
        others: ["ec-prime256v1", "ec-secp384r1", "ec-secp521r1"],
      },
      does: "refuses the import",
      source: 'ACM user guide, "Prerequisites for importing ACM certificates"',
    },
    { check: "foreign-block", of: true, does: "refuses the import", source: acm },
    { check: "empty-issuer", of: true, does: "refuses the import", source: acm },
    { check: "ocsp-url-too-long", of: 1_000, does: "refuses the import", source: acm },
    { check: "chain-missing", of: true, does: "refuses the import", source: acm },
    { check: "chain-broken", of: true, does: "refuses the import", source: acm },
    { check: "key-family-differs", of: true, does: "refuses the import", source: acm },
    { check: "certificate-too-large", of: 32_768, does: "refuses the import", source: acm },
    { check: "chain-too-large", of: 2_097_152, does: "refuses the import", source: acm },
    { check: "key-encrypted", of: true, does: "refuses the import", source: acm },
    { check: "key-too-large", of: 5_120, does: "refuses the import", source: acm },
    { check: "key-mismatch", of: true, does: "refuses the import", source: acm },
    { check: "expired", of: true, does: "refuses the import", source: acm },
    { check: "not-yet-valid", of: true, does: "refuses the import", source: acm },
    {
      check: "expires-soon",
      of: 30,
      severity: "warning",
      does: "does not renew what was imported",
      source: 'ACM user guide, "Importing certificates"',
    },
  ],
};
