import type { VerdictCode } from "../accept/verdict.ts";

const otherIdentity = "show another identity";

/** What helps against a refusal, by its code; all others are helped by another identity. */
const mends: Partial<Record<VerdictCode, string>> = {
  "certificate-required": "let the presenter show an identity",
  "no-issuer": `trust the CA that issued what is shown, send its intermediates along, or ${otherIdentity}`,
  "self-signed": `trust the certificate itself, or ${otherIdentity}`,
  "chain-too-long": `trust a CA further down, or ${otherIdentity} with a shorter chain`,
  "not-a-ca": `send the intermediates that really issued it, or ${otherIdentity}`,
  "wrong-purpose": "have it issued anew for TLS clients (extended key usage clientAuth)",
  "path-length": `trust a CA further down, or ${otherIdentity}`,
  "key-too-weak": "have it issued anew with a stronger key",
  "signature-too-weak": "have it issued anew with SHA-256 or better",
  "bad-signature": "send the CA certificate that really issued it: this one only has its name",
  expired: "renew it",
  "not-yet-valid": "wait until it is valid, or have it issued anew with an earlier beginning",
  "name-constraint": "have it issued anew with a name that the CA may give, or by another CA",
  "unknown-critical-extension": "have it issued anew without that extension",
  revoked: `have a new one issued with a new key, and show that`,
  "no-ocsp-responder": "have it issued anew with the address of an OCSP responder, or ask none",
  "crl-missing": "give the CA's revocation list as crls of the trust, or give no list at all",
  "crl-scope": "give the CA's full revocation list",
  "crl-expired": "get a newer revocation list from the CA, and give that",
  "crl-not-yet-valid": "wait until the revocation list is valid, or give the one before",
  "crl-signature": "give the list that the CA itself signed",
  "crl-issuer-usage": "give a list signed by a CA that may sign lists (key usage cRLSign)",
  "crl-unknown-critical-extension": "give a list without that extension",
};

/** Who must do what about a link that would be refused. */
export function mendRefusal(code: VerdictCode | undefined, shown: string): string {
  const mend = (code === undefined ? undefined : mends[code]) ?? otherIdentity;
  return `${mend}; or agree to the loss with mayRefuse${shown === "nothing" ? ': ["nothing"]' : ""}`;
}
