import {
  type Blob,
  type Digest,
  isHandfastError,
  type Known,
  type PemLabel,
  type ReadContext,
} from "@handfast/core";
import { sortDigests } from "../digest-sets.ts";
import { inParallel } from "../in-parallel.ts";
import { dissectPem } from "../pem.ts";
import type { LoadBalancing, StoreRecord } from "./port.ts";

/** A trust store with its content. */
export interface StoreSeen {
  readonly record: StoreRecord;
  readonly isOurs: boolean;
  /** ARNs of the listeners that refer to it; undefined where only its owner may know. */
  readonly users: readonly string[] | undefined;
  readonly anchors: Known<readonly Digest[]>;
  readonly crls: Known<readonly Digest[]>;
}

/** What is known of a store beforehand. */
export interface StoreReading {
  readonly balancing: LoadBalancing;
  readonly isOurs: boolean;
  /** Whether it belongs to this account; another's is shared by AWS RAM. */
  readonly isOwn: boolean;
  /** What was kept in this read already, by digest. */
  readonly kept: Map<Digest, Promise<Blob>>;
}

/** Reads what is in a store. What may not be read is unknown, never empty. */
export async function readStore(
  record: StoreRecord,
  { balancing, isOurs, isOwn, kept }: StoreReading,
  { signal, keep }: ReadContext,
): Promise<StoreSeen> {
  const seen = { record, isOurs };
  if (!record.active) {
    const creating = { unknown: "the service is creating it", count: record.certificates };
    return { ...seen, users: [], anchors: creating, crls: { unknown: creating.unknown } };
  }
  const keepAll = async (text: string, label: PemLabel): Promise<readonly Digest[]> => {
    const found = dissectPem(text, label, `trust store ${record.name}`);
    for (const [digest, der] of found) {
      if (!kept.has(digest)) kept.set(digest, keep(der));
      await kept.get(digest);
    }
    return [...found.keys()];
  };
  const [users, anchors, crls] = await Promise.all([
    isOwn ? balancing.associations(record.arn, signal) : undefined,
    knownOr(record.certificates, async () =>
      keepAll(await balancing.bundle(record.arn, signal), "CERTIFICATE"),
    ),
    knownOr(undefined, async () => {
      const ids = await balancing.revocations(record.arn, signal);
      const lists = await inParallel(ids, 2, async (id) =>
        keepAll(await balancing.revocation(record.arn, id, signal), "X509 CRL"),
      );
      return lists.flat();
    }),
  ]);
  return { ...seen, users, anchors, crls };
}

async function knownOr(
  count: number | undefined,
  read: () => Promise<readonly Digest[]>,
): Promise<Known<readonly Digest[]>> {
  try {
    return { known: sortDigests(await read()) };
  } catch (error) {
    if (!isHandfastError(error) || error.code !== "REMOTE_UNAUTHORIZED") throw error;
    const unknown = "these credentials may not read it";
    return count === undefined ? { unknown } : { unknown, count };
  }
}
