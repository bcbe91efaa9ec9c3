import type { Blob, Finding, ReadContext, Seen, Target } from "@handfast/core";
import { parseArn } from "../arn.ts";
import { inParallel } from "../in-parallel.ts";
import { orNothing } from "../leave-out-missing.ts";
import { rehearsalFindings } from "../rehearsal/rehearsal.ts";
import { listenerFindings, storeFindings } from "./findings.ts";
import { managerOf } from "./managers.ts";
import type { ListenerRecord, LoadBalancing, MutualAuthentication } from "./port.ts";
import { readStore, type StoreSeen } from "./read-store.ts";
import { listenerFinding } from "./realise.ts";
import {
  type AlbState,
  type Authentication,
  type Manager,
  type Rehearsal,
  storeKey,
  storeObject,
} from "./state.ts";
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
  const beside = await besides(targets, listeners, balancing, signal);
  const account = arns[0] === undefined ? "" : parseArn(arns[0]).account;
  const own = stores.filter(({ arn }) => parseArn(arn).account === account);
  const [tags, balancerTags] = await Promise.all([
    balancing.tags(
      [...listeners, ...beside.values(), ...own].map(({ arn }) => arn),
      signal,
    ),
    notices.tagsOn([...new Set(listeners.map(({ loadBalancerArn }) => loadBalancerArn))].toSorted()),
  ]);
  const isOurs = ({ arn }: { readonly arn: string }): boolean => tags.get(arn)?.[ownerTag] !== undefined;
  // a rehearsal uses the store that its listener is about to use, and lets go of it again
  const rehearsals = new Set([...beside.values()].filter(isOurs).map(({ arn }) => arn));
  const referred = new Set(listeners.map(({ authentication }) => storeArnOf(authentication)));
  const relevant = stores.filter((store) => referred.has(store.arn) || isOurs(store));
  const kept = new Map<string, Promise<Blob>>();
  const contents = await inParallel(relevant, lanes, (store) =>
    readStore(store, { balancing, isOurs: isOurs(store), isOwn: own.includes(store), kept }, context),
  );
  const seenStores = new Map(contents.map((content) => [content.record.arn, content]));
  const verifying = await countsOfVerifying(listeners, notices);
  const byArn = new Map(listeners.map((listener) => [listener.arn, listener]));
  const known = new Set(arns);

  return targets.map(({ key, target }, index) => {
    const listener = byArn.get(target.listener);
    const manager = listener === undefined ? undefined : managerOf(listener, tags, balancerTags);
    const at = beside.get(key);
    const rehearsal = rehearsalOf(target, at, (record) => rehearsals.has(record.arn));
    const state = stateOf(target, listener, [...seenStores.values()], { manager, rehearsal, rehearsals });
    const storeArn = listener === undefined ? undefined : storeArnOf(listener.authentication);
    const store = storeArn === undefined ? undefined : seenStores.get(storeArn);
    const others = (store?.users ?? []).filter((arn) => arn !== target.listener && !rehearsals.has(arn));
    const blocked = listenerFinding(target, state);
    const findings: Finding[] = [
      ...(blocked === undefined ? [] : [blocked]),
      ...listenerFindings(listener, (verifying.get(listener?.loadBalancerArn ?? "") ?? 0) >= verifyingQuota),
      ...storeFindings(listener, store, others),
      ...rehearsalFindings(target, state, verifying.get(listener?.loadBalancerArn ?? "") ?? 0),
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
  beside: {
    readonly manager: Manager | undefined;
    readonly rehearsal: Rehearsal | null | undefined;
    /** ARNs of the listeners that rehearse. */
    readonly rehearsals: ReadonlySet<string>;
  },
): AlbState {
  const { manager, rehearsal, rehearsals } = beside;
  const storeArn = listener === undefined ? undefined : storeArnOf(listener.authentication);
  const stores = seen
    .filter(({ record, isOurs }) => isOurs || record.arn === storeArn)
    .map(({ record, isOurs, users, anchors, crls }) => {
      const taken =
        users === undefined || users.some((arn) => arn !== target.listener && !rehearsals.has(arn));
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
    ...(rehearsal === undefined ? {} : { rehearsal }),
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

/** What is at the rehearsal ports of the targets that have one, by target. */
async function besides(
  targets: readonly Target<AlbTarget>[],
  listeners: readonly ListenerRecord[],
  balancing: LoadBalancing,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, ListenerRecord>> {
  const rehearsing = targets.flatMap(({ key, target: { listener, rehearsalPort: port } }) => {
    const own = listeners.find(({ arn }) => arn === listener);
    return port === undefined || own === undefined ? [] : [{ key, port, balancer: own.loadBalancerArn }];
  });
  const balancers = [...new Set(rehearsing.map(({ balancer }) => balancer))];
  const all = (
    await inParallel(balancers, lanes, (arn) => orNothing(balancing.listenersOf(arn, signal)))
  ).flatMap((some) => some ?? []);
  return new Map(
    rehearsing.flatMap(({ key, port, balancer }) => {
      const found = all.find((one) => one.loadBalancerArn === balancer && one.port === port);
      return found === undefined ? [] : [[key, found] as const];
    }),
  );
}

function rehearsalOf(
  { listener, rehearsalPort: port }: AlbTarget,
  found: ListenerRecord | undefined,
  isOurs: (record: ListenerRecord) => boolean,
): Rehearsal | null | undefined {
  if (port === undefined) return undefined;
  if (found === undefined) return null;
  return { port, authentication: toState(found.authentication, listener), ours: isOurs(found) };
}

/** How many listeners verify on each load balancer of a target that does not. */
async function countsOfVerifying(
  listeners: readonly ListenerRecord[],
  notices: AlbNotices,
): Promise<ReadonlyMap<string, number>> {
  const idle = listeners.filter(
    ({ protocol, authentication }) => protocol === "HTTPS" && authentication.mode !== "verify",
  );
  const balancers = [...new Set(idle.map(({ loadBalancerArn }) => loadBalancerArn))];
  const counts = await inParallel(balancers, lanes, (arn) => notices.verifyingOn(arn));
  return new Map(balancers.map((arn, index) => [arn, counts[index] ?? 0]));
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
