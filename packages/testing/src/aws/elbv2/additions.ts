import type { Clock } from "@handfast/core";
import { readBundle } from "./bundle.ts";
import type { Elbv2Settings } from "./call.ts";
import { type Elbv2Models, type LoadBalancer, type TrustStore, withEntry } from "./models.ts";

/** Options of {@link BalancingAdditions.addListener}. */
export interface ListenerOptions {
  /** @default 443 */
  readonly port?: number | undefined;
  /** @default "HTTPS" */
  readonly protocol?: "HTTP" | "HTTPS" | undefined;
  /** ARNs; an HTTPS listener gets one of its own when none is given. */
  readonly certificates?: readonly string[] | undefined;
  /** Also those that only AWS may set. */
  readonly tags?: Readonly<Record<string, string>> | undefined;
}

/** Options of {@link BalancingAdditions.addForeignTrustStore}. */
export interface ForeignTrustStoreOptions {
  readonly name: string;
  /** @default "444455556666" */
  readonly owner?: string | undefined;
  /** PEM of its CA certificates. */
  readonly bundle: string;
}

/** What can't be made through the simulated operations, and what only another account can do. */
export interface BalancingAdditions {
  addLoadBalancer(
    name: string,
    options?: Pick<ListenerOptions, "tags">,
  ): { readonly arn: string; readonly dnsName: string };
  /** Adds a listener with a fixed response as its action. */
  addListener(loadBalancerArn: string, options?: ListenerOptions): string;
  /** Adds an ACTIVE trust store of another account, shared with this one. */
  addForeignTrustStore(options: ForeignTrustStoreOptions): string;
  /** The owner of a foreign store stops sharing it: what uses it goes on, nothing new can. */
  unshareTrustStore(trustStoreArn: string): void;
  /** The owner of a foreign store cuts it from a listener (DeleteSharedTrustStoreAssociation): handshakes fail. */
  removeForeignAssociation(trustStoreArn: string, listenerArn: string): void;
}

/** Writes past the API. */
export function balancingAdditions(
  balancing: Elbv2Models,
  settings: Elbv2Settings,
  clock: Clock,
): BalancingAdditions {
  const { region, accountId, quotas } = settings;

  const changeStore = (arn: string, change: (store: TrustStore) => TrustStore): TrustStore => {
    const store = balancing.now().stores.get(arn);
    if (store === undefined || store.owner === accountId)
      throw new TypeError(`${arn} is no foreign trust store`);
    const changed = change(store);
    balancing.write({ stores: withEntry(balancing.now().stores, arn, changed) });
    return changed;
  };

  return {
    addLoadBalancer: (name, { tags = {} } = {}) => {
      const id = balancing.nextId();
      const balancer: LoadBalancer = {
        arn: `arn:aws:elasticloadbalancing:${region}:${accountId}:loadbalancer/app/${name}/${id}`,
        name,
        dnsName: `${name}-${Number.parseInt(id.slice(0, 8), 16)}.${region}.elb.amazonaws.com`,
        createdAt: clock.now(),
        attributes: {},
        tags,
      };
      balancing.write({ loadBalancers: withEntry(balancing.now().loadBalancers, balancer.arn, balancer) });
      return { arn: balancer.arn, dnsName: balancer.dnsName };
    },
    addListener: (loadBalancerArn, listener = {}) => {
      if (!balancing.now().loadBalancers.has(loadBalancerArn)) {
        throw new TypeError(`there is no load balancer ${loadBalancerArn}`);
      }
      const { port = 443, protocol = "HTTPS", certificates = [], tags = {} } = listener;
      const secure = protocol === "HTTPS";
      const arn = `${loadBalancerArn.replace(":loadbalancer/", ":listener/")}/${balancing.nextId()}`;
      const own = `arn:aws:acm:${region}:${accountId}:certificate/${balancing.nextId()}`;
      balancing.write({
        listeners: withEntry(balancing.now().listeners, arn, {
          arn,
          loadBalancerArn,
          port,
          protocol,
          sslPolicy: secure ? "ELBSecurityPolicy-TLS13-1-2-2021-06" : undefined,
          certificateArn: secure ? (certificates[0] ?? own) : undefined,
          actions: [{ Type: "fixed-response", FixedResponseConfig: { StatusCode: "200" } }],
          mutualAuthentication: undefined,
          attributes: {},
          tags,
        }),
      });
      return arn;
    },
    addForeignTrustStore: ({ name, owner = "444455556666", bundle }) => {
      const bytes = new TextEncoder().encode(bundle);
      const arn = `arn:aws:elasticloadbalancing:${region}:${owner}:truststore/${name}/${balancing.nextId()}`;
      const store: TrustStore = {
        arn,
        name,
        owner,
        visibleAt: clock.now(),
        activeAt: clock.now(),
        bundle: { bytes },
        anchors: readBundle(bytes, quotas),
        revocations: [],
        crls: [],
        nextRevocationId: 1,
        heldUntil: 0,
        shared: true,
        tags: {},
      };
      balancing.write({ stores: withEntry(balancing.now().stores, arn, store) });
      return arn;
    },
    unshareTrustStore: (arn) => void changeStore(arn, (store) => ({ ...store, shared: false })),
    removeForeignAssociation: (storeArn, listenerArn) => {
      const store = changeStore(storeArn, (unchanged) => unchanged);
      const listener = balancing.now().listeners.get(listenerArn);
      const mutual = listener?.mutualAuthentication;
      if (listener === undefined || mutual?.trustStoreArn !== store.arn) {
        throw new TypeError(`${listenerArn} does not use ${storeArn}`);
      }
      balancing.write({
        listeners: withEntry(balancing.now().listeners, listenerArn, {
          ...listener,
          mutualAuthentication: { ...mutual, association: "removed" },
        }),
      });
    },
  };
}
