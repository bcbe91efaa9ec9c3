import { z } from "zod";

/** The fields of a spec entry for `aws.cloudfront`, beside those that every verifier has. */
export interface CloudFrontTarget {
  /** ARN of a distribution: `arn:aws:cloudfront::111122223333:distribution/E1EXAMPLE2ABC3`. */
  readonly distribution: string;
  /** Lets viewers in whose certificate has expired (`IgnoreCertificateExpiry`). @default false */
  readonly ignoreExpiry?: boolean | undefined;
  /** Names the trusted CAs in the certificate request (`AdvertiseTrustStoreCaNames`). @default false */
  readonly advertiseNames?: boolean | undefined;
  /**
   * Asks the OCSP responder that each certificate below the trusted CA names (`UseClientCertificateOCSPEndpoint`).
   * Certificates that name none are refused, and an edge goes by an answer for half an hour.
   *
   * @default false
   */
  readonly ocsp?: boolean | undefined;
}

const arn = /^arn:aws[a-z-]*:cloudfront::\d{12}:distribution\/[A-Z0-9]{1,64}$/;

/** The schema of {@link CloudFrontTarget}. */
export const cloudFrontTargetSchema = z.strictObject({
  distribution: z
    .string()
    .regex(
      arn,
      "not the ARN of a CloudFront distribution; it looks like arn:aws:cloudfront::123456789012:distribution/E1EXAMPLE2ABC3",
    ),
  ignoreExpiry: z.boolean().optional(),
  advertiseNames: z.boolean().optional(),
  ocsp: z.boolean().optional(),
});
