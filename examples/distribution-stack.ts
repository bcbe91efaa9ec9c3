/**
 * A stack on loopback with two links: viewers who have certificates come to a CloudFront distribution of several TLS
 * nodes, which goes on to a load balancer of several more, and that to an application. The APIs are simulated.
 */
import { connect } from "node:net";
import { alb, cloudfront, cloudfrontOrigin } from "@handfast/aws";
import { createHandfast, fromValue, type Journal, memoryJournal } from "@handfast/core";
import { createAuthority, createCsr, generateKey, type Leaf, prober } from "@handfast/pki";
import {
  type AddedDistribution,
  type Address,
  distributionNodes,
  requestStream,
  scaledClock,
} from "@handfast/testing";
import { type Providers, startProviders } from "./providers.ts";
import { type DataPlaneLags, makePki, type Pki, startBalancer } from "./stack.ts";

/** The name that viewers ask for. */
export const appHostname = "app.example.com";
/** The name under which the distribution knows the load balancer. */
export const balancerHostname = "balancer.example.com";
/** The managed policy AllViewerExceptHostHeader ("Use managed origin request policies", Amazon CloudFront Developer Guide). */
const allButHost = "b689b0a8-53d0-40ab-baf2-68738e2966ac";

/** Certificates of the stack: those of any, and the viewers'. */
export interface ViewerPki extends Pki {
  readonly viewers: {
    readonly trust: { readonly anchors: string };
    readonly leaf: Leaf;
    /** PKCS#8 PEM of the leaf's key. */
    readonly key: string;
  };
}

/** Makes all certificates, on P-256. */
export async function makeViewerPki(): Promise<ViewerPki> {
  const make = () => generateKey({ type: "ec", curve: "P-256" });
  const root = await createAuthority({ subject: "CN=Viewers CA", key: await make() });
  const key = await make();
  const leaf = await root.issue(await createCsr({ subject: "CN=laptop-17", key }), {
    days: 365,
  });
  return { ...(await makePki("ec")), viewers: { trust: root.trust, leaf, key: key.export() } };
}

/** How long changes take to reach the nodes of a distribution, and how long those keep connections: milliseconds on the clock. */
const usualLags: Omit<DataPlaneLags, "edge"> = {
  node: (index: number) => 20_000 + index * 120_000,
  warmMs: 20_000,
};

/** A distribution and its nodes, for providers and a load balancer that run already. */
export async function startDistribution(
  { clock, cloud }: Pick<Providers, "clock" | "cloud">,
  { site, server }: Pick<Pki, "site" | "server">,
  balancer: Address,
  lags: Omit<DataPlaneLags, "edge"> = usualLags,
) {
  const added: AddedDistribution = cloud.addDistribution({
    aliases: [appHostname],
    origins: [{ id: "balancer", domainName: balancerHostname }],
    behaviours: [{ origin: "balancer", originRequestPolicy: allButHost }],
    defaultRootObject: "",
  });
  const nodes = await distributionNodes({
    source: cloud.distributionSource(added.arn),
    lag: lags.node,
    clock,
    server,
    originCa: [site.certificate.pem],
    resolve: () => balancer,
    warm: { perServer: 4, maxAgeMs: lags.warmMs },
    keyValues: cloud.keyValueSource,
    distributionId: added.id,
  });
  return { ...added, nodes };
}

/** The running stack. */
export type DistributionStack = Awaited<ReturnType<typeof startDistributionStack>>;

/** Starts everything on loopback, `speed` times as fast as in reality. `close` ends it. */
export async function startDistributionStack(pki: ViewerPki, speed = 120) {
  const clock = scaledClock(speed);
  const providers = await startProviders({ clock });
  const { listener, cloud, region, bucket, edgeBucket, awsClients, edgeClients } = providers;
  const behind = await startBalancer(providers, pki, listener);
  const { nodes, ...distribution } = await startDistribution(providers, pki, behind.balancer.front);
  const ca = pki.site.certificate.pem;
  const viewer = { certificate: pki.viewers.leaf.chain, key: pki.viewers.key };
  return {
    ...providers,
    ...behind,
    pki,
    distribution,
    edge: nodes,
    /** A steady stream of viewers who show their certificate when asked, one every so many real milliseconds. */
    viewers: (every = 25) =>
      requestStream({
        url: `https://${appHostname}/`,
        connect: nodes.front,
        ca,
        identity: viewer,
        every,
        clock,
      }),
    /** An instance of handfast for this stack. */
    handfast: (journal: Journal = memoryJournal({ clock })) =>
      createHandfast({
        adapters: [
          cloudfront({ bucket: { name: edgeBucket, region: "us-east-1" }, ...edgeClients }),
          cloudfrontOrigin({ acm: edgeClients.acm, cloudfront: edgeClients.cloudfront }),
          alb({ region, bucket: { name: bucket, expectedOwner: cloud.accountId }, ...awsClients }),
        ],
        journal,
        secrets: { "edge-key": fromValue(pki.leafKey), "viewer-key": fromValue(pki.viewers.key) },
        prober: prober({ ca, connect: () => connect(nodes.front.port, nodes.front.host) }),
        clock,
      }),
    close: async () => {
      await nodes.close();
      await behind.close();
      await providers.close();
    },
  };
}
