import type { Clock } from "@handfast/core";
import type { AcmSettings } from "./call.ts";
import type { AcmModels, CertificateText } from "./models.ts";

/**
 * For services that use certificates: to be called whenever what they refer to may have changed. A certificate that
 * lost its last user counts as in use for some time.
 */
export function certificateUsers(options: {
  readonly models: AcmModels;
  readonly settings: AcmSettings;
  readonly clock: Clock;
  usersOf(certificateArn: string): readonly string[];
}): () => void {
  const { models, settings, clock, usersOf } = options;
  return () => {
    const { certificates, used: before } = models.now();
    const used = new Set([...certificates.keys()].filter((arn) => usersOf(arn).length > 0));
    const released = [...before].filter((arn) => !used.has(arn));
    if (released.length === 0 && used.size === before.size) return;
    const heldUntil = clock.now() + settings.lags.held;
    models.write({
      used,
      certificates: new Map(
        [...certificates].map(([arn, certificate]) => [
          arn,
          released.includes(arn) ? { ...certificate, heldUntil } : certificate,
        ]),
      ),
    });
  };
}

/**
 * For services that use certificates: what an ARN stands for, if it was issued and has got around by now.
 */
export function lookUpCertificate(models: AcmModels, arn: string, now: number): CertificateText | undefined {
  const certificate = models.now().certificates.get(arn);
  if (certificate === undefined || certificate.deletedAt !== undefined) return undefined;
  return now < certificate.visibleAt ? undefined : certificate.content;
}
