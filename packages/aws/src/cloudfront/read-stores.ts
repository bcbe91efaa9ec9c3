import { type Digest, isHandfastError, type ReadContext } from "@handfast/core";
import { type KnownDigests, sortDigests } from "../digest-sets.ts";
import { inParallel } from "../in-parallel.ts";
import { orNothing } from "../leave-out-missing.ts";
import { dissectPem } from "../pem.ts";
import type { BundleBucket } from "../s3/port.ts";
import { bundleKey, isNamedBy, isStoreName } from "./names.ts";
import type { TrustStoreRecord, TrustStores } from "./port.ts";

/** Certificates or CRLs: DER by digest. */
export type Ders = ReadonlyMap<Digest, Uint8Array>;

/** A trust store with its content. */
export interface StoreSeen {
  readonly record: TrustStoreRecord;
  /** Seen active twice. */
  readonly ready: boolean;
  readonly isOurs: boolean;
  /** ARNs of the distributions that refer to it. */
  readonly users: readonly string[];
  readonly anchors: KnownDigests;
  readonly ocsp: boolean;
  /** What the anchors are, where they are known. */
  readonly ders: Ders;
}

/** What reading stores takes. */
export interface StoreReading {
  readonly stores: TrustStores;
  readonly bucket: BundleBucket;
  readonly prefix: string;
  /** What the user says is in stores of others, by name: CloudFront hands no bundle out. */
  readonly bundles: ReadonlyMap<string, Ders>;
  readonly memory: StoreMemory;
}

/** What an instance remembers of stores: what never changes under one name, or at one time of modification. */
export class StoreMemory {
  /** By store name, which is by content. */
  readonly bundles = new Map<string, Ders>();
  /** Whether a store asks OCSP responders, by id and time of modification. */
  readonly ocsp = new Map<string, boolean>();
  /** Stores that were seen active twice in a row since their last modification. */
  readonly proven = new Set<string>();
}

/** How long after a modification a store may still waver between `pending` and `active`. */
const waveringMs = 600_000;
/** Between two looks at a store. */
const pauseMs = 5_000;
/** How many calls are under way at once: the service is throttled by account. */
const lanes = 4;

/** Reads the stores that some distributions refer to, and those of handfast's. Each is asked for once. */
export async function readStores(
  records: readonly TrustStoreRecord[],
  referred: ReadonlySet<string>,
  reading: StoreReading,
  context: ReadContext,
): Promise<readonly StoreSeen[]> {
  const candidates = records.filter(({ id, name }) => referred.has(id) || isStoreName(name));
  const bundles = await inParallel(candidates, lanes, ({ name }) => bundleOf(name, reading, context));
  const relevant = candidates.filter(({ id }, index) => referred.has(id) || bundles[index] !== undefined);
  const steady = await lookTwice(relevant, reading, context);
  return inParallel(relevant, lanes, async (record) => {
    const { id, name, status, certificates } = record;
    const ours = bundles[candidates.indexOf(record)];
    const users = (await orNothing(reading.stores.users(id, context.signal))) ?? [];
    // What is asked of a store can be changed in place; those in use are looked at for themselves.
    const ocsp = referred.has(id) ? await ocspOf(record, reading, context) : ours?.ocsp === true;
    const ders = ours?.ders ?? reading.bundles.get(name);
    const isActive = status === "active";
    const anchors = anchorsOf(ders, isActive ? certificates : undefined);
    return {
      record,
      ready: isActive && steady.has(id),
      isOurs: ours !== undefined,
      users,
      anchors: ders === undefined && isActive ? { ...anchors, count: certificates } : anchors,
      ocsp,
      ders: "known" in anchors ? (ders ?? new Map()) : new Map(),
    };
  });
}

function anchorsOf(ders: Ders | undefined, certificates: number | undefined): KnownDigests {
  if (ders === undefined) return { unknown: "CloudFront does not hand out what is in a trust store" };
  if (certificates === undefined || certificates === ders.size)
    return { known: sortDigests([...ders.keys()]) };
  return {
    unknown: `the store holds ${certificates} certificates, and its bundle, as it is known here, ${ders.size}`,
    count: certificates,
  };
}

/**
 * The bundle of a store of handfast's, from the bucket. It counts when it is what the name says; somebody else's bundle
 * under that name does not, nor does one that can't be read.
 */
async function bundleOf(
  name: string,
  { bucket, memory, prefix }: StoreReading,
  { signal }: ReadContext,
): Promise<{ readonly ders: Ders; readonly ocsp: boolean } | undefined> {
  if (!isStoreName(name)) return undefined;
  const known = memory.bundles.get(name);
  const ders = known ?? (await readBundle(bucket, bundleKey(name, prefix), signal));
  if (ders === undefined) return undefined;
  const digests = [...ders.keys()];
  const ocsp = [false, true].find((asks) => isNamedBy(name, digests, asks));
  if (ocsp === undefined) return undefined;
  memory.bundles.set(name, ders);
  return { ders, ocsp };
}

async function readBundle(bucket: BundleBucket, key: string, signal: AbortSignal): Promise<Ders | undefined> {
  const object = await bucket.get(key, signal);
  if (object === undefined) return undefined;
  try {
    return dissectPem(new TextDecoder().decode(object.bytes), "CERTIFICATE", `s3://${bucket.name}/${key}`);
  } catch (error) {
    if (isHandfastError(error) && error.code === "REMOTE_UNEXPECTED") return undefined;
    throw error;
  }
}

async function ocspOf(
  { id, modifiedAt }: TrustStoreRecord,
  { memory, stores }: StoreReading,
  { signal }: ReadContext,
): Promise<boolean> {
  const key = `${id} ${modifiedAt}`;
  const known = memory.ocsp.get(key);
  if (known !== undefined) return known;
  const ocsp = (await orNothing(stores.get(id, signal)))?.ocsp ?? false;
  memory.ocsp.set(key, ocsp);
  return ocsp;
}

/**
 * Ids of the active stores that can be relied upon. One that was modified lately may be `pending` again after it was
 * `active` (terraform-provider-aws, cloudfront/trust_store.go, wants to see it twice in a row), so what is seen active
 * for the first time is looked at again after a pause: once for all of them.
 */
async function lookTwice(
  records: readonly TrustStoreRecord[],
  { memory, stores }: StoreReading,
  { clock, signal }: ReadContext,
): Promise<ReadonlySet<string>> {
  const keyOf = ({ id, modifiedAt }: TrustStoreRecord): string => `${id} ${modifiedAt}`;
  const active = records.filter(({ status }) => status === "active");
  const isYoung = (one: TrustStoreRecord): boolean =>
    Math.abs(clock.now() - one.modifiedAt) < waveringMs && !memory.proven.has(keyOf(one));
  const young = active.filter(isYoung);
  if (young.length > 0) {
    await clock.sleep(pauseMs, signal);
    const again = await inParallel(young, lanes, ({ id }) => orNothing(stores.get(id, signal)));
    for (const [index, one] of again.entries()) {
      const before = young[index];
      if (before !== undefined && one?.status === "active" && one.modifiedAt === before.modifiedAt)
        memory.proven.add(keyOf(before));
    }
  }
  return new Set(active.filter((one) => !isYoung(one)).map(({ id }) => id));
}
