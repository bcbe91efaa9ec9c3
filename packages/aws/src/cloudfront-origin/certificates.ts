/** What lies in ACM, by content: which certificates are handfast's, and which are exactly a wanted one. */
import { type Digest, isHandfastError, readCertificate, type WriteContext } from "@handfast/core";
import type { CertificateRecord, Certificates, CertificateText } from "../acm/port.ts";
import { orNothing } from "../leave-out-missing.ts";
import { dissectPem } from "../pem.ts";
import { type Bundle, bundleName } from "./state.ts";

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

/** An imported certificate with its tags. */
export interface Imported extends CertificateRecord {
  readonly tags: Tags;
}

/** The imported certificates that are exactly this one, whoever imported them; those of handfast's first. */
export async function findImported(
  bundle: Bundle,
  certificates: Certificates,
  { bytes, signal }: Pick<WriteContext, "bytes" | "signal">,
): Promise<readonly Imported[]> {
  const { notBefore, notAfter } = readCertificate(await bytes(bundle.certificate));
  const found: Imported[] = [];
  for (const record of await certificates.imported(signal)) {
    // Of thousands of certificates next to none agrees in both.
    if (!isSameSecond(record.notBefore, notBefore) || !isSameSecond(record.notAfter, notAfter)) continue;
    const text = await orNothing(certificates.read(record.arn, signal));
    if (text === undefined) continue;
    if (bundleName(bundleIn(dissectText(text, record.arn))) !== bundleName(bundle)) continue;
    const tags = await orNothing(certificates.tags(record.arn, signal));
    if (tags !== undefined) found.push({ ...record, tags });
  }
  return [...found.filter(isOwn), ...found.filter((one) => !isOwn(one))];
}

/** Whether handfast imported it, by its tags. */
export function isOwn({ tags }: Pick<Imported, "tags">): boolean {
  return tags[ownerTag] !== undefined;
}

/** Why a certificate could not be read; undefined when the failure says nothing about the certificate. */
export function whyUnreadable(error: unknown): string | undefined {
  if (!isHandfastError(error)) return undefined;
  if (error.code === "REMOTE_UNAUTHORIZED") return "these credentials may not read it";
  if (error.code === "REMOTE_NOT_FOUND") return "it is not in ACM";
  return error.details.provider?.code === "RequestInProgress" ? "it has not been issued" : undefined;
}

function isSameSecond(one: number, other: number): boolean {
  return Math.abs(one - other) < 1_000;
}
