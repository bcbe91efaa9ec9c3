import { type Applies, evaluate, type Facts } from "./rule-expression/evaluate.ts";
import type { Expression } from "./rule-expression/expression.ts";
import { readExpression } from "./rule-expression/read-expression.ts";
import type { VisitorView } from "./sources.ts";
import type { VisitorCertificate } from "./visitor-certificate.ts";

/** A request as rules see it. */
export interface RuledRequest {
  readonly hostname: string;
  readonly method: string;
  /** With the query. */
  readonly path: string;
  readonly certificate: VisitorCertificate;
}

/** The rule that ends a request. */
export interface EndingRule {
  readonly id: string;
  readonly action: string;
}

/** Holds requests against rules; each expression is read once. */
export function visitorRules(): (
  rules: VisitorView["rules"],
  request: RuledRequest,
) => EndingRule | undefined {
  const read = new Map<string, Expression | undefined>();
  const applies = (text: string, facts: Facts): Applies => {
    if (!read.has(text)) {
      const found = readExpression(text);
      read.set(text, "expression" in found ? found.expression : undefined);
    }
    const expression = read.get(text);
    return expression === undefined ? "unknown" : evaluate(expression, facts);
  };
  return (rules, request) => {
    const facts = factsOf(request);
    for (const { id, action, expression } of rules) {
      // What can't be decided here does not act; the control plane's view says that it is in doubt.
      if (action === "log" || applies(expression, facts) !== "yes") continue;
      return action === "skip" ? undefined : { id, action };
    }
    return undefined;
  };
}

function factsOf({ hostname, method, path, certificate }: RuledRequest): Facts {
  const field = "cf.tls_client_auth";
  return new Map<string, string | boolean>([
    ["http.host", hostname],
    ["http.request.method", method],
    ["http.request.uri.path", path.split("?")[0] ?? ""],
    ["ssl", true],
    [`${field}.cert_presented`, certificate.presented],
    [`${field}.cert_verified`, certificate.verified],
    [`${field}.cert_revoked`, certificate.revoked],
    [`${field}.cert_serial`, certificate.serial],
    [`${field}.cert_ski`, certificate.ski],
    [`${field}.cert_issuer_ski`, certificate.issuerSki],
    [`${field}.cert_fingerprint_sha1`, certificate.fingerprintSha1],
    [`${field}.cert_fingerprint_sha256`, certificate.fingerprintSha256],
  ]);
}
