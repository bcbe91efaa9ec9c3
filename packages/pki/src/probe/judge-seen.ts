import type { ProofRequest } from "@handfast/core";
import { readEcho, type SeenCertificate } from "./read-echo.ts";

/** What the application behind the verifier tells of the certificate that reached it. */
export type Seen =
  | { readonly kind: "due"; readonly by: "sha256" | "serial and issuer" | "serial" }
  | { readonly kind: "nothing" }
  | { readonly kind: "another"; readonly why: string };

/** What is read for evidence: a digest or number of it, never a name. */
export interface SeenEvidence {
  readonly seen: Seen;
  readonly told: SeenCertificate | undefined;
}

/** Holds the echo against the certificate that is due. Pure. */
export function judgeSeen(
  { certificate, serial, issuer }: ProofRequest,
  echo: string,
  headers: Readonly<Record<string, string>>,
): SeenEvidence {
  const field = echo.toLowerCase();
  const value = headers[field];
  const echoed = value === undefined ? undefined : readEcho(value);
  if (echoed === undefined) return { seen: { kind: "nothing" }, told: undefined };
  // An ALB passes each part on in a field of its own, and an application may repeat them as they came.
  const beside = headers[field.replace(/serial(?:-number)?$/, "issuer")];
  const told = { ...echoed, issuer: echoed.issuer ?? (beside === value ? undefined : beside) };
  return { seen: compare(told, { certificate, serial, issuer }), told };
}

function compare(told: SeenCertificate, due: Pick<ProofRequest, "certificate" | "serial" | "issuer">): Seen {
  if (told.sha256 !== undefined)
    return told.sha256 === due.certificate
      ? { kind: "due", by: "sha256" }
      : { kind: "another", why: "the application saw another certificate" };
  if (told.serial !== due.serial) return { kind: "another", why: "the application saw another certificate" };
  if (told.issuer === undefined || due.issuer === undefined) return { kind: "due", by: "serial" };
  return valuesOf(told.issuer) === valuesOf(due.issuer)
    ? { kind: "due", by: "serial and issuer" }
    : {
        kind: "another",
        why: "the application saw a certificate with that serial number, but of another issuer",
      };
}

/** The values of a name: providers differ in order, blanks, and how they call the types. */
function valuesOf(name: string): string {
  return name
    .split(/(?<!\\)[,+/]/)
    .map((part) =>
      part
        .slice(part.indexOf("=") + 1)
        .trim()
        .replace(/\s+/g, " ")
        .toLowerCase(),
    )
    .filter((value) => value !== "")
    .sort()
    .join("\n");
}
