import { type Clock, digestOf, HandfastError, systemClock } from "@handfast/core";
import { parseArn } from "../arn.ts";
import { orNothing } from "../leave-out-missing.ts";
import type { CertificateDescription, Certificates, ValidationRecord } from "./port.ts";
import { type AcmSource, connectCertificates } from "./sdk-client.ts";

/** What all calls on ACM may be given. */
export interface AcmCallOptions {
  /** An ACM client of yours for that region, or the configuration of one (credentials, endpoint, …). */
  readonly acm?: AcmSource | undefined;
  /** Milliseconds until a call without an answer is given up. @default 30_000 */
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Options of {@link requestCertificate}. */
export interface CertificateRequestOptions extends AcmCallOptions {
  /** The first name of the certificate, e.g. `shop.example.com` or `*.shop.example.com`. */
  readonly domain: string;
  /** Further names. ACM takes 10 names in all, unless the quota was raised. */
  readonly alternatives?: readonly string[] | undefined;
  /** @default "RSA_2048" */
  readonly keyAlgorithm?: "RSA_2048" | "EC_prime256v1" | "EC_secp384r1" | undefined;
  /** Where the certificate is to be used; for CloudFront that is `us-east-1`. @default "us-east-1" */
  readonly region?: string | undefined;
  readonly tags?: Readonly<Record<string, string>> | undefined;
  /** For how long the validation records are waited for, in milliseconds. @default 120_000 */
  readonly waitMs?: number | undefined;
  /** @default the machine's own */
  readonly clock?: Clock | undefined;
}

/** A certificate that was requested. */
export interface CertificateRequested {
  readonly arn: string;
  /** DNS records, each once: ACM issues when all of them are found, and renews as long as they are. */
  readonly validation: readonly ValidationRecord[];
}

/** ACM tells the records some seconds after the request (ACM User Guide, "DNS validation"). */
const lookAgainMs = 3_000;

/**
 * Requests a public certificate from ACM, and hands out the DNS records by which ACM validates its names. Putting them
 * into DNS is the caller's: it may be anywhere. The same request within an hour is the same certificate. Source: ACM API
 * `RequestCertificate`, `DescribeCertificate`.
 *
 * The credentials need `acm:RequestCertificate` and `acm:DescribeCertificate`, and `acm:AddTagsToCertificate` for tags.
 *
 * @throws HandfastError `REMOTE_UNAVAILABLE` when the records are not told in time (call it again), `REMOTE_REJECTED` for
 *   a name or a quota, `PRECONDITION_FAILED` for a client of another region or a request that ACM has refused
 * @example
 * ```ts
 * import { requestCertificate } from "@handfast/aws";
 *
 * const { arn, validation } = await requestCertificate({ domain: "shop.example.com", alternatives: ["*.shop.example.com"] });
 * export const records = validation.map(({ name, type, value }) => `${name} ${type} ${value}`);
 * export const viewerCertificate = arn;
 * ```
 */
export async function requestCertificate(options: CertificateRequestOptions): Promise<CertificateRequested> {
  const { domain, keyAlgorithm = "RSA_2048", region = "us-east-1", tags = {} } = options;
  const { waitMs = 120_000, clock = systemClock, signal = new AbortController().signal } = options;
  const alternatives = [...new Set(options.alternatives)].filter((name) => name !== domain).toSorted();
  const certificates = await connectTo(region, options);
  const asked = { domain, alternatives, keyAlgorithm, tags };
  const token = digestOf({ ...asked, region }).slice(0, 32);
  const arn = await certificates.request({ ...asked, token }, signal);
  for (const until = clock.now() + waitMs; ; ) {
    // A request is not found at once.
    const described = await orNothing(certificates.describe(arn, signal));
    const validation = described === undefined ? undefined : recordsOf(described, arn);
    if (validation !== undefined) return { arn, validation };
    if (clock.now() + lookAgainMs > until) {
      throw new HandfastError(
        "REMOTE_UNAVAILABLE",
        `request certificate failed [domain=${domain}, certificate=${arn}]: ACM has not told its validation records within ${waitMs} ms; ask again, it is the same certificate for an hour`,
        { operation: "DescribeCertificate", facts: { domain, certificate: arn } },
      );
    }
    await clock.sleep(lookAgainMs, signal);
  }
}

/** Where a requested certificate stands. */
export interface CertificateStatus {
  /** `issued` can be used; `pending` waits for its records to be found; `failed` never comes to be, or is over. */
  readonly status: "pending" | "issued" | "failed";
  /** In ACM's own words, e.g. `CAA_ERROR` or `EXPIRED`. */
  readonly reason?: string | undefined;
}

/**
 * Looks where a certificate stands that was requested with {@link requestCertificate}. Needs `acm:DescribeCertificate`.
 *
 * @param options `arn` names the region too
 * @throws HandfastError `REMOTE_NOT_FOUND` when there is none, or none yet: a new one takes some seconds to be found
 * @example
 * ```ts
 * import { readCertificateStatus } from "@handfast/aws";
 *
 * const arn = "arn:aws:acm:us-east-1:111122223333:certificate/7b1e9c4a-1111-4222-8333-444455556666";
 * const { status, reason } = await readCertificateStatus({ arn });
 * if (status === "failed") throw new Error(`ACM does not issue it: ${reason}`);
 * export const isReady = status === "issued";
 * ```
 */
export async function readCertificateStatus(
  options: AcmCallOptions & { readonly arn: string },
): Promise<CertificateStatus> {
  const { arn, signal = new AbortController().signal } = options;
  const certificates = await connectTo(parseArn(arn).region, options);
  const { status, failureReason } = await certificates.describe(arn, signal);
  if (status === "ISSUED") return { status: "issued" };
  if (status === "PENDING_VALIDATION") return { status: "pending" };
  return { status: "failed", reason: failureReason ?? status };
}

function connectTo(region: string, { acm, timeoutMs = 30_000 }: AcmCallOptions): Promise<Certificates> {
  return connectCertificates({ region, source: acm, timeoutMs });
}

/** The records, each once: a wildcard shares that of its domain. Undefined while one is missing. */
function recordsOf(described: CertificateDescription, arn: string): readonly ValidationRecord[] | undefined {
  const { status, failureReason, domains } = described;
  if (status !== "PENDING_VALIDATION" && status !== "ISSUED") {
    throw new HandfastError(
      "PRECONDITION_FAILED",
      `request certificate failed [certificate=${arn}]: ACM has given it up, ${failureReason ?? status}; mend that, then ask again`,
      { operation: "DescribeCertificate", facts: { certificate: arn, status } },
    );
  }
  const records = domains.flatMap(({ record }) => record ?? []);
  if (records.length === 0 || records.length < domains.length) return undefined;
  const names = records.map(({ name }) => name);
  return records.filter(({ name }, index) => names.indexOf(name) === index);
}
