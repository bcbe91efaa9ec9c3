/**
 * A whole stack on loopback: simulated AWS and Cloudflare with their APIs, a load balancer of several TLS nodes, an edge
 * with warm connections, and an application behind both. The demo, the README's example and tests run on it.
 */
import { connect } from "node:net";
import { alb } from "@handfast/aws";
import { cloudflareHostname } from "@handfast/cloudflare";
import {
  type Clock,
  createHandfast,
  fromValue,
  type Journal,
  memoryJournal,
  type SecretSource,
} from "@handfast/core";
import { type Authority, createAuthority, createCsr, generateKey, type Leaf, prober } from "@handfast/pki";
import {
  type EdgeView,
  edge,
  type Faults,
  type ListenerView,
  loadBalancerNodes,
  originServer,
  requestStream,
  type Source,
  scaledClock,
} from "@handfast/testing";
import { hostname, type Providers, type ProvidersOptions, startProviders } from "./providers.ts";

export { hostname } from "./providers.ts";

/** Certificates of the stack: the site's own, and the client certificate that the rollout is about. */
export interface Pki {
  /** Issues what visitors and the edge see of the servers. */
  readonly site: Authority;
  readonly server: { readonly certificate: string; readonly key: string };
  /** The CA of the client certificates. */
  readonly root: Authority;
  readonly leaf: Leaf;
  /** PKCS#8 PEM of the leaf's key. */
  readonly leafKey: string;
  /** A client certificate of a CA that nobody trusts. */
  readonly stranger: { readonly chain: string; readonly key: string };
}

/** Makes all certificates. The CA and the leaf are RSA-4096, as in the provider's guide, or P-256 where time matters. */
export async function makePki(kind: "rsa" | "ec" = "rsa"): Promise<Pki> {
  const small = () => generateKey({ type: "ec", curve: "P-256" });
  const large = () => (kind === "rsa" ? generateKey({ type: "rsa", bits: 4096 }) : small());
  const [siteKey, serverKey, rootKey, leafKey, strangerRootKey, strangerKey] = await Promise.all([
    small(),
    small(),
    large(),
    large(),
    small(),
    small(),
  ]);
  const site = await createAuthority({ subject: "CN=Example Site CA", key: siteKey });
  const root = await createAuthority({ subject: "CN=example.com", key: rootKey, days: 1826 });
  const nowhere = await createAuthority({ subject: "CN=Stranger CA", key: strangerRootKey });
  const issue = async (
    authority: Authority,
    subject: string,
    key: typeof siteKey,
    profile: "edge-client" | "server",
  ) => {
    const names = profile === "edge-client" ? [hostname] : [hostname, "*.example.com"];
    return await authority.issue(await createCsr({ subject, key, names }), { days: 730, profile });
  };
  const server = await issue(site, `CN=${hostname}`, serverKey, "server");
  const leaf = await issue(root, `CN=${hostname}`, leafKey, "edge-client");
  const stranger = await issue(nowhere, "CN=stranger", strangerKey, "edge-client");
  return {
    site,
    server: { certificate: server.chain, key: serverKey.export() },
    root,
    leaf,
    leafKey: leafKey.export(),
    stranger: { chain: stranger.chain, key: strangerKey.export() },
  };
}

export type Stack = Awaited<ReturnType<typeof startStack>>;

/** How a stack is started. */
export interface StackOptions {
  /** How much faster than real time the providers, their lags and handfast's waits run. Default 20. */
  readonly speed?: number;
  readonly clock?: Clock;
  /** Faults that hit the calls to the providers' APIs. Default none. */
  readonly faults?: Faults;
  /** How slow Cloudflare is, where it is not to be as usual. */
  readonly timing?: ProvidersOptions["timing"];
  readonly sharedCertificate?: ProvidersOptions["sharedCertificate"];
  readonly wires?: Wires;
}

/** What lies between what the providers' APIs say and what their servers do. Default nothing: they do as is said. */
export interface Wires {
  readonly edge?: (said: Source<EdgeView>) => Source<EdgeView>;
  readonly balancer?: (said: Source<ListenerView>) => Source<ListenerView>;
}

/** How long changes take to reach the parts of a data plane, in milliseconds on the clock. */
export interface DataPlaneLags {
  readonly node: (index: number) => number;
  readonly edge: (server: number) => number;
  /** How long the edge keeps a connection to the balancer. */
  readonly warmMs: number;
}

const usualLags: DataPlaneLags = {
  node: (index) => 2_000 + index * 12_000,
  edge: (server) => server * 3_000,
  warmMs: 20_000,
};

/** The nodes of a listener and the application behind them, for providers that run already. */
export async function startBalancer(
  { clock, cloud }: Pick<Providers, "clock" | "cloud">,
  { server }: Pick<Pki, "server">,
  listener: string,
  lag: DataPlaneLags["node"] = usualLags.node,
  wire: Wires["balancer"] = (said) => said,
) {
  const application = await originServer();
  const source = wire(cloud.listenerSource(listener));
  const balancer = await loadBalancerNodes({ source, lag, clock, server, target: application.url });
  return {
    application,
    balancer,
    close: async () => {
      await balancer.close();
      await application.close();
    },
  };
}

/** The load balancer's nodes, the edge before them, and the application behind, for providers that run already. */
export async function startDataPlane(
  { clock, cloud, flare, listener }: Providers,
  { site, server }: Pick<Pki, "site" | "server">,
  lags: DataPlaneLags = usualLags,
  wires: Wires = {},
) {
  const behind = await startBalancer({ clock, cloud }, { server }, listener, lags.node, wires.balancer);
  const { application, balancer } = behind;
  const said = flare.edgeSource(hostname);
  const front = await edge({
    hostnames: {
      [hostname]: {
        source: wires.edge?.(said) ?? said,
        origin: { ...balancer.front, servername: hostname, plain: application },
      },
    },
    visitorTls: server,
    originCa: [site.certificate.pem],
    lag: lags.edge,
    clock,
    warm: { perServer: 4, maxAgeMs: lags.warmMs },
  });
  return {
    /** What lets a prober find the edge, which stands in no name server. */
    reachEdge: { ca: site.certificate.pem, connect: () => connect(front.front.port, front.front.host) },
    application,
    balancer,
    edge: front,
    close: async () => {
      await front.close();
      await behind.close();
    },
  };
}

/** Starts everything on loopback. `close` ends it. */
export async function startStack(pki: Pki, options: StackOptions = {}) {
  const clock = options.clock ?? scaledClock(options.speed ?? 20);
  const { faults, timing, sharedCertificate } = options;
  const providers = await startProviders({ clock, faults, timing, sharedCertificate });
  const dataPlane = await startDataPlane(providers, pki, usualLags, options.wires);
  const { cloud, token, region, bucket } = providers;
  const stack = {
    ...providers,
    ...dataPlane,
    pki,
    /** A steady stream of visitors, one every so many real milliseconds. */
    visitors: (every = 10) =>
      requestStream({
        url: `https://${hostname}/`,
        connect: dataPlane.edge.front,
        ca: pki.site.certificate.pem,
        every,
        clock,
      }),
    close: async () => {
      await dataPlane.close();
      await providers.close();
    },
  };
  return {
    ...stack,
    /** An instance of handfast for this stack. */
    handfast: (
      options: {
        readonly journal?: Journal;
        readonly token?: string;
        readonly bucket?: string;
        readonly key?: SecretSource;
      } = {},
    ) =>
      createHandfast({
        adapters: [
          alb({
            region,
            bucket: { name: options.bucket ?? bucket, expectedOwner: cloud.accountId },
            ...stack.awsClients,
          }),
          cloudflareHostname({ token: options.token ?? token, baseUrl: stack.endpoints.cloudflare }),
        ],
        journal: options.journal ?? memoryJournal({ clock }),
        secrets: { "edge-key": options.key ?? fromValue(pki.leafKey) },
        prober: prober(stack.reachEdge),
        clock,
      }),
  };
}
