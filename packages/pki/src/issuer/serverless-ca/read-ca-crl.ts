import { HandfastError } from "@handfast/core";
import { checkCrlSignature } from "@handfast/core/certificates";
import type { Certificate } from "../../certificate/read-certificates.ts";
import { readCrl } from "../../crl/read-crl.ts";

/**
 * PEM of a CRL that the CA published, once one of its CAs has been seen to have signed it.
 *
 * @param now milliseconds since the epoch
 * @param place `crl=s3://…`, for errors
 * @throws HandfastError `CERTIFICATE_UNREADABLE`, `CERTIFICATE_UNSUITABLE`
 */
export function readCaCrl(
  bytes: Uint8Array,
  authorities: readonly Certificate[],
  now: number,
  place: string,
): string {
  const { facts, pem } = readCrl(bytes);
  const refuse = (reason: string): HandfastError =>
    new HandfastError("CERTIFICATE_UNSUITABLE", `read CRL failed [${place}]: ${reason}`);
  const verdicts = authorities.map((authority) => checkCrlSignature(facts, authority.facts));
  if (!verdicts.some(({ verdict }) => verdict === "good"))
    throw refuse(
      "no CA of the bundle signed it; a CA whose subject was changed in Terraform after it was made signs CRLs under a name that is not its own: set the variables back, and run its Step Function",
    );
  if (facts.nextUpdate !== undefined && facts.nextUpdate < now)
    throw refuse(
      `it was due to be replaced at ${new Date(facts.nextUpdate).toISOString()}; see why the CA's Step Function does not run`,
    );
  return pem;
}
