import type { DistributionConfig, ViewerMtls } from "./config.ts";
import { cachingDisabled } from "./managed-policies.ts";
import { referencesOf, type UsedKind } from "./models.ts";
import { forwardedHeaders } from "./policy-headers.ts";
import { refuse } from "./refusals.ts";
import { statusOf } from "./trust-store-status.ts";
import type { CloudfrontWorld } from "./world.ts";

const invalid = (message: string) => refuse("InvalidArgument", message);

/**
 * Holds viewer mTLS against its preconditions ("Enable mutual TLS for CloudFront distributions", "Additional validation
 * modes", Amazon CloudFront Developer Guide).
 *
 * @param own the id of the distribution, if it is there already
 * @throws AwsRefused InvalidArgument, EntityNotFound, EntityLimitExceeded
 */
export function checkViewer(
  world: CloudfrontWorld,
  config: DistributionConfig,
  { own, now }: { readonly own: string | undefined; readonly now: number },
): void {
  const { viewerMtls, connectionFunction } = config;
  if (viewerMtls === undefined) {
    if (connectionFunction !== undefined) {
      throw invalid(
        "A connection function can only be associated with a distribution that uses viewer mTLS.",
      );
    }
    return;
  }
  if (config.httpVersion.includes("3")) {
    throw invalid(`Viewer mTLS is not supported with the HTTP version ${config.httpVersion}.`);
  }
  if (viewerMtls.mode === "passthrough") checkPassthrough(world, config, viewerMtls);
  else {
    const open = config.behaviours.find(({ viewerProtocolPolicy }) => viewerProtocolPolicy === "allow-all");
    if (open !== undefined) {
      throw invalid(
        `Viewer mTLS takes the viewer protocol policy https-only or redirect-to-https; the cache behavior ${open.pathPattern} has allow-all.`,
      );
    }
    checkTrustStore(world, viewerMtls, { own, now });
  }
  if (connectionFunction !== undefined) checkFunction(world, connectionFunction, own);
}

function checkTrustStore(
  world: CloudfrontWorld,
  { mode, trustStore }: ViewerMtls,
  { own, now }: { readonly own: string | undefined; readonly now: number },
): void {
  if (trustStore === undefined) throw invalid(`Viewer mTLS mode ${mode} takes a trust store.`);
  const store = world.models.now().trustStores.get(trustStore);
  if (store === undefined || store.deletedAt !== undefined) {
    throw refuse("EntityNotFound", `The trust store ${trustStore} does not exist.`);
  }
  const { status } = statusOf(world, store, { now, seen: false });
  if (status !== "active") throw invalid(`The trust store ${trustStore} is not active: it is ${status}.`);
  checkRoom(world, "trustStore", trustStore, own, world.settings.quotas.distributionsPerTrustStore);
}

function checkFunction(world: CloudfrontWorld, id: string, own: string | undefined): void {
  const found = world.functions.find(id);
  if (found === undefined) throw refuse("EntityNotFound", `The connection function ${id} does not exist.`);
  if (found.live === undefined) throw invalid(`The connection function ${id} has no LIVE stage.`);
  checkRoom(world, "connectionFunction", id, own, world.settings.quotas.distributionsPerFunction);
}

function checkRoom(
  { models }: CloudfrontWorld,
  kind: UsedKind,
  reference: string,
  own: string | undefined,
  most: number,
): void {
  const others = [...models.now().distributions.values()].filter(
    ({ id, config }) => id !== own && referencesOf(config, kind).includes(reference),
  );
  if (others.length >= most) {
    throw refuse("EntityLimitExceeded", `${reference} is associated with ${most} distributions already.`);
  }
}

function checkPassthrough(
  { models }: CloudfrontWorld,
  config: DistributionConfig,
  { trustStore }: ViewerMtls,
): void {
  const refused = (why: string) => invalid(`Viewer mTLS mode passthrough ${why}`);
  if (trustStore !== undefined) throw refused("takes no trust store.");
  if (config.origins.some(({ shielded }) => shielded)) throw refused("is not supported with Origin Shield.");
  for (const { pathPattern, cachePolicy, lambdaEvents, originRequestPolicy } of config.behaviours) {
    const at = `; the cache behavior ${pathPattern} has another.`;
    if (cachePolicy !== cachingDisabled) throw refused(`takes the managed policy CachingDisabled${at}`);
    if (lambdaEvents.length > 0) throw refused(`is not supported with Lambda@Edge (${pathPattern}).`);
    const headers = forwardedHeaders(originRequestPolicy, models.now());
    if (headers === "all" || !needed.every((name) => headers.includes(name))) {
      throw refused(
        `takes an origin request policy that lists Client-Cert and Client-Cert-Chain (${pathPattern}).`,
      );
    }
  }
}

const needed = ["client-cert", "client-cert-chain"];
