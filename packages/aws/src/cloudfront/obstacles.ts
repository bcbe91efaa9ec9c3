import type { Finding } from "@handfast/core";
import type { BehaviourRecord, DistributionRecord } from "../distribution/port.ts";
import type { CloudFrontState, Obstacles } from "./state.ts";

/** The managed policy CachingDisabled (CloudFront "Use managed cache policies"). */
const cachingDisabled = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad";
/** The headers in which certificates go to the origin unchecked (CloudFront "Additional validation modes"). */
const passedOn = ["client-cert", "client-cert-chain"];

/**
 * What is in the way of mTLS, from a distribution's configuration. A policy that passes on all that viewers send does not
 * pass on what CloudFront adds: both headers must be named.
 *
 * @param headersOf what an origin request policy passes on
 */
export function obstaclesOf(
  { behaviours, connectionMode, httpVersion, origins }: DistributionRecord,
  headersOf: (policyId: string) => readonly string[] | "all",
): Obstacles {
  const patterns = (isIn: (behaviour: BehaviourRecord) => boolean): readonly string[] =>
    behaviours.filter(isIn).map(({ pathPattern }) => pathPattern);
  return {
    tenantOnly: connectionMode === "tenant-only",
    http3: httpVersion.includes("3"),
    plainHttp: patterns(({ viewerProtocolPolicy }) => viewerProtocolPolicy === "allow-all"),
    passthrough: {
      cached: patterns(({ cachePolicyId }) => cachePolicyId !== cachingDisabled),
      unforwarded: patterns(({ originRequestPolicyId }) => {
        const headers = originRequestPolicyId === undefined ? [] : headersOf(originRequestPolicyId);
        return headers === "all" || !passedOn.every((name) => headers.includes(name));
      }),
      lambdaAtEdge: patterns(({ lambdaAtEdge }) => lambdaAtEdge),
      shielded: origins.filter(({ shielded }) => shielded).map(({ id }) => id),
    },
  };
}

/** Why nothing can be changed at all: the distribution is not there, or has no viewers of its own. */
export function distributionFinding(
  distribution: string,
  { distribution: now }: CloudFrontState,
): Finding | undefined {
  if (now === null) {
    return blocker(
      "distribution-not-found",
      `there is no distribution ${distribution} that these credentials see`,
      "correct the ARN in the spec, or use credentials of the account that owns it",
    );
  }
  if (!now.obstacles.tenantOnly) return undefined;
  return blocker(
    "tenant-only",
    `distribution ${distribution} is a template for tenants: viewers connect to the tenants, and not to it`,
    "name a distribution with connection mode direct",
  );
}

/** What of the configuration must be changed by its owner before viewers can be asked for certificates. */
export function obstacleFindings(
  distribution: string,
  { http3, plainHttp, passthrough }: Obstacles,
  mode: "passthrough" | "optional" | "required",
): Finding[] {
  const found: Finding[] = [];
  const where = `distribution ${distribution}`;
  const block = (code: string, message: string, mend: string): void =>
    void found.push(blocker(code, message, mend));
  const named = (all: readonly string[]): string => all.map((one) => `"${one}"`).join(", ");
  if (http3) {
    block(
      "http3-on",
      `${where} speaks HTTP/3, which CloudFront does not combine with viewer mTLS`,
      "set its HttpVersion to http2; its other settings can stay",
    );
  }
  if (plainHttp.length > 0) {
    block(
      "behaviour-allows-http",
      `${where} answers plain HTTP (viewer protocol policy allow-all) at ${named(plainHttp)}`,
      "set the viewer protocol policy of these cache behaviors to redirect-to-https or https-only",
    );
  }
  if (mode !== "passthrough") return found;
  const instead = `or go without mode "request": "optional" refuses bad certificates only`;
  const { cached, unforwarded, lambdaAtEdge, shielded } = passthrough;
  if (cached.length > 0) {
    block(
      "passthrough-cached",
      `${where} may cache at ${named(cached)}; certificates are passed through only where nothing is cached`,
      `set the cache policy of these cache behaviors to the managed CachingDisabled, ${instead}`,
    );
  }
  if (unforwarded.length > 0) {
    block(
      "passthrough-unforwarded",
      `${where} does not send Client-Cert and Client-Cert-Chain to the origin at ${named(unforwarded)}`,
      `give these cache behaviors an origin request policy that names both headers, ${instead}`,
    );
  }
  if (lambdaAtEdge.length > 0) {
    block(
      "passthrough-lambda-at-edge",
      `${where} runs Lambda@Edge at ${named(lambdaAtEdge)}, which is not combined with passing certificates through`,
      `take the functions off these cache behaviors, ${instead}`,
    );
  }
  if (shielded.length > 0) {
    block(
      "passthrough-origin-shield",
      `${where} uses Origin Shield for ${named(shielded)}, which is not combined with passing certificates through`,
      `turn Origin Shield off for these origins, ${instead}`,
    );
  }
  return found;
}

/** A finding that stops a plan. */
export function blocker(code: string, message: string, mend: string): Finding {
  return { code, severity: "blocker", message, mend };
}
