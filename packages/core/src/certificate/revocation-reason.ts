/** Codes of the reasons for a revocation (RFC 5280, 5.3.1). 7 is not used. */
export const revocationReasons = {
  unspecified: 0,
  keyCompromise: 1,
  cACompromise: 2,
  affiliationChanged: 3,
  superseded: 4,
  cessationOfOperation: 5,
  certificateHold: 6,
  /** Only in a delta CRL: the certificate is not revoked any more. */
  removeFromCRL: 8,
  privilegeWithdrawn: 9,
  aACompromise: 10,
} as const;

/** Why a certificate was revoked (RFC 5280, 5.3.1). */
export type RevocationReason = keyof typeof revocationReasons;

const names = new Map(
  Object.entries(revocationReasons).map(([name, code]) => [code, name as RevocationReason]),
);

/** The reason of a code; one that RFC 5280 does not define says nothing. */
export function reasonOfCode(code: number): RevocationReason {
  return names.get(code as never) ?? "unspecified";
}
