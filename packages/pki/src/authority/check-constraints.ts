import { HandfastError, readCertificate } from "@handfast/core";
import { nameViolation } from "@handfast/core/accept";
import { bitString, sequence } from "../der/write-der.ts";
import type { Issuing } from "./issuing.ts";
import { signatureAlgorithm } from "./sign-der.ts";

/**
 * Holds what is about to be signed to the name constraints of the authority and of those above it.
 *
 * @throws HandfastError `CERTIFICATE_UNSUITABLE` for a name that every verifier would refuse
 */
export function checkConstraints(
  content: Uint8Array,
  role: "leaf" | "authority",
  { constrained, key }: Pick<Issuing, "constrained" | "key">,
): void {
  if (constrained.length === 0) return;
  const unsigned = sequence(content, signatureAlgorithm(key), bitString(new Uint8Array()));
  const certificate = readCertificate(unsigned);
  for (const { facts } of constrained) {
    const violation = nameViolation(certificate, facts, role);
    if (violation !== undefined)
      throw new HandfastError(
        "CERTIFICATE_UNSUITABLE",
        `issue certificate failed [issuer=${facts.subject}]: its name constraints do not allow ${violation}; ask for other names, or use another authority`,
      );
  }
}
