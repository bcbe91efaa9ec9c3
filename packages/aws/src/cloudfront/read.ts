import type { Blob, Digest, Finding, ReadContext, Seen, Target } from "@handfast/core";
import type { DistributionRecord, Distributions } from "../distribution/port.ts";
import { toolBy } from "../iac-tools.ts";
import { inParallel } from "../in-parallel.ts";
import { listObject } from "../revocation/names.ts";
import type { RevocationOperations } from "../revocation/operations.ts";
import type { RevocationControl } from "../revocation/port.ts";
import { distributionsPerStore } from "./check-crls.ts";
import { crowdFinding, findingsOf } from "./findings.ts";
import { type Ids, namedViewer } from "./ids.ts";
import { listPlace, storeObject } from "./names.ts";
import { obstaclesOf } from "./obstacles.ts";
import { type CrlMemory, readLists } from "./read-lists.ts";
import { readStores, type StoreReading, type StoreSeen } from "./read-stores.ts";
import { type CloudFrontState, listInUse, storeOf } from "./state.ts";
import type { CloudFrontTarget } from "./target.ts";

/** What the reader is given beside the targets. */
export interface CloudFrontReaders extends StoreReading {
  readonly distributions: Distributions;
  readonly revocation: RevocationOperations;
  /** For the names of connection functions of others. */
  functions(): Promise<Pick<RevocationControl, "functions">>;
  readonly crls: CrlMemory;
  readonly storesPerTrust: number;
  /** Told what is read. */
  readonly ids: Ids;
  readonly notices: CloudFrontNotices;
}

/** What is told beside the state, and may be a few minutes old. */
export interface CloudFrontNotices {
  /** What is wrong with the bucket. */
  bucket(): Promise<readonly Finding[]>;
  /** Tags of a distribution. */
  tags(arn: string): Promise<Readonly<Record<string, string>>>;
  /** What an origin request policy passes on. */
  headers(policyId: string): Promise<readonly string[] | "all">;
}

/** How many calls are under way at once: the service is throttled by account. */
const lanes = 4;

/** Reads all targets at once: each distribution, store, list and file is asked for once, whoever refers to it. */
export async function readCloudFront(
  targets: readonly Target<CloudFrontTarget>[],
  readers: CloudFrontReaders,
  context: ReadContext,
): Promise<readonly Seen<CloudFrontState>[]> {
  const { signal } = context;
  if (targets.length === 0) return [];
  const arns = [...new Set(targets.map(({ target }) => target.distribution))];
  const [records, stores, revocation, ofBucket] = await Promise.all([
    readers.distributions.read(arns, signal),
    readers.stores.list(signal),
    readers.revocation.read(arns, signal),
    readers.notices.bucket(),
  ]);
  const referred = new Set(records.flatMap(({ viewer }) => ("storeId" in viewer ? [viewer.storeId] : [])));
  const policies = [...new Set(records.flatMap(policiesOf))];
  readers.ids.sawStores(stores);
  const [seen, headers, tags, lists] = await Promise.all([
    readStores(stores, referred, readers, context),
    inParallel(policies, lanes, async (id) => [id, await readers.notices.headers(id)] as const),
    inParallel(records, lanes, async ({ arn }) => [arn, await readers.notices.tags(arn)] as const),
    inParallel(arns, lanes, async (arn) => {
      const row = revocation.get(arn) ?? { lists: [], functions: [] };
      return [arn, await readLists(row, { ...readers, memory: readers.crls }, context)] as const;
    }),
    lookUpFunctions(records, revocation, readers, signal),
  ]);
  const known = {
    headers: new Map(headers),
    tags: new Map(tags),
    lists: new Map(lists),
    ids: readers.ids,
  };
  const byArn = new Map(records.map((record) => [record.arn, record]));
  const states = new Map(
    arns.map((arn) => [arn, stateOf(arn, byArn.get(arn), seen, stores.length - seen.length, known)] as const),
  );
  const keep = keeper(context);
  await inParallel([...states.values()], lanes, (state) => keepAnchors(state, seen, keep));
  await inParallel([...known.lists.values()], lanes, async ({ crls }) => {
    for (const { sha256, der } of crls) await keep(sha256, der);
  });
  const crowd = crowdFinding(
    arns.map((distribution) => ({ distribution, state: states.get(distribution) as CloudFrontState })),
    readers.storesPerTrust,
  );

  return targets.map(({ key, target: { distribution } }, index) => {
    const now = states.get(distribution) as CloudFrontState;
    const record = byArn.get(distribution);
    const store = storeOf(now.distribution?.viewer);
    const list = listInUse(now);
    const users = seen.find(({ record: { name } }) => name === store)?.users ?? [];
    const others = users.filter((arn) => arn !== distribution);
    const findings = findingsOf(distribution, now, others).map((one) => ({ ...one, target: key }));
    const [isOurs, isReady] = [now.stores[store ?? ""]?.ours, now.stores[store ?? ""]?.ready];
    return {
      objects: [
        distribution,
        ...(store === undefined ? [] : [storeObject(store, distribution)]),
        ...(list === undefined ? [] : [listObject(listPlace(distribution, list))]),
      ],
      now,
      may: [],
      // A store in use that is pending has been changed in place by somebody.
      settled: (record?.deployed ?? true) && (isReady ?? true),
      owner: now.manager !== undefined ? "other" : isOurs === true ? "us" : "unknown",
      also: others.filter((arn) => !byArn.has(arn)).map((name) => ({ name })),
      findings: index === 0 ? [...findings, ...ofBucket, ...crowd] : findings,
    };
  });
}

function policiesOf({ behaviours }: DistributionRecord): readonly string[] {
  return behaviours.flatMap(({ originRequestPolicyId }) => originRequestPolicyId ?? []);
}

/** The associated connection functions must be known by name; those of others are listed only where one is associated. */
async function lookUpFunctions(
  records: readonly DistributionRecord[],
  revocation: Awaited<ReturnType<RevocationOperations["read"]>>,
  { functions, ids }: CloudFrontReaders,
  signal: AbortSignal,
): Promise<void> {
  ids.sawFunctions([...revocation.values()].flatMap((row) => row.functions));
  const isKnown = records.every(({ connectionFunctionId: id }) => id === undefined || ids.functions.has(id));
  if (!isKnown) ids.sawFunctions(await (await functions()).functions("LIVE", signal));
}

interface Known {
  readonly headers: ReadonlyMap<string, readonly string[] | "all">;
  readonly tags: ReadonlyMap<string, Readonly<Record<string, string>>>;
  readonly lists: ReadonlyMap<string, Pick<CloudFrontState, "lists" | "functions">>;
  readonly ids: Ids;
}

function stateOf(
  arn: string,
  record: DistributionRecord | undefined,
  seen: readonly StoreSeen[],
  beside: number,
  { headers, tags, lists, ids }: Known,
): CloudFrontState {
  const { lists: ofLists = {}, functions = {} } = lists.get(arn) ?? {};
  const viewer = record === undefined ? undefined : namedViewer(record.viewer, ids.stores);
  const used = storeOf(viewer);
  const inState = seen.filter(({ isOurs, record: { name } }) => isOurs || name === used);
  const manager = toolBy(tags.get(arn));
  const associated = record?.connectionFunctionId;
  return {
    distribution:
      record === undefined || viewer === undefined
        ? null
        : {
            viewer,
            connectionFunction:
              associated === undefined ? null : (ids.functions.get(associated) ?? associated),
            obstacles: obstaclesOf(record, (policy) => headers.get(policy) ?? []),
          },
    stores: Object.fromEntries(
      inState
        .map(({ record: { name, reason, status }, anchors, isOurs, ocsp, ready, users }) => {
          const others = users.filter((user) => user !== arn);
          const state = {
            ready,
            ...(status === "failed" ? { failed: reason ?? "it does not say why" } : {}),
            ours: isOurs,
            taken: others.length > 0,
            full: others.length >= distributionsPerStore,
            anchors,
            ocsp,
          };
          return [name, state] as const;
        })
        .toSorted(([a], [b]) => (a < b ? -1 : 1)),
    ),
    otherStores: beside + seen.length - inState.length,
    lists: ofLists,
    functions,
    ...(manager === undefined ? {} : { manager }),
  };
}

/** Keeps each certificate and CRL once in a read. */
function keeper({ keep }: ReadContext): (digest: Digest, der: Uint8Array) => Promise<void> {
  const kept = new Map<Digest, Promise<Blob>>();
  return async (digest, der) => {
    if (!kept.has(digest)) kept.set(digest, keep(der));
    await kept.get(digest);
  };
}

async function keepAnchors(
  { stores }: CloudFrontState,
  seen: readonly StoreSeen[],
  keep: (digest: Digest, der: Uint8Array) => Promise<void>,
): Promise<void> {
  for (const { ders, record } of seen) {
    if (stores[record.name] !== undefined) for (const [digest, der] of ders) await keep(digest, der);
  }
}
