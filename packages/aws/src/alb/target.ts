import { z } from "zod";

/** The fields of a spec entry for `aws.alb`, beside those that every verifier has. */
export interface AlbTarget {
  /** ARN of an HTTPS listener of an Application Load Balancer, in the adapter's region. */
  readonly listener: string;
  /** Lets clients in whose certificate has expired (`IgnoreClientCertificateExpiry`). @default false */
  readonly ignoreExpiry?: boolean | undefined;
  /** Names the trusted CAs in the certificate request (`AdvertiseTrustStoreCaNames`). @default false */
  readonly advertiseNames?: boolean | undefined;
  /**
   * A spare port of the load balancer. Before this listener begins to verify, another one is opened there for a while: it
   * verifies with the same trust store and answers 200 by itself, so that links with a direct probe are proved before
   * traffic meets the check. Its security groups must let the probes in. A load balancer has two listeners that verify.
   *
   * @default none is opened
   */
  readonly rehearsalPort?: number | undefined;
}

/** The schema of {@link AlbTarget} for one region. */
export function albTargetSchema(region: string) {
  const arn = new RegExp(
    `^arn:aws[a-z-]*:elasticloadbalancing:${region}:\\d{12}:listener/app/[A-Za-z0-9-]{1,32}/[0-9a-f]+/[0-9a-f]+$`,
  );
  return z.strictObject({
    listener: z
      .string()
      .regex(
        arn,
        `not the ARN of an ALB listener in ${region}; it looks like arn:aws:elasticloadbalancing:${region}:123456789012:listener/app/<name>/<id>/<id>`,
      ),
    ignoreExpiry: z.boolean().optional(),
    advertiseNames: z.boolean().optional(),
    rehearsalPort: z.int().min(1).max(65_535).optional(),
  });
}
