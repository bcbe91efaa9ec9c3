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
  /**
   * For services that use certificates: to be called whenever what they refer to may have changed. A certificate that
   * lost its last user counts as in use for some time.
   */
  usersChanged(): void;
}

/** ACM of one account, in all regions. */
export function acm(options: {
  readonly accountId: string;
  readonly access: Access;
  readonly authorise: Authorise;
  readonly clock: Clock;
  readonly faults: Faults;
  readonly options: AcmOptions | undefined;
  /** ARNs of what refers to a certificate. */
  usersOf(certificateArn: string): readonly string[];
}): Acm {
  const { accountId, clock, usersOf } = options;
  const settings: AcmSettings = {
    accountId,
    lags: { visible: 3_000, records: 8_000, held: 10_000, gone: 3_000, ...options.options?.lags },
    quotas: { certificates: 2_500, additionsPerYear: 5_000, names: 10, tags: 50, ...options.options?.quotas },
  };
  const models = acmModels();
  return {
    service: acmService({ ...options, models, settings }),
    models,
    issue: (arn, { certificate, key, chain = "" }) =>
      issueRequested({ models, settings, now: clock.now() }, arn, { certificate, key, chain }),
    find: (arn) => {
      const certificate = models.now().certificates.get(arn);
      if (certificate === undefined || certificate.deletedAt !== undefined) return undefined;
      return clock.now() < certificate.visibleAt ? undefined : certificate.content;
    },
    usersChanged: () => {
      const { certificates, used: before } = models.now();
      const used = new Set([...certificates.keys()].filter((arn) => usersOf(arn).length > 0));
      if (used.size === before.size && [...used].every((arn) => before.has(arn))) return;
      const held = new Map(certificates);
      for (const [arn, certificate] of certificates) {
        if (before.has(arn) && !used.has(arn)) {
          held.set(arn, { ...certificate, heldUntil: clock.now() + settings.lags.held });
        }
      }
      models.write({ used, certificates: held });
    },
  };
}
