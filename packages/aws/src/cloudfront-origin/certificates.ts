/** What ACM says of a certificate: what it holds, whose it is, why it can't be read. */
import { type Digest, isHandfastError } from "@handfast/core";
import type { CertificateText } from "../acm/port.ts";
import { dissectPem } from "../pem.ts";
import type { Bundle } from "./state.ts";

/** The tag by which handfast knows its own; its value tells the step that imported it. */
export const ownerTag = "handfast";
/** The tag that tells people the content: the certificate's {@link bundleName}. */
export const contentTag = "handfast-sha256";

/** The certificates of what ACM hands out, leaf first. */
export function dissectText(
  { certificate, chain }: CertificateText,
  arn: string,
): ReadonlyMap<Digest, Uint8Array> {
  const leaf = dissectPem(certificate, "CERTIFICATE", arn);
  return chain.trim() === "" ? leaf : new Map([...leaf, ...dissectPem(chain, "CERTIFICATE", arn)]);
}

/** What ACM hands out, by digests. */
export function bundleIn(ders: ReadonlyMap<Digest, Uint8Array>): Bundle {
  const [certificate = "", ...chain] = ders.keys();
  return { certificate, chain };
}

/** Tags by key. */
export type Tags = Readonly<Record<string, string>>;

/** Whether handfast imported it, by its tags. */
export function isOwn({ tags }: { readonly tags: Tags }): boolean {
  return tags[ownerTag] !== undefined;
}

/** Why a certificate could not be read; undefined when the failure says nothing about the certificate. */
export function whyUnreadable(error: unknown): string | undefined {
  if (!isHandfastError(error)) return undefined;
  if (error.code === "REMOTE_UNAUTHORIZED") return "these credentials may not read it";
  if (error.code === "REMOTE_NOT_FOUND") return "it is not in ACM";
  return error.details.provider?.code === "RequestInProgress" ? "it has not been issued" : undefined;
}
