import { z } from "zod";
import type { JsonResult } from "../json/json-service.ts";
import { readInput } from "../json/read-input.ts";
import { type AcmCall, checkRoom, findCertificate, store } from "./call.ts";
import type { CertificateDetails } from "./certificate-details.ts";
import type { AcmCertificate } from "./models.ts";
import { readImport } from "./read-import.ts";
import { refuse } from "./refusals.ts";
import { readTags, tagList } from "./tags.ts";

/** Bytes travel in base64; a blob is bounded by what it decodes to. */
const blob = (most: number) =>
  z
    .string()
    .regex(/^[A-Za-z0-9+/]*={0,2}$/, "Member must be base64")
    .transform((text) => Buffer.from(text, "base64"))
    .refine(({ length }) => length >= 1, "Member must have length greater than or equal to 1")
    .refine(({ length }) => length <= most, `Member must have length less than or equal to ${most}`);

const shape = z.object({
  CertificateArn: z.string().optional(),
  Certificate: blob(32_768),
  PrivateKey: blob(5_120),
  CertificateChain: blob(2_097_152).optional(),
  Tags: tagList.optional(),
});

const clientAuth = "1.3.6.1.5.5.7.3.2";

/** ImportCertificate: a new ARN for every import, or another content for an ARN that there is. */
export function importCertificate(call: AcmCall): JsonResult {
  const { models, settings, region, now } = call;
  const sent = readInput(shape, call.input);
  if (sent.CertificateArn !== undefined && sent.Tags !== undefined) {
    throw refuse("ValidationException", "Tagging is not permitted on re-import.");
  }
  const replaced =
    sent.CertificateArn === undefined ? undefined : findCertificate(call, sent.CertificateArn, "write");
  const tags = replaced?.tags ?? readTags(sent.Tags ?? [], settings.quotas.tags);
  const content = readImport(
    { certificate: sent.Certificate, key: sent.PrivateKey, chain: sent.CertificateChain },
    now,
  );
  if (replaced !== undefined) checkReplacement(replaced, content.details);
  checkRoom(call, replaced === undefined ? "new" : "again");
  const fresh = {
    arn: `arn:aws:acm:${region}:${settings.accountId}:certificate/${models.nextId()}`,
    region,
    createdAt: now,
    visibleAt: now + settings.lags.visible,
    request: undefined,
    heldUntil: 0,
    deletedAt: undefined,
    tags,
  };
  const certificate: AcmCertificate = { ...(replaced ?? fresh), content, filledAt: now };
  store(call, certificate, { counts: true });
  return { CertificateArn: certificate.arn };
}

/** What an import in place may not change (ACM User Guide, "Reimport a certificate"; ImportCertificate). */
function checkReplacement({ arn, content, request }: AcmCertificate, next: CertificateDetails): void {
  if (content === undefined || request !== undefined) {
    throw refuse("ValidationException", `The certificate ${arn} is not imported and cannot be reimported.`);
  }
  const { details: old } = content;
  if (old.keyAlgorithm !== next.keyAlgorithm) {
    throw refuse("ValidationException", "The key type and size of a reimported certificate cannot change.");
  }
  if (old.names.length > 0 && next.names.length === 0) {
    throw refuse("ValidationException", "You cannot remove all of the domain names from a certificate.");
  }
  const mayGo = (usage: string): boolean =>
    usage === "KEY_ENCIPHERMENT" && next.signatureAlgorithm.endsWith("ECDSA");
  if (lost(old.keyUsages, next.keyUsages).some((usage) => !mayGo(usage))) {
    throw refuse("ValidationException", "Key Usage values cannot be removed from a reimported certificate.");
  }
  if (lost(old.purposes, next.purposes).some((purpose) => purpose !== clientAuth)) {
    throw refuse(
      "ValidationException",
      "Extended Key Usage values cannot be removed from a reimported certificate.",
    );
  }
}

function lost(old: readonly string[] | undefined, next: readonly string[] | undefined): readonly string[] {
  return (old ?? []).filter((value) => !(next ?? []).includes(value));
}
