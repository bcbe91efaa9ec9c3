import type { RulePack } from "../rule.ts";

const asOf = "2026-11-20";
const page =
  'Elastic Load Balancing user guide, "Mutual authentication with TLS in Application Load Balancer"';
const quotas = 'Elastic Load Balancing user guide, "Quotas for your Application Load Balancers"';
const refuses = "refuses the whole bundle (InvalidCaCertificatesBundle)";

/** What a trust store of an Application Load Balancer takes as its bundle of CA certificates. */
export const albBundle: RulePack<"bundle"> = {
  name: "alb-bundle",
  provider: "ALB",
  about: "bundle",
  asOf,
  rules: [
    { check: "no-anchors", of: true, does: refuses, source: page },
    { check: "not-pem", of: true, does: refuses, source: page },
    {
      check: "indented-block",
      of: true,
      severity: "warning",
      does: "does not say that it takes it",
      source: "not documented",
    },
    {
      check: "no-line-feed",
      of: true,
      severity: "warning",
      does: "does not say that it takes it",
      source: "not documented",
    },
    { check: "damaged-block", of: true, does: refuses, source: page },
    { check: "foreign-block", of: true, does: refuses, source: page },
    { check: "blank-line", of: true, does: refuses, source: page },
    { check: "text-beside", of: "hash", does: refuses, source: page },
    {
      check: "carriage-return",
      of: true,
      severity: "warning",
      does: "does not say that it takes it",
      source: "not documented",
    },
    { check: "too-many-anchors", of: 25, does: "has no room for more (quota L-43FE5A42)", source: quotas },
    {
      check: "not-a-ca",
      of: true,
      does: "does not say that it takes such a certificate",
      source: "not documented",
    },
    {
      check: "empty-subject",
      of: true,
      severity: "warning",
      does: "does not say that it takes such a CA",
      source: "RFC 5280, 4.1.2.6",
    },
    { check: "version-unsuitable", of: 3, does: refuses, source: page },
    {
      check: "key-unsuitable",
      of: { rsa: [2048, 8192], others: ["ec-prime256v1", "ec-secp384r1", "ec-secp521r1"] },
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
    {
      check: "subjects-too-long",
      of: 10_000,
      does: "has no room for more (quota L-F31E307C)",
      source: quotas,
    },
    { check: "too-deep", of: 4, does: "does not follow a chain so far", source: quotas },
    {
      check: "duplicate",
      of: true,
      severity: "warning",
      does: "counts it twice",
      source: "not documented",
    },
    {
      check: "same-subject",
      of: true,
      severity: "warning",
      does: "does not say which of the two it uses",
      source: "not documented",
    },
    {
      check: "root-missing",
      of: true,
      severity: "warning",
      does: "does not say whether a chain may end in an intermediate",
      source: "not documented",
    },
    {
      check: "identifier-mismatch",
      of: true,
      severity: "warning",
      does: "finds no path over it",
      source: "RFC 5280, 4.2.1.1",
    },
    {
      check: "expired",
      of: true,
      severity: "warning",
      does: "refuses every client of it",
      source: page,
    },
    {
      check: "not-yet-valid",
      of: true,
      severity: "warning",
      does: "refuses every client of it until then",
      source: page,
    },
    { check: "no-usable-anchor", of: true, does: "refuses every client", source: page },
    {
      check: "expires-soon",
      of: 30,
      severity: "warning",
      does: "refuses every client of it from then on",
      source: page,
    },
  ],
};

/** What a trust store of an Application Load Balancer takes as revocation lists. */
export const albCrls: RulePack<"crls"> = {
  name: "alb-crls",
  provider: "ALB",
  about: "crls",
  asOf,
  rules: [
    { check: "not-pem", of: true, does: "takes PEM only", source: page },
    { check: "damaged-block", of: true, does: "refuses the file", source: page },
    { check: "foreign-block", of: true, does: "refuses the file", source: page },
    {
      check: "several-crls-in-text",
      of: true,
      does: 'refuses the file ("More than one CRL objects")',
      source: "reported by users",
    },
    { check: "too-many-crls", of: 30, does: "has no room for more (quota L-332EE142)", source: quotas },
    { check: "crl-too-large", of: 50 * 1024 * 1024, does: "refuses the file", source: quotas },
    {
      check: "too-many-revoked",
      of: 500_000,
      does: "has no room for more (quota L-37E1617B)",
      source: quotas,
    },
    {
      check: "crl-negative-serial",
      of: true,
      severity: "warning",
      does: "can't enforce that entry",
      source: page,
    },
    {
      check: "crl-missing",
      of: true,
      severity: "warning",
      does: "may refuse every client of that CA",
      source: "not documented; OpenSSL does (X509_V_FLAG_CRL_CHECK)",
    },
    {
      check: "crl-of-nobody",
      of: true,
      severity: "warning",
      does: "has no use for it",
      source: "RFC 5280, 6.3.3",
    },
    { check: "crl-signature", of: true, does: "can't use it", source: "RFC 5280, 6.3.3" },
    {
      check: "crl-stale",
      of: true,
      severity: "warning",
      does: "may refuse every client of that CA (ClientCertCrlProcessingError in its connection log)",
      source: "not documented",
    },
    {
      check: "crl-not-yet-valid",
      of: true,
      severity: "warning",
      does: "may refuse every client of that CA until then",
      source: "not documented",
    },
    {
      check: "crl-older",
      of: true,
      severity: "warning",
      does: "takes it, and lets in again whom the newer list names",
      source: "RFC 5280, 5.2.3",
    },
    {
      check: "crl-shrinks",
      of: true,
      severity: "warning",
      does: "lets those in again",
      source: "RFC 5280, 3.3",
    },
  ],
};
