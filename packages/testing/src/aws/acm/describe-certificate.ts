import { z } from "zod";
import type { JsonResult } from "../json/json-service.ts";
import { readInput } from "../json/read-input.ts";
import { type AcmCall, findCertificate, store } from "./call.ts";
import type { AcmCertificate } from "./models.ts";
import { refuse } from "./refusals.ts";
import { describeValidation } from "./request-certificate.ts";

const named = z.object({ CertificateArn: z.string().min(20).max(2048) });

/** Names of extended key usages, by identifier (ExtendedKeyUsageName). */
export const purposeNames: Readonly<Record<string, string>> = {
  "1.3.6.1.5.5.7.3.1": "TLS_WEB_SERVER_AUTHENTICATION",
  "1.3.6.1.5.5.7.3.2": "TLS_WEB_CLIENT_AUTHENTICATION",
  "1.3.6.1.5.5.7.3.3": "CODE_SIGNING",
  "1.3.6.1.5.5.7.3.4": "EMAIL_PROTECTION",
  "1.3.6.1.5.5.7.3.5": "IPSEC_END_SYSTEM",
  "1.3.6.1.5.5.7.3.6": "IPSEC_TUNNEL",
  "1.3.6.1.5.5.7.3.7": "IPSEC_USER",
  "1.3.6.1.5.5.7.3.8": "TIME_STAMPING",
  "1.3.6.1.5.5.7.3.9": "OCSP_SIGNING",
  "2.5.29.37.0": "ANY",
};

/** DescribeCertificate. Its KeyAlgorithm has a hyphen where the enumeration has its first underscore. */
export function describeCertificate(call: AcmCall): JsonResult {
  const certificate = findCertificate(call, readInput(named, call.input).CertificateArn, "read");
  const { arn, request, content } = certificate;
  const details = content?.details;
  return {
    Certificate: {
      ...describeCommonly(certificate, call.now),
      SubjectAlternativeNames: details?.names ?? request?.names,
      ...(request === undefined
        ? {}
        : { DomainValidationOptions: describeValidation(certificate, request, call) }),
      Serial: details?.serial,
      Subject: details?.subject ?? `CN=${request?.names[0]}`,
      Issuer: details?.issuer ?? "Amazon",
      KeyAlgorithm: keyAlgorithmOf(certificate).replace("_", "-"),
      SignatureAlgorithm: details?.signatureAlgorithm ?? "SHA256WITHRSA",
      InUseBy: call.usersOf(arn),
      KeyUsages: (details?.keyUsages ?? []).map((Name) => ({ Name })),
      ExtendedKeyUsages: (details?.purposes ?? []).map((OID) => ({
        Name: purposeNames[OID] ?? "CUSTOM",
        OID,
      })),
      Options: { CertificateTransparencyLoggingPreference: request === undefined ? "DISABLED" : "ENABLED" },
    },
  };
}

/** GetCertificate: what may be read back, which is all but the key. */
export function getCertificate(call: AcmCall): JsonResult {
  const { arn, content } = findCertificate(call, readInput(named, call.input).CertificateArn, "read");
  if (content === undefined) {
    throw refuse("RequestInProgressException", `The certificate ${arn} has not been issued yet.`);
  }
  return {
    Certificate: content.certificate,
    ...(content.chain === "" ? {} : { CertificateChain: content.chain }),
  };
}

/** DeleteCertificate. */
export function deleteCertificate(call: AcmCall): JsonResult {
  const { now, settings } = call;
  const certificate = findCertificate(call, readInput(named, call.input).CertificateArn, "write");
  const isUsed = call.usersOf(certificate.arn, settings.lags.held).length > 0;
  if (isUsed || now < certificate.heldUntil) {
    throw refuse("ResourceInUseException", `Certificate ${certificate.arn} is in use.`);
  }
  store(call, { ...certificate, deletedAt: now }, { counts: false });
  return {};
}

/** What both the description of one certificate and the list of many tell, in the same words. */
export function describeCommonly(certificate: AcmCertificate, now: number): JsonResult {
  const { arn, request, content, createdAt, filledAt } = certificate;
  const isImported = request === undefined;
  return {
    CertificateArn: arn,
    DomainName: content?.details.domainName ?? request?.names[0],
    Status: statusOf(certificate, now),
    Type: isImported ? "IMPORTED" : "AMAZON_ISSUED",
    RenewalEligibility: "INELIGIBLE",
    CertificateKeyPairOrigin: isImported ? "CUSTOMER_PROVIDED" : "AWS_MANAGED",
    CreatedAt: createdAt / 1000,
    ...(content === undefined
      ? {}
      : {
          [isImported ? "ImportedAt" : "IssuedAt"]: filledAt / 1000,
          NotBefore: content.details.notBefore / 1000,
          NotAfter: content.details.notAfter / 1000,
        }),
  };
}

/** Nobody validates: after three days a request times out (CertificateDetail, Status). */
export function statusOf({ content, createdAt }: AcmCertificate, now: number): string {
  if (content === undefined) {
    return now < createdAt + 72 * 3_600_000 ? "PENDING_VALIDATION" : "VALIDATION_TIMED_OUT";
  }
  return now <= content.details.notAfter ? "ISSUED" : "EXPIRED";
}

/** As the enumeration spells it. */
export function keyAlgorithmOf({ content, request }: AcmCertificate): string {
  return content?.details.keyAlgorithm ?? request?.keyAlgorithm ?? "RSA_2048";
}
