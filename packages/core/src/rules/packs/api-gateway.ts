import type { RulePack } from "../rule.ts";
import { oddLines } from "./in-common.ts";

const page =
  'API Gateway developer guide, "How to turn on mutual TLS authentication for your REST APIs in API Gateway"';
const field = "measured by users of API Gateway";

/** What a custom domain of API Gateway takes as its truststore. It turns mTLS on all the same, and warns. */
export const apiGatewayTruststore: RulePack<"bundle"> = {
  name: "api-gateway-truststore",
  provider: "API Gateway",
  about: "bundle",
  asOf: "2026-11-20",
  rules: [
    { check: "no-anchors", of: true, does: "refuses the truststore", source: page },
    { check: "not-pem", of: true, does: "refuses the truststore", source: page },
    ...oddLines,
    {
      check: "damaged-block",
      of: true,
      does: "warns of it (truststoreWarnings), and trusts nobody by it",
      source: page,
    },
    { check: "foreign-block", of: true, does: "warns of it (truststoreWarnings)", source: page },
    { check: "bundle-too-large", of: 1_000_000, does: "refuses the truststore", source: field },
    {
      check: "not-a-ca",
      of: true,
      does: "warns of it (truststoreWarnings), and trusts nobody by it",
      source: page,
    },
    {
      check: "key-unsuitable",
      of: {
        rsa: [2048, Number.MAX_SAFE_INTEGER],
        others: ["ec-prime256v1", "ec-secp384r1", "ec-secp521r1"],
      },
      does: "answers every client of it with 403",
      source: page,
    },
    {
      check: "signature-unsuitable",
      of: { hashes: ["sha256", "sha384", "sha512"], pss: true },
      does: "answers every client of it with 403",
      source: page,
    },
    { check: "duplicate", of: true, does: "refuses two certificates of one subject", source: field },
    { check: "same-subject", of: true, does: "refuses two certificates of one subject", source: field },
    { check: "root-missing", of: true, does: "answers every client of it with 403", source: page },
    { check: "too-deep", of: 4, does: "does not follow a chain so far", source: page },
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
      does: "takes it with a warning, and answers every client of it with 403",
      source: field,
    },
    {
      check: "not-yet-valid",
      of: true,
      severity: "warning",
      does: "answers every client of it with 403 until then",
      source: page,
    },
    { check: "no-usable-anchor", of: true, does: "answers every client with 403", source: page },
    {
      check: "expires-soon",
      of: 30,
      severity: "warning",
      does: "answers every client of it with 403 from then on, and warns of nothing",
      source: page,
    },
  ],
};
