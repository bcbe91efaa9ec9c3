/** An expression of Cloudflare's rules language, read: what every rule is held against a request by. */
export type Expression =
  | { readonly kind: "constant"; readonly value: boolean }
  | { readonly kind: "not"; readonly operand: Expression }
  | { readonly kind: "and" | "or"; readonly left: Expression; readonly right: Expression }
  /** A boolean field by itself. */
  | { readonly kind: "flag"; readonly field: string }
  | {
      readonly kind: "comparison";
      readonly field: string;
      readonly operator: StringOperator;
      readonly values: readonly string[];
    }
  /** Something well formed that is not simulated: nobody knows whether it holds. */
  | { readonly kind: "foreign" };

/** How a text is held against others; `in` and `ne` take what is between the braces, or one text. */
export type StringOperator = "in" | "ne" | "contains" | "starts-with" | "ends-with";

/** The fields that are simulated, by their kind. */
export const fieldKinds: ReadonlyMap<string, "text" | "flag"> = new Map([
  ["http.host", "text"],
  ["http.request.method", "text"],
  ["http.request.uri.path", "text"],
  ["ssl", "flag"],
  ["cf.tls_client_auth.cert_presented", "flag"],
  ["cf.tls_client_auth.cert_verified", "flag"],
  ["cf.tls_client_auth.cert_revoked", "flag"],
  ["cf.tls_client_auth.cert_issuer_ski", "text"],
  ["cf.tls_client_auth.cert_ski", "text"],
  ["cf.tls_client_auth.cert_serial", "text"],
  ["cf.tls_client_auth.cert_fingerprint_sha1", "text"],
  ["cf.tls_client_auth.cert_fingerprint_sha256", "text"],
]);

/** What is wrong with an expression, and where. */
export interface ExpressionFault {
  /** Characters before it. */
  readonly at: number;
  readonly reason: string;
}
