import { z } from "zod";
import type { JsonResult } from "../json/json-service.ts";
import { readInput } from "../json/read-input.ts";
import { type AcmCall, visibleCertificates } from "./call.ts";
import { describeCommonly, keyAlgorithmOf, purposeNames, statusOf } from "./describe-certificate.ts";
import type { AcmCertificate } from "./models.ts";
import { refuse } from "./refusals.ts";

const texts = z.array(z.string());

const shape = z.object({
  CertificateStatuses: texts.optional(),
  CertificateKeyPairOrigins: texts.optional(),
  Includes: z
    .object({
      keyTypes: texts.optional(),
      keyUsage: texts.optional(),
      extendedKeyUsage: texts.optional(),
      exportOption: z.string().optional(),
      managedBy: z.string().optional(),
    })
    .default({}),
  MaxItems: z.number().int().min(1).max(1000).default(1000),
  NextToken: z.string().min(1).max(10_000).optional(),
  SortBy: z.literal("CREATED_AT").optional(),
  SortOrder: z.enum(["ASCENDING", "DESCENDING"]).optional(),
});

type Asked = z.infer<typeof shape>;

/**
 * ListCertificates. Without `keyTypes` it hides all but small RSA keys, and what has no domain name. A page is cut
 * before it is filtered, so that it may hold less than it has room for, or nothing, and another one follows.
 */
export function listCertificates(call: AcmCall): JsonResult {
  const asked = readInput(shape, call.input);
  if ((asked.SortBy === undefined) !== (asked.SortOrder === undefined)) {
    throw refuse("ValidationException", "SortBy and SortOrder must be specified together");
  }
  const all = [...visibleCertificates(call)];
  if (asked.SortOrder === "DESCENDING") all.reverse();
  const last =
    asked.NextToken === undefined ? undefined : Buffer.from(asked.NextToken, "base64url").toString();
  const from = last === undefined ? 0 : all.findIndex(({ arn }) => arn === last) + 1;
  if (last !== undefined && from === 0) throw refuse("InvalidArgsException", "The NextToken is not valid");
  const page = all.slice(from, from + asked.MaxItems);
  const end = page.at(-1);
  const more = from + page.length < all.length && end !== undefined;
  return {
    CertificateSummaryList: page
      .filter((certificate) => isAskedFor(certificate, asked, call.now))
      .map((certificate) => summaryOf(certificate, call)),
    ...(more ? { NextToken: Buffer.from(end.arn).toString("base64url") } : {}),
  };
}

function isAskedFor(certificate: AcmCertificate, asked: Asked, now: number): boolean {
  const { content, request } = certificate;
  const { keyTypes, keyUsage, extendedKeyUsage, exportOption, managedBy } = asked.Includes;
  const hasDomain = (content?.details.domainName ?? request?.names[0]) !== undefined;
  const usages = content?.details.keyUsages ?? [];
  const purposes = purposesOf(certificate);
  const origin = request === undefined ? "CUSTOMER_PROVIDED" : "AWS_MANAGED";
  const keyType = keyAlgorithmOf(certificate);
  return (
    (keyTypes?.includes(keyType) ?? (["RSA_1024", "RSA_2048"].includes(keyType) && hasDomain)) &&
    (keyUsage?.every((usage) => usages.includes(usage)) ?? true) &&
    (extendedKeyUsage?.every((purpose) => purposes.includes(purpose)) ?? true) &&
    (exportOption ?? "DISABLED") === "DISABLED" &&
    managedBy === undefined &&
    (asked.CertificateStatuses?.includes(statusOf(certificate, now)) ?? true) &&
    (asked.CertificateKeyPairOrigins?.includes(origin) ?? true)
  );
}

function summaryOf(certificate: AcmCertificate, { now, usersOf }: AcmCall): JsonResult {
  const { arn, content, request } = certificate;
  const names = content?.details.names ?? request?.names ?? [];
  return {
    ...describeCommonly(certificate, now),
    SubjectAlternativeNameSummaries: names.slice(0, 100),
    HasAdditionalSubjectAlternativeNames: names.length > 100,
    KeyAlgorithm: keyAlgorithmOf(certificate),
    KeyUsages: content?.details.keyUsages ?? [],
    ExtendedKeyUsages: purposesOf(certificate),
    ExportOption: "DISABLED",
    Exported: false,
    InUse: usersOf(arn).length > 0,
  };
}

function purposesOf({ content }: AcmCertificate): readonly string[] {
  return (content?.details.purposes ?? []).map((purpose) => purposeNames[purpose] ?? "CUSTOM");
}
