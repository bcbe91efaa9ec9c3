import { z } from "zod";

/** Origins of one distribution, to which it is to show one thing. */
export interface OriginTarget {
  /** ARN of a distribution: `arn:aws:cloudfront::111122223333:distribution/E1EXAMPLE2ABC3`. */
  readonly distribution: string;
  /** Ids of its origins, each a presenter of its own. */
  readonly origins: readonly string[];
}

/** What stands in a spec beside `adapter` and `shows`. */
export const originTargetSchema = z.strictObject({
  distribution: z.string().regex(
    // In China, CloudFront's certificates do not come from ACM in us-east-1.
    /^arn:aws:cloudfront::\d{12}:distribution\/[A-Z0-9]{1,64}$/,
    "not the ARN of a CloudFront distribution; it looks like arn:aws:cloudfront::123456789012:distribution/E1EXAMPLE2ABC3",
  ),
  origins: z
    .array(z.string().min(1, "give the id of an origin, as in the distribution's configuration"))
    .min(1, "name at least one origin"),
});

/** The origin of a target: core hands over members with exactly one. */
export function originOf(target: OriginTarget): string {
  return target.origins[0] as string;
}

/** The name of an origin among remote objects: the service gives it none of its own. */
export function originObject(target: OriginTarget): string {
  return `${target.distribution}/origin/${originOf(target)}`;
}
