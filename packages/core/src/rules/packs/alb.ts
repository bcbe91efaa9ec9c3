import type { RulePack } from "../rule.ts";
import { anchorDates, lostEntries, oddAuthorities, oddText, pemAlone } from "./in-common.ts";

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
    ...pemAlone(refuses, page),
    ...oddText,
    { check: "blank-line", of: true, does: refuses, source: page },
    { check: "text-beside", of: "hash", does: refuses, source: page },
    { check: "too-many-anchors", of: 25, does: "has no room for more (quota L-43FE5A42)", source: quotas },
    {
      check: "not-a-ca",
      of: true,
      does: "does not say that it takes such a certificate",
      source: "not documented",
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
      check: "root-missing",
      of: true,
      severity: "warning",
      does: "does not say whether a chain may end in an intermediate",
      source: "not documented",
    },
    ...oddAuthorities,
    ...anchorDates("refuses every client", page),
  ],
};

/** What a trust store of an Application Load Balancer takes as revocation lists. */
export const albCrls: RulePack<"crls"> = {
  name: "alb-crls",
  provider: "ALB",
  about: "crls",
  asOf,
  rules: [
    ...pemAlone("refuses the file: it takes PEM only", page),
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
    ...lostEntries,
  ],
};
