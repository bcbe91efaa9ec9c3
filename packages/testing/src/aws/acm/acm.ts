import type { Clock } from "@handfast/core";
import type { Faults } from "../../faults.ts";
import type { SimulatedService } from "../../service.ts";
import type { Access } from "../access.ts";
import type { Authorise } from "../iam/authorise.ts";
import type { AcmLags, AcmQuotas, AcmSettings } from "./call.ts";
import { type AcmModels, acmModels, type CertificateText } from "./models.ts";
import { issueRequested } from "./request-certificate.ts";
import { acmService } from "./routes.ts";

/** Options of a simulated ACM. */
export interface AcmOptions {
  readonly lags?: Partial<AcmLags> | undefined;
  readonly quotas?: Partial<AcmQuotas> | undefined;
}

/** A certificate that an authority of the test's own issued for a request, as PEM. */
export interface IssuedCertificate {
  readonly certificate: string;
  readonly key: string;
  /** Those that certify it. Default: it is signed by its own key. */
  readonly chain?: string | undefined;
}

/** ACM as the rest of the account has to do with it. */
export interface Acm {
  readonly service: SimulatedService;
  readonly models: AcmModels;
  issue(arn: string, issued: IssuedCertificate): void;
  /** For services that use certificates: what an ARN stands for, if it was issued and has got around by now. */
  find(arn: string): CertificateText | undefined;
  /** To be called whenever a listener may have got another certificate: one that lost its last counts as in use for a time. */
  listenersChanged(): void;
  inventory(): AcmInventory;
}

/** Certificates, for a test to compare: content and names, no ids and no dates. */
export interface AcmInventory {
  /** In the order in which they were made; those that were deleted and can still be read are left out. */
  readonly certificates: readonly {
    readonly region: string;
    readonly names: readonly string[];
    /** PEM; undefined while nothing is issued. */
    readonly certificate: string | undefined;
  }[];
}

/** ACM of one account, in all regions. */
export function acm(options: {
  readonly accountId: string;
  readonly access: Access;
  readonly authorise: Authorise;
  readonly clock: Clock;
  readonly faults: Faults;
  readonly options: AcmOptions | undefined;
  /** ARNs of the load balancers that have a listener with a certificate. */
  balancersOf(certificateArn: string): readonly string[];
  /** ARNs of the distributions that use a certificate, or did until so many milliseconds ago. */
  distributionsOf(certificateArn: string, heldMs: number): readonly string[];
}): Acm {
  const { accountId, clock, balancersOf, distributionsOf } = options;
  const settings: AcmSettings = {
    accountId,
    lags: { visible: 3_000, records: 8_000, held: 10_000, gone: 3_000, ...options.options?.lags },
    quotas: { certificates: 2_500, additionsPerYear: 5_000, names: 10, tags: 50, ...options.options?.quotas },
  };
  const models = acmModels();
  const usersOf = (arn: string, heldMs = 0): readonly string[] => [
    ...balancersOf(arn),
    ...distributionsOf(arn, heldMs),
  ];
  return {
    service: acmService({ ...options, models, settings, usersOf }),
    models,
    issue: (arn, { certificate, key, chain = "" }) =>
      issueRequested({ models, settings, now: clock.now() }, arn, { certificate, key, chain }),
    find: (arn) => {
      const certificate = models.now().certificates.get(arn);
      if (certificate === undefined || certificate.deletedAt !== undefined) return undefined;
      return clock.now() < certificate.visibleAt ? undefined : certificate.content;
    },
    listenersChanged: () => {
      const { certificates, balanced: before } = models.now();
      const balanced = new Set([...certificates.keys()].filter((arn) => balancersOf(arn).length > 0));
      if (balanced.size === before.size && [...balanced].every((arn) => before.has(arn))) return;
      const held = new Map(certificates);
      for (const [arn, certificate] of certificates) {
        if (before.has(arn) && !balanced.has(arn)) {
          held.set(arn, { ...certificate, heldUntil: clock.now() + settings.lags.held });
        }
      }
      models.write({ balanced, certificates: held });
    },
    inventory: () => ({
      certificates: [...models.now().certificates.values()]
        .filter(({ deletedAt }) => deletedAt === undefined)
        .map(({ region, content, request }) => ({
          region,
          names: content?.details.names ?? request?.names ?? [],
          certificate: content?.certificate,
        })),
    }),
  };
}
