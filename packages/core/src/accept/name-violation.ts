import type { CertificateFacts } from "../certificate/facts.ts";
import { traitsOf } from "./certificate-traits.ts";
import { violationOf } from "./check-constraints.ts";

/**
 * Which name of a certificate the name constraints of a CA above it forbid (RFC 5280, 4.2.1.10), for people; undefined
 * when they allow all. For a CA that is about to sign: what it may not certify, verifiers refuse.
 *
 * @param role a leaf's common name is held to constraints of DNS names too, where it has no DNS name besides
 */
export function nameViolation(
  certificate: CertificateFacts,
  ca: CertificateFacts,
  role: "leaf" | "authority",
): string | undefined {
  return violationOf(traitsOf(certificate), traitsOf(ca), role === "leaf");
}
