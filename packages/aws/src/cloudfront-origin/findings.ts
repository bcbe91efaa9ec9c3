import type { CertificateFacts, Finding, Severity } from "@handfast/core";
import { parseArn } from "../arn.ts";
import { idOf } from "./describe.ts";
import { acmRegion, type OriginState } from "./state.ts";
import { type OriginTarget, originOf } from "./target.ts";

const soonMs = 30 * 24 * 3_600_000;

/** Why nothing can be changed at all: there is no such distribution, or no such origin. */
export function missingFinding(
  target: OriginTarget,
  { distribution, origin }: OriginState,
): Finding | undefined {
  if (!distribution) {
    return finding(
      "blocker",
      "distribution-not-found",
      `there is no distribution ${target.distribution} that these credentials see`,
      "correct the ARN in the spec, or use credentials of the account that owns it",
    );
  }
  if (origin !== null) return undefined;
  return finding(
    "blocker",
    "origin-not-found",
    `distribution ${idOf(target.distribution)} has no origin "${originOf(target)}"`,
    "name the origin's id as in the distribution's configuration, not its domain name",
  );
}

/** What was noticed of what an origin is shown now. */
export function shownFindings(
  target: OriginTarget,
  { origin }: OriginState,
  leaf: CertificateFacts | undefined,
  now: number,
): Finding[] {
  const shows = origin?.shows ?? "nothing";
  if (origin === null || shows === "nothing") return [];
  const where = `origin "${originOf(target)}" of ${idOf(target.distribution)}`;
  const found: Finding[] = [];
  if (shows.arn !== undefined && parseArn(shows.arn).region !== acmRegion) {
    found.push(
      finding(
        "warning",
        "certificate-in-wrong-region",
        `${where} is set to a certificate in ${parseArn(shows.arn).region}, and CloudFront shows those of ${acmRegion}: what it shows is unknown`,
        "a plan that shows an identity imports it where it has to be",
      ),
    );
  } else if ("unknown" in shows) {
    found.push(
      finding(
        "warning",
        "certificate-unreadable",
        `${where} is shown ${shows.arn}, which can't be read: ${shows.unknown}`,
        "allow acm:GetCertificate on it",
      ),
    );
  }
  if (origin.protocolPolicy === "http-only") {
    found.push(
      finding(
        "warning",
        "origin-not-https",
        `${where} is reached by plain HTTP, so the certificate that it is set to is never shown`,
        "set its protocol policy to https-only",
      ),
    );
  }
  if (leaf !== undefined && leaf.notAfter - now <= soonMs) found.push(expiry(where, leaf, now));
  return found;
}

function expiry(where: string, { subject, notAfter }: CertificateFacts, now: number): Finding {
  const day = new Date(notAfter).toISOString().slice(0, 10);
  const shown = `the certificate shown to ${where} (${subject})`;
  return notAfter <= now
    ? finding(
        "warning",
        "certificate-expired",
        `${shown} expired on ${day}, and CloudFront goes on showing it`,
        "show a new identity: ACM does not renew what was imported",
      )
    : finding(
        "warning",
        "certificate-expires",
        `${shown} expires on ${day}`,
        "show a new identity before that: ACM does not renew what was imported",
      );
}

export function finding(severity: Severity, code: string, message: string, mend?: string): Finding {
  return { code, severity, message, ...(mend === undefined ? {} : { mend }) };
}
