import { type Secret, sha256, type Wanted } from "@handfast/core";
import type {
  Bundle,
  OriginFields,
  OriginState,
  Showing,
  StoredCertificate,
} from "../../src/cloudfront-origin/state.ts";
import { bundleName } from "../../src/cloudfront-origin/state.ts";
import type { OriginTarget } from "../../src/cloudfront-origin/target.ts";

const account = "111122223333";
export const distribution = `arn:aws:cloudfront::${account}:distribution/E1EXAMPLE`;
export const target: OriginTarget = { distribution, origins: ["app"] };
export const secret: Secret = { key: "edge-key", spki: sha256("key") };

export const arnOf = (id: string, region = "us-east-1"): string =>
  `arn:aws:acm:${region}:${account}:certificate/${id}-1111-2222-3333-444444444444`;

/** A certificate with its chain, by names. */
export const bundle = (name: string, ...chain: readonly string[]): Bundle => ({
  certificate: sha256(name),
  chain: chain.map((one) => sha256(one)),
});
/** One of somebody else's. */
export const foreign = (name: string, arn: string): Showing => ({ ...bundle(name), arn });

/** A state by what the origin is shown, and what there is in ACM. */
export function state(
  shows: Showing,
  certificates: readonly (Bundle & Partial<StoredCertificate>)[] = [],
  fields: Partial<OriginFields> = {},
): OriginState {
  return {
    distribution: true,
    origin: { kind: "custom", protocolPolicy: "https-only", bans: [], shows, ...fields },
    certificates: Object.fromEntries(
      certificates.map(({ certificate, chain, taken = false, ...rest }) => [
        bundleName({ certificate, chain }),
        { taken, ...rest },
      ]),
    ),
  };
}

export const noDistribution: OriginState = { distribution: false, origin: null, certificates: {} };
export const noOrigin: OriginState = { distribution: true, origin: null, certificates: {} };

export const showing = (one: Bundle): Wanted => ({ role: "presenter", shows: { ...one, secret } });
export const nothing: Wanted = { role: "presenter", shows: "nothing" };
