/**
 * Why a verifier accepts, refuses, or nobody can tell. The codes are stable: switch on them, show the reason.
 *
 * Accepted:
 * - `accepted`: a chain holds, or nothing is shown where that is allowed
 * - `not-asked`: the verifier looks at no certificate
 *
 * Refused for what is shown, or for a chain that can't be built:
 * - `certificate-required`: nothing is shown
 * - `no-issuer`: no certificate that was sent or is trusted can have issued the last one of the chain
 * - `self-signed`: the chain ends in a certificate that signs itself and is not trusted
 * - `chain-too-long`: more intermediates than the verifier takes
 *
 * Refused for a certificate of the chain (RFC 5280, 6.1):
 * - `malformed-extension`, `unknown-critical-extension`: an extension can't be read, or is not known and critical
 * - `proxy-certificate`: RFC 3820, which nobody takes in TLS
 * - `not-a-ca`: it issued another one, and may not: basic constraints, key usage, or version 1
 * - `wrong-purpose`: extended key usage or key usage is not for TLS clients, its own or that of a CA above
 * - `path-length`: more CAs below one than its basic constraints allow
 * - `unsupported-key`: an elliptic curve that is spelt out in place of named
 * - `key-too-weak`, `signature-too-weak`: below the verifier's security level
 * - `bad-signature`: the key of the chain's next certificate did not sign it
 * - `expired`, `not-yet-valid`
 * - `name-constraint`: it has a name that a CA above may not give
 *
 * Refused for revocation:
 * - `revoked`
 * - `no-ocsp-responder`: the verifier asks responders, and the certificate names none
 * - `crl-missing`: no list for its issuer, while the verifier needs one
 * - `crl-scope`: the lists of its issuer speak of other certificates
 * - `crl-expired`, `crl-not-yet-valid`
 * - `crl-signature`: the issuer did not sign the list
 * - `crl-issuer-usage`: the issuer may not sign lists
 * - `crl-unknown-critical-extension`
 *
 * Unknown:
 * - `shown-unreadable`, `anchors-unreadable`, `crls-unreadable`: what decides it can't be read
 * - `order-decides`: it hangs on which of several CAs of the same name the verifier tries first
 * - `crl-indirect`, `crl-delta`: the only list for it is one of a kind that verifiers read differently
 * - `ocsp-unknown`: whether certificates of that CA name a responder is not known
 */
export type VerdictCode =
  | "accepted"
  | "not-asked"
  | "certificate-required"
  | "no-issuer"
  | "self-signed"
  | "chain-too-long"
  | "malformed-extension"
  | "unknown-critical-extension"
  | "proxy-certificate"
  | "not-a-ca"
  | "wrong-purpose"
  | "path-length"
  | "unsupported-key"
  | "key-too-weak"
  | "signature-too-weak"
  | "bad-signature"
  | "expired"
  | "not-yet-valid"
  | "name-constraint"
  | "revoked"
  | "no-ocsp-responder"
  | "crl-missing"
  | "crl-scope"
  | "crl-expired"
  | "crl-not-yet-valid"
  | "crl-signature"
  | "crl-issuer-usage"
  | "crl-unknown-critical-extension"
  | "shown-unreadable"
  | "anchors-unreadable"
  | "crls-unreadable"
  | "order-decides"
  | "crl-indirect"
  | "crl-delta"
  | "ocsp-unknown";

/** What a verifier does with a connection. `unknown` when what decides it can't be read. */
export interface Verdict {
  readonly verdict: "accepted" | "refused" | "unknown";
  /** Why, in words for a person; empty when there is nothing to say. */
  readonly reason: string;
  /** Stable; always there in what {@link accepts} returns. */
  readonly code?: VerdictCode | undefined;
}

export const accepted: Verdict = { verdict: "accepted", reason: "", code: "accepted" };
export const notAsked: Verdict = { verdict: "accepted", reason: "", code: "not-asked" };
export const refused = (code: VerdictCode, reason: string): Verdict => ({ verdict: "refused", reason, code });
export const unknown = (code: VerdictCode, reason: string): Verdict => ({ verdict: "unknown", reason, code });
