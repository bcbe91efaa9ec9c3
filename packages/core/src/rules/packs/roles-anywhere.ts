import type { RulePack } from "../rule.ts";
import { anchorDates, lostEntries, oddAuthorities, oddText, pemAlone } from "./in-common.ts";

const asOf = "2026-11-20";
const quotas = 'IAM Roles Anywhere user guide, "Quotas for AWS IAM Roles Anywhere"';
const model = 'IAM Roles Anywhere user guide, "The IAM Roles Anywhere trust model"';
const api = "IAM Roles Anywhere API Reference";
const refuses = "refuses the call (ValidationException)";

/** What a trust anchor of IAM Roles Anywhere takes. */
export const rolesAnywhereAnchor: RulePack<"bundle"> = {
  name: "roles-anywhere-anchor",
  provider: "Roles Anywhere",
  about: "bundle",
  asOf,
  rules: [
    { check: "no-anchors", of: true, does: refuses, source: api },
    ...pemAlone(refuses, api),
    ...oddText,
    {
      check: "too-many-anchors",
      of: 2,
      does: "has no room for more, and no quota raises it",
      source: quotas,
    },
    { check: "bundle-too-large", of: 204_800, does: refuses, source: `${api}, SourceData` },
    { check: "not-a-ca", of: true, does: refuses, source: model },
    { check: "lacks-cert-sign", of: true, does: refuses, source: model },
    { check: "version-unsuitable", of: 3, does: refuses, source: model },
    {
      check: "signature-unsuitable",
      of: { hashes: ["sha256", "sha384", "sha512"], pss: true },
      does: refuses,
      source: model,
    },
    {
      check: "root-missing",
      of: true,
      severity: "warning",
      does: "does not say whether a chain may end in an intermediate",
      source: "not documented",
    },
    ...oddAuthorities,
    ...anchorDates("gives no session to anybody", model),
  ],
};

/** What a trust anchor of IAM Roles Anywhere takes as revocation lists. */
export const rolesAnywhereCrls: RulePack<"crls"> = {
  name: "roles-anywhere-crls",
  provider: "Roles Anywhere",
  about: "crls",
  asOf,
  rules: [
    ...pemAlone(refuses, `${api}, ImportCrl`),
    {
      check: "crl-missing",
      of: true,
      severity: "warning",
      does: "does not say what it does with CAs that have none",
      source: "not documented",
    },
    { check: "too-many-crls", of: 2, does: "has no room for more, and no quota raises it", source: quotas },
    { check: "crl-too-large", of: 300_000, does: refuses, source: `${api}, ImportCrl` },
    { check: "crl-of-nobody", of: true, severity: "warning", does: "has no use for it", source: model },
    { check: "crl-signature", of: true, does: "can't use it", source: "RFC 5280, 6.3.3" },
    {
      check: "crl-stale",
      of: true,
      severity: "warning",
      does: "does not say what it does then",
      source: "not documented",
    },
    ...lostEntries,
  ],
};

/** What a workload shows to IAM Roles Anywhere. */
export const rolesAnywhereIdentity: RulePack<"identity"> = {
  name: "roles-anywhere-identity",
  provider: "Roles Anywhere",
  about: "identity",
  asOf,
  rules: [
    { check: "certificate-is-ca", of: true, does: "refuses it", source: model },
    { check: "version-unsuitable", of: 3, does: "refuses it", source: model },
    {
      check: "lacks-digital-signature",
      of: { oneOf: ["digitalSignature"], named: true },
      does: "refuses it",
      source: model,
    },
    { check: "empty-subject", of: true, does: "does not support it", source: model },
    {
      check: "signature-unsuitable",
      of: { hashes: ["sha256", "sha384", "sha512"], pss: true },
      does: "refuses it",
      source: model,
    },
    { check: "expired", of: true, does: "refuses it", source: model },
    { check: "not-yet-valid", of: true, does: "refuses it", source: model },
    { check: "foreign-block", of: true, does: "refuses it", source: model },
    { check: "key-mismatch", of: true, does: "refuses the signature", source: model },
    { check: "expires-soon", of: 30, severity: "warning", does: "refuses it from then on", source: model },
  ],
};
