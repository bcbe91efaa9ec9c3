import type { AcmCertificate, AcmModels, AcmState } from "./models.ts";
import { refuse } from "./refusals.ts";

/** How slow the service is, in milliseconds. */
export interface AcmLags {
  /** From an import or request until reads, and the services that use certificates, find it. @default 3_000 */
  readonly visible: number;
  /** From RequestCertificate until DescribeCertificate tells the DNS records. @default 8_000 */
  readonly records: number;
  /** For how long a certificate counts as in use after its last user let go. @default 10_000 */
  readonly held: number;
  /** For how long reads find a certificate that was deleted. @default 3_000 */
  readonly gone: number;
}

/** What there is room for in each region (ACM User Guide, "Quotas"). */
export interface AcmQuotas {
  /** Certificates at once. @default 2_500 */
  readonly certificates: number;
  /** Imports and requests within 365 days, those of deleted certificates included. @default 5_000 */
  readonly additionsPerYear: number;
  /** Domain names of a requested certificate. @default 10 */
  readonly names: number;
  /** Tags per certificate. @default 50 */
  readonly tags: number;
}

/** What holds for the whole service. */
export interface AcmSettings {
  readonly accountId: string;
  readonly lags: AcmLags;
  readonly quotas: AcmQuotas;
}

/** One call to the service. */
export interface AcmCall {
  readonly input: unknown;
  readonly region: string;
  readonly models: AcmModels;
  /** What a read sees: as a rule the state now, under a fault an older one. */
  readonly view: AcmState;
  readonly settings: AcmSettings;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** ARNs of what refers to a certificate; with `heldMs` also of distributions that did until so long ago. */
  usersOf(arn: string, heldMs?: number): readonly string[];
}

/** The certificates of the call's region that a read finds. */
export function visibleCertificates(call: AcmCall): readonly AcmCertificate[] {
  return [...call.view.certificates.values()].filter(
    (certificate) => certificate.region === call.region && isVisible(call, certificate),
  );
}

/**
 * The certificate that a parameter names.
 *
 * @param right a write finds it as soon as it is made, and no longer when it is deleted
 * @throws AwsRefused InvalidArnException, ResourceNotFoundException
 */
export function findCertificate(call: AcmCall, arn: string, right: "read" | "write"): AcmCertificate {
  if (!/^arn:aws:acm:[a-z0-9-]+:\d{12}:certificate\/[0-9a-zA-Z-]+$/.test(arn)) {
    throw refuse("InvalidArnException", `${arn} is not the ARN of a certificate`);
  }
  const state = right === "read" ? call.view : call.models.now();
  const certificate = state.certificates.get(arn);
  const isThere =
    certificate !== undefined &&
    certificate.region === call.region &&
    (right === "read" ? isVisible(call, certificate) : certificate.deletedAt === undefined);
  if (!isThere) throw refuse("ResourceNotFoundException", `Could not find certificate ${arn}.`);
  return certificate;
}

/**
 * What a region still has room for.
 *
 * @throws AwsRefused LimitExceededException
 */
export function checkRoom(
  { region, models, settings: { quotas }, now }: AcmCall,
  adds: "new" | "again",
): void {
  const { certificates, additions } = models.now();
  const here = [...certificates.values()].filter(
    (certificate) => certificate.region === region && certificate.deletedAt === undefined,
  );
  const yearAgo = now - 365 * 86_400_000;
  const recent = additions.filter((addition) => addition.region === region && addition.at > yearAgo);
  if ((adds === "new" && here.length >= quotas.certificates) || recent.length >= quotas.additionsPerYear) {
    throw refuse(
      "LimitExceededException",
      "You have reached the maximum number of certificates. Delete certificates that are not in use, or contact AWS Support to request an increase.",
    );
  }
}

/** What {@link store} needs of a call. */
export type StoringCall = Pick<AcmCall, "models" | "now" | "settings">;

/**
 * Stores a certificate, and forgets those that no read finds any more.
 *
 * @param counts whether the yearly quota counts it
 */
export function store(
  { models, now, settings }: StoringCall,
  certificate: AcmCertificate,
  { counts }: { readonly counts: boolean },
): void {
  const { certificates, additions } = models.now();
  const kept = [...certificates].filter(
    ([, { deletedAt }]) => deletedAt === undefined || now < deletedAt + settings.lags.gone,
  );
  models.write({
    certificates: new Map(kept).set(certificate.arn, certificate),
    additions: counts ? [...additions, { region: certificate.region, at: now }] : additions,
  });
}

function isVisible({ now, settings }: AcmCall, { visibleAt, deletedAt }: AcmCertificate): boolean {
  return now >= visibleAt && (deletedAt === undefined || now < deletedAt + settings.lags.gone);
}
