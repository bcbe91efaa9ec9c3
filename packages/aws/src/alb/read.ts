import type { Blob, Finding, ReadContext, Seen, Target } from "@handfast/core";
import { parseArn } from "../arn.ts";
import { inParallel } from "../in-parallel.ts";
import { orNothing } from "../leave-out-missing.ts";
import { listenerFindings, storeFindings } from "./findings.ts";
import { managerOf } from "./managers.ts";
import type { ListenerRecord, LoadBalancing, MutualAuthentication, StoreRecord } from "./port.ts";
import { readStore, type StoreSeen } from "./read-store.ts";
import { listenerFinding } from "./realise.ts";
import { type AlbState, type Authentication, type Manager, storeKey, storeObject } from "./state.ts";
import type { AlbTarget } from "./target.ts";

/** What is told beside the state, and may be a few minutes old. */
export interface AlbNotices {
  /** What is wrong with the bucket. */
  bucket(): Promise<readonly Finding[]>;
  /** How many listeners of a load balancer verify. */
  verifyingOn(loadBalancerArn: string): Promise<number>;
  /** Tags of load balancers. */
  tagsOn(loadBalancerArns: readonly string[]): ReturnType<LoadBalancing["tags"]>;
}

/** Trust stores in a region before the quota is met (user guide page "Quotas for your Application Load Balancers"). */
const storeQuota = 20;
/** Listeners of one load balancer that may verify (the same page). */
const verifyingQuota = 2;
/** How many calls are under way at once: the service throttles reads by account and region. */
const lanes = 4;

/** The tag by which handfast knows its own. */
export const ownerTag = "handfast";

/** Reads all targets at once: each listener, store, bundle and CRL is asked for once, whoever refers to it. */
export async function readAlb(
  targets: readonly Target<AlbTarget>[],
  balancing: LoadBalancing,
  notices: AlbNotices,
  context: ReadContext,
): Promise<readonly Seen<AlbState>[]> {
  const { signal } = context;
  const arns = [...new Set(targets.map(({ target }) => target.listener))];
  const [listeners, stores, ofBucket] = await Promise.all([
    balancing.listeners(arns, signal),
    balancing.stores(signal),
    notices.bucket(),
  ]);
  const account = arns[0] === undefined ? "" : parseArn(arns[0]).account;
  const own = stores.filter(({ arn }) => parseArn(arn).account === account);
  const [tags, balancerTags] = await Promise.all([
    balancing.tags(
      [...listeners, ...own].map(({ arn }) => arn),
      signal,
    ),
    notices.tagsOn([...new Set(listeners.map(({ loadBalancerArn }) => loadBalancerArn))].toSorted()),
  ]);
  const isOurs = ({ arn }: StoreRecord): boolean => tags.get(arn)?.[ownerTag] !== undefined;
  const referred = new Set(listeners.map(({ authentication }) => storeArnOf(authentication)));
  const relevant = stores.filter((store) => referred.has(store.arn) || isOurs(store));
  const kept = new Map<string, Promise<Blob>>();
  const contents = await inParallel(relevant, lanes, (store) =>
    readStore(store, { balancing, isOurs: isOurs(store), isOwn: own.includes(store), kept }, context),
  );
  const seenStores = new Map(contents.map((content) => [content.record.arn, content]));
  const crowded = await crowdedBalancers(listeners, notices);
  const byArn = new Map(listeners.map((listener) => [listener.arn, listener]));
  const known = new Set(arns);

  return targets.map(({ key, target }, index) => {
    const listener = byArn.get(target.listener);
    const manager = listener === undefined ? undefined : managerOf(listener, tags, balancerTags);
    const state = stateOf(target, listener, [...seenStores.values()], manager);
    const storeArn = listener === undefined ? undefined : storeArnOf(listener.authentication);
    const store = storeArn === undefined ? undefined : seenStores.get(storeArn);
    const others = (store?.users ?? []).filter((arn) => arn !== target.listener);
    const blocked = listenerFinding(target, state);
    const findings: Finding[] = [
      ...(blocked === undefined ? [] : [blocked]),
      ...listenerFindings(listener, crowded.has(listener?.loadBalancerArn ?? "")),
      ...storeFindings(listener, store, others),
    ].map((finding) => ({ ...finding, target: key }));
    if (index === 0) findings.push(...ofBucket, ...quotaFinding(own.length));
    return {
      objects: [
        target.listener,
        ...(storeArn === undefined
          ? []
          : [storeObject(storeKey(storeArn, target.listener), target.listener)]),
      ],
      now: state,
      may: [],
      // A store in use that is being created again has been changed in place by somebody.
      settled: store?.record.active ?? true,
      owner: manager !== undefined ? "other" : store?.isOurs === true ? "us" : "unknown",
      also: others.filter((arn) => !known.has(arn)).map((name) => ({ name })),
      findings,
    };
  });
}

function stateOf(
  target: AlbTarget,
  listener: ListenerRecord | undefined,
  seen: readonly StoreSeen[],
  manager: Manager | undefined,
): AlbState {
  const storeArn = listener === undefined ? undefined : storeArnOf(listener.authentication);
  const stores = seen
    .filter(({ record, isOurs }) => isOurs || record.arn === storeArn)
    .map(({ record, isOurs, users, anchors, crls }) => {
      const taken = users === undefined || users.some((arn) => arn !== target.listener);
      return [
        storeKey(record.arn, target.listener),
        { ready: record.active, ours: isOurs, taken, anchors, crls },
      ] as const;
    });
  return {
    listener:
      listener === undefined
        ? null
        : { protocol: listener.protocol, authentication: toState(listener.authentication, target.listener) },
    stores: Object.fromEntries(stores.toSorted(([a], [b]) => (a < b ? -1 : 1))),
    ...(manager === undefined ? {} : { manager }),
  };
}

/** The state of what the service says; the store by its natural key. */
export function toState(block: MutualAuthentication, listenerArn: string): Authentication {
  if (block.mode !== "verify") return block;
  const { storeArn, ignoreExpiry, advertiseNames, removed } = block;
  return {
    mode: "verify",
    store: storeKey(storeArn, listenerArn),
    ignoreExpiry,
    advertiseNames,
    cut: removed,
  };
}

function storeArnOf(block: MutualAuthentication): string | undefined {
  return block.mode === "verify" ? block.storeArn : undefined;
}

/** Load balancers on which two listeners verify already, while one of the targets does not. */
async function crowdedBalancers(
  listeners: readonly ListenerRecord[],
  notices: AlbNotices,
): Promise<ReadonlySet<string>> {
  const idle = listeners.filter(
    ({ protocol, authentication }) => protocol === "HTTPS" && authentication.mode !== "verify",
  );
  const balancers = [...new Set(idle.map(({ loadBalancerArn }) => loadBalancerArn))];
  const counts = await inParallel(balancers, lanes, (arn) => notices.verifyingOn(arn));
  return new Set(balancers.filter((_, index) => (counts[index] ?? 0) >= verifyingQuota));
}

/** How many listeners of a load balancer verify; none when it went away while it was looked at. */
export async function countVerifying(
  loadBalancerArn: string,
  balancing: LoadBalancing,
  signal: AbortSignal,
): Promise<number> {
  const all = await orNothing(balancing.listenersOf(loadBalancerArn, signal));
  return (all ?? []).filter(({ authentication }) => authentication.mode === "verify").length;
}

function quotaFinding(stores: number): Finding[] {
  if (stores < storeQuota) return [];
  return [
    {
      code: "no-room-for-store",
      severity: "warning",
      message: `there are ${stores} trust stores in this region, and the quota is ${storeQuota} unless it was raised`,
      mend: "retire finished runs, delete unused stores, or raise quota L-A8F7060B in Service Quotas",
    },
  ];
}
