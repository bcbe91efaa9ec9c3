import { connect } from "node:net";
import { alb, cloudfront, cloudfrontOrigin } from "@handfast/aws";
import { cloudflareHostname } from "@handfast/cloudflare";
import { createHandfast, fromValue, memoryJournal } from "@handfast/core";
import { createAuthority, createCsr, generateKey, prober } from "@handfast/pki";
import { type Address, type RequestStream, requestStream, turnableClock } from "@handfast/testing";
import { appHostname, makeViewerPki, startDistribution } from "../distribution-stack.ts";
import { hostname, startProviders } from "../providers.ts";
import { startBalancer, startDataPlane } from "../stack.ts";

/** A client certificate with its key, and the CA that issued it: PEM. */
export interface Issued {
  readonly anchor: string;
  readonly chain: string;
  readonly key: string;
}

/** Certificates of all that is rolled out, and those that come after them. */
export async function makeGenerations() {
  const pki = await makeViewerPki();
  return {
    pki,
    /** What CloudFront shows to its origin. */
    origin: [await issue("Origin CA 1", "origin"), await issue("Origin CA 2", "origin")],
    /** What Cloudflare shows. */
    shop: [await issue("Shop CA 1", "shop"), await issue("Shop CA 2", "shop")],
    viewers: [await issue("Viewers CA 1", "laptop"), await issue("Viewers CA 2", "laptop")],
  } as const;
}

async function issue(ca: string, subject: string): Promise<Issued> {
  const make = () => generateKey({ type: "ec", curve: "P-256" });
  const root = await createAuthority({ subject: `CN=${ca}`, key: await make() });
  const key = await make();
  const csr = await createCsr({ subject: `CN=${subject}`, key });
  const leaf = await root.issue(csr, { days: 365 });
  return { anchor: root.certificate.pem, chain: leaf.chain, key: key.export() };
}

/** A deployment of CloudFront takes so long; its last node has it shortly before. */
export const deployedMs = 6 * 60_000;
const edgeLags = { node: (index: number) => 30_000 + index * 150_000, warmMs: 20_000 };

/**
 * Viewers, CloudFront and a listener; and, apart from them, Cloudflare and another listener: all real TLS, on a clock that
 * jumps. Requests come over both all the time, and none of them may fail.
 */
export async function startThreeProviders({
  pki,
  origin,
  shop: shown,
  viewers,
}: Awaited<ReturnType<typeof makeGenerations>>) {
  const clock = turnableClock(Date.now());
  const providers = await startProviders({ clock, cloudfront: { lags: { deployed: deployedMs } } });
  const { cloud, region, bucket, edgeBucket, awsClients, edgeClients } = providers;
  const shop = await startDataPlane(providers, pki);
  const appListener = cloud.addListener(cloud.addLoadBalancer("app").arn);
  const behind = await startBalancer(providers, pki, appListener);
  const { nodes, ...distribution } = await startDistribution(providers, pki, behind.balancer.front, edgeLags);
  const ca = pki.site.certificate.pem;
  const fronts = new Map([
    [hostname, shop.edge.front],
    [appHostname, nodes.front],
  ]);
  const frontOf = (name: string): Address => {
    const front = fronts.get(name);
    if (front === undefined) throw new TypeError(`nothing is at ${name}`);
    return front;
  };
  const stop = clock.autoAdvance();
  const streams: RequestStream[] = [];
  const stream = (name: string, identity?: Issued): RequestStream => {
    const made = requestStream({
      url: `https://${name}/`,
      connect: frontOf(name),
      ca,
      identity: identity && { certificate: identity.chain, key: identity.key },
      every: 15_000,
      clock,
      pace: clock,
    });
    streams.push(made);
    return made;
  };
  const secrets = {
    "origin-1": fromValue(origin[0].key),
    "origin-2": fromValue(origin[1].key),
    "shop-1": fromValue(shown[0].key),
    "shop-2": fromValue(shown[1].key),
    "viewer-1": fromValue(viewers[0].key),
  };
  const handfast = createHandfast({
    adapters: [
      cloudfront({ bucket: { name: edgeBucket, region: "us-east-1" }, ...edgeClients }),
      cloudfrontOrigin({ acm: edgeClients.acm, cloudfront: edgeClients.cloudfront }),
      alb({ region, bucket: { name: bucket }, ...awsClients }),
      cloudflareHostname({ token: providers.token, baseUrl: providers.endpoints.cloudflare }),
    ],
    journal: memoryJournal({ clock, leaseMs: 60 * 60_000 }),
    secrets,
    prober: prober({
      ca,
      connect: ({ host }) => {
        const front = frontOf(host);
        return connect(front.port, front.host);
      },
    }),
    clock,
  });
  return {
    ...providers,
    clock,
    handfast,
    distribution,
    appListener,
    /** Real requests: visitors of the shop at Cloudflare, or viewers of the app at CloudFront. */
    stream,
    /** Sends no more requests, and says what became of all. */
    finish: () => Promise.all(streams.map((one) => one.stop())),
    [Symbol.asyncDispose]: async () => {
      await Promise.all(streams.map((one) => one.stop()));
      stop();
      await nodes.close();
      await behind.close();
      await shop.close();
      await providers.close();
    },
  };
}
