import { createHash } from "node:crypto";
import { z } from "zod";
import type { JsonResult } from "../json/json-service.ts";
import { readInput } from "../json/read-input.ts";
import { type AcmCall, checkRoom, type StoringCall, store } from "./call.ts";
import { isDomainName } from "./certificate-details.ts";
import type { AcmCertificate, CertificateRequest, CertificateText } from "./models.ts";
import { readImport } from "./read-import.ts";
import { refuse } from "./refusals.ts";
import { readTags, tagList } from "./tags.ts";

const shape = z.object({
  DomainName: z.string().min(1).max(253),
  SubjectAlternativeNames: z.array(z.string().min(1).max(253)).min(1).max(100).optional(),
  ValidationMethod: z.enum(["DNS", "EMAIL", "HTTP"]).default("EMAIL"),
  IdempotencyToken: z
    .string()
    .regex(/^\w{1,32}$/)
    .optional(),
  DomainValidationOptions: z
    .array(z.object({ DomainName: z.string(), ValidationDomain: z.string() }))
    .optional(),
  KeyAlgorithm: z.string().default("RSA_2048"),
  CertificateAuthorityArn: z.string().optional(),
  ManagedBy: z.string().optional(),
  Tags: tagList.min(1).optional(),
});

const hour = 3_600_000;

/** RequestCertificate: pending until the simulation issues it; a token stands for one certificate for an hour. */
export function requestCertificate(call: AcmCall): JsonResult {
  const { models, settings, region, now } = call;
  const sent = readInput(shape, call.input);
  const names = [...new Set([sent.DomainName, ...(sent.SubjectAlternativeNames ?? [])])];
  checkRequest(sent, names);
  const known = [...models.now().certificates.values()].find(
    ({ request, deletedAt, ...certificate }) =>
      certificate.region === region &&
      deletedAt === undefined &&
      request?.token !== undefined &&
      request.token.text === sent.IdempotencyToken &&
      now < request.token.until,
  );
  if (known !== undefined) return { CertificateArn: known.arn };
  if (names.length > settings.quotas.names) {
    throw refuse("LimitExceededException", `A certificate can have up to ${settings.quotas.names} names`);
  }
  const tags = readTags(sent.Tags ?? [], settings.quotas.tags);
  checkRoom(call, "new");
  const token = sent.IdempotencyToken;
  const request: CertificateRequest = {
    names,
    keyAlgorithm: sent.KeyAlgorithm,
    method: sent.ValidationMethod === "DNS" ? "DNS" : "EMAIL",
    token: token === undefined ? undefined : { text: token, until: now + hour },
  };
  const certificate: AcmCertificate = {
    arn: `arn:aws:acm:${region}:${settings.accountId}:certificate/${models.nextId()}`,
    region,
    createdAt: now,
    visibleAt: now + settings.lags.visible,
    request,
    content: undefined,
    filledAt: 0,
    heldUntil: 0,
    deletedAt: undefined,
    tags,
  };
  store(call, certificate, { counts: true });
  return { CertificateArn: certificate.arn };
}

/** @throws AwsRefused InvalidDomainValidationOptionsException, InvalidParameterException, InvalidArnException */
function checkRequest(sent: z.infer<typeof shape>, names: readonly string[]): void {
  const wrong = names.find((name) => !isDomainName(name));
  if (wrong !== undefined) throw refuse("InvalidParameterException", `${wrong} is not a valid domain name`);
  if (sent.DomainName.length > 64) {
    throw refuse("InvalidParameterException", "The first domain name can be no longer than 64 bytes");
  }
  if (!["RSA_2048", "EC_prime256v1", "EC_secp384r1"].includes(sent.KeyAlgorithm)) {
    throw refuse("InvalidParameterException", `${sent.KeyAlgorithm} is not supported for requests`);
  }
  if (sent.CertificateAuthorityArn !== undefined) {
    throw refuse("InvalidArnException", `${sent.CertificateAuthorityArn} is no authority of the simulation`);
  }
  if (sent.ValidationMethod === "HTTP" || sent.ManagedBy !== undefined) {
    throw refuse("InvalidParameterException", "Certificates that CloudFront manages are not simulated");
  }
  const strange = sent.DomainValidationOptions?.find(({ DomainName, ValidationDomain }) => {
    const fits = DomainName === ValidationDomain || DomainName.endsWith(`.${ValidationDomain}`);
    return !names.includes(DomainName) || !fits;
  });
  if (strange !== undefined) {
    throw refuse(
      "InvalidDomainValidationOptionsException",
      `${strange.ValidationDomain} cannot validate ${strange.DomainName}`,
    );
  }
}

/** What DescribeCertificate tells of the validation of each name, as DomainValidationOptions. */
export function describeValidation(
  { content, createdAt }: AcmCertificate,
  { names, method }: CertificateRequest,
  { settings, now }: Pick<AcmCall, "settings" | "now">,
): readonly JsonResult[] {
  const { accountId, lags } = settings;
  return names.map((name) => {
    const domain = name.replace(/^\*\./, "");
    const status = content === undefined ? "PENDING_VALIDATION" : "SUCCESS";
    const isRecorded = now >= createdAt + lags.records;
    return {
      DomainName: name,
      ValidationDomain: domain,
      ValidationStatus: status,
      ValidationMethod: method,
      ...(method === "EMAIL" ? { ValidationEmails: [`admin@${domain}`] } : {}),
      ...(method === "DNS" && isRecorded ? { ResourceRecord: recordOf(accountId, domain) } : {}),
    };
  });
}

/** The record is the same for every certificate of an account for a domain, with or without `*.`. */
function recordOf(accountId: string, domain: string): JsonResult {
  const hex = (text: string): string =>
    createHash("sha256").update(`${text} ${accountId} ${domain}`).digest("hex");
  const letters = [...hex("zone").slice(0, 10)].map((digit) =>
    String.fromCharCode(97 + Number.parseInt(digit, 16)),
  );
  return {
    Name: `_${hex("name").slice(0, 32)}.${domain}.`,
    Type: "CNAME",
    Value: `_${hex("value").slice(0, 32)}.${letters.join("")}.acm-validations.aws.`,
  };
}

/**
 * What nobody can do over the wire: the names of a request are validated, and an authority issues.
 *
 * @throws {TypeError} when nothing is pending, or the certificate is not what was requested
 */
export function issueRequested(call: StoringCall, arn: string, issued: CertificateText): void {
  const pending = call.models.now().certificates.get(arn);
  if (pending?.request === undefined || pending.content !== undefined || pending.deletedAt !== undefined) {
    throw new TypeError(`no certificate is pending at ${arn}`);
  }
  const { certificate, key, chain } = issued;
  const bytes = {
    certificate: Buffer.from(certificate),
    key: Buffer.from(key),
    chain: chain === "" ? undefined : Buffer.from(chain),
  };
  let content: AcmCertificate["content"];
  try {
    content = readImport(bytes, call.now);
  } catch (error) {
    throw new TypeError(`ACM would not issue that certificate: ${(error as Error).message}`);
  }
  const { names, keyAlgorithm } = pending.request;
  const missing = names.filter((name) => !content.details.names.includes(name));
  if (missing.length > 0) throw new TypeError(`the certificate is not for ${missing.join(", ")}`);
  if (content.details.keyAlgorithm !== keyAlgorithm) {
    throw new TypeError(`the key of the certificate is not ${keyAlgorithm}`);
  }
  store(call, { ...pending, content, filledAt: call.now }, { counts: false });
}
