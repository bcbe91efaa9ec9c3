import { type Digest, isHandfastError, type Known, sha256 } from "@handfast/core";
import { inParallel } from "../in-parallel.ts";
import { listsKey, nextKey, readLists, readNext } from "./marks.ts";
import { isFunctionName, isListName } from "./names.ts";
import type { FunctionSeen, ListSeen, RevocationSeen } from "./operations.ts";
import type { FunctionRecord, KeyValues, RevocationControl, StoreRecord } from "./port.ts";

/** The services, connected at first use: who has no revocation list needs no client of the data plane. */
export interface RevocationPorts {
  control(): Promise<RevocationControl>;
  values(): Promise<KeyValues>;
}

/** What an instance has read of stores, by ARN: it holds as long as the store is at that ETag. */
export type RevocationMemory = Map<string, StoreContent>;

/** How many calls are under way at once. */
const lanes = 4;

/** Reads what stands behind the revocation of some distributions. What may not be read is unknown. */
export async function readRevocation(
  ports: RevocationPorts,
  distributionArns: readonly string[],
  signal: AbortSignal,
  memory: RevocationMemory = new Map(),
): Promise<ReadonlyMap<string, RevocationSeen>> {
  const control = await ports.control();
  const arns = [...new Set(distributionArns)];
  const [stores, edited] = await Promise.all([
    control.stores(signal),
    control.functions("DEVELOPMENT", signal),
  ]);
  // What is published is asked for only where there is something to publish: every function is in development first.
  const isOurs = edited.some(({ name }) => arns.some((arn) => isFunctionName(name, arn)));
  const live = isOurs ? await control.functions("LIVE", signal) : [];
  const liveById = new Map(live.map((one) => [one.id, one]));
  const rows = await inParallel(arns, lanes, async (arn) => {
    const named = edited.filter(({ name }) => isFunctionName(name, arn));
    const functions: FunctionSeen[] = [];
    for (const one of named) functions.push(await readFunction(one, liveById.get(one.id), control, signal));
    const lists: ListSeen[] = [];
    for (const one of stores)
      if (isListName(one.name, arn)) lists.push(await readList(one, ports, signal, memory));
    return [arn, { lists: byName(lists), functions: byName(functions) }] as const;
  });
  return new Map(rows);
}

function byName<T extends { readonly name: string }>(all: readonly T[]): T[] {
  return all.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

async function readFunction(
  { name, id }: FunctionRecord,
  live: FunctionRecord | undefined,
  control: RevocationControl,
  signal: AbortSignal,
): Promise<FunctionSeen> {
  const source = live && (await control.functionSource(id, "LIVE", signal));
  if (live === undefined || source === undefined) return { name, id, live: undefined };
  return { name, id, live: { source: sha256(source), stores: live.stores } };
}

async function readList(
  { name, arn, ready }: StoreRecord,
  ports: RevocationPorts,
  signal: AbortSignal,
  memory: RevocationMemory,
): Promise<ListSeen> {
  const seen = { name, arn, ready };
  const provisioned = { ...seen, ready: false, lists: { unknown: "the service is creating it" }, serials: 0 };
  if (!ready) return provisioned;
  try {
    const content = await readContent(await ports.values(), arn, signal, memory.get(arn));
    memory.set(arn, content);
    const { lists, writing, serials } = content;
    return { ...seen, lists, ...(writing === undefined ? {} : { writing }), serials };
  } catch (error) {
    const code = isHandfastError(error) ? error.code : undefined;
    // The planes need not agree on when a store is there.
    if (code === "REMOTE_NOT_FOUND") return provisioned;
    if (code !== "REMOTE_UNAUTHORIZED") throw error;
    return { ...seen, lists: { unknown: "these credentials may not read it" }, serials: 0 };
  }
}

/** What a store says of itself, and at which ETag. */
export interface StoreContent extends Pick<ListSeen, "lists" | "writing" | "serials"> {
  readonly etag: string;
  /** Whether it names CRLs, if only none: a new store does not. */
  readonly written: boolean;
  /** Whether some write has left its mark. */
  readonly marked: boolean;
}

/**
 * Reads a store's marks. The ETag comes first, so what is written by it was not changed since.
 *
 * @param known what was read before: it is still so while the ETag is the same
 */
export async function readContent(
  values: KeyValues,
  storeArn: string,
  signal: AbortSignal,
  known?: StoreContent,
): Promise<StoreContent> {
  const { etag, items } = await values.describe(storeArn, signal);
  if (known?.etag === etag) return known;
  const [lists, next] = await Promise.all([
    values.get(storeArn, listsKey, signal),
    values.get(storeArn, nextKey, signal),
  ]);
  const writing = next === undefined ? undefined : readNext(next);
  const marks = (lists === undefined ? 0 : 1) + (next === undefined ? 0 : 1);
  const serials = items - marks;
  const crls = (): Known<readonly Digest[]> => {
    if (next !== undefined && writing === undefined)
      return { unknown: "a write of all of it has stopped halfway" };
    const named = lists === undefined ? [] : readLists(lists);
    if (named === undefined) return { unknown: "it names its CRLs otherwise than handfast does" };
    if (lists === undefined && writing === undefined && serials > 0)
      return { unknown: "it does not name its CRLs" };
    return { known: named };
  };
  return { etag, lists: crls(), writing, serials, written: lists !== undefined, marked: next !== undefined };
}
