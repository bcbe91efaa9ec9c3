import {
  type CrlFacts,
  canonicalText,
  type Digest,
  isHandfastError,
  type ReadContext,
  readCrl,
} from "@handfast/core";
import type { KnownDigests } from "../digest-sets.ts";
import { inParallel } from "../in-parallel.ts";
import { dissectPem } from "../pem.ts";
import { checkList } from "../revocation/check-list.ts";
import type { FunctionSeen, ListSeen, RevocationSeen } from "../revocation/operations.ts";
import type { BundleBucket } from "../s3/port.ts";
import { crlKey } from "./names.ts";
import type { CloudFrontState, FunctionState, ListState } from "./state.ts";

/** What an instance remembers of lists: the CRLs that some list is made from, and what they came to. */
export class CrlMemory {
  readonly #crls = new Map<Digest, CrlFacts>();
  readonly #byList = new Map<
    string,
    { readonly crls: readonly Digest[]; readonly seen: string; readonly on: KnownDigests }
  >();

  /** A CRL that was read before. */
  get(crl: Digest): CrlFacts | undefined {
    return this.#crls.get(crl);
  }

  /**
   * What is on a list, of which `found` are the CRLs. Counting all that they revoke takes a while, so it is done again only
   * when the list reads otherwise. CRLs that no list speaks of any more are forgotten: they may be large.
   */
  crlsOn(list: ListSeen, found: ReadonlyMap<Digest, CrlFacts>): KnownDigests {
    const seen = canonicalText([list, [...found.keys()].toSorted()]);
    const before = this.#byList.get(list.name);
    if (before?.seen === seen) return before.on;
    const on = crlsOn(list, found);
    this.#byList.set(list.name, { crls: [...found.keys()], seen, on });
    for (const [crl, facts] of found) this.#crls.set(crl, facts);
    const spoken = new Set([...this.#byList.values()].flatMap(({ crls }) => crls));
    for (const crl of this.#crls.keys()) if (!spoken.has(crl)) this.#crls.delete(crl);
    return on;
  }
}

/** What reading lists takes. */
export interface ListReading {
  readonly bucket: BundleBucket;
  readonly prefix: string;
  readonly memory: CrlMemory;
}

/** The revocation of one distribution, and the CRLs that it speaks of. */
export interface ListsRead extends Pick<CloudFrontState, "lists" | "functions"> {
  readonly crls: readonly CrlFacts[];
}

/** How many calls are under way at once. */
const lanes = 4;

/** What is on the lists of one distribution, with the CRLs that they are made from, which lie in the bucket. */
export async function readLists(
  { lists, functions }: RevocationSeen,
  reading: ListReading,
  context: ReadContext,
): Promise<ListsRead> {
  const read = await inParallel(lists, lanes, async (list) => {
    const named = "known" in list.lists ? [...list.lists.known, ...(list.writing?.to ?? [])] : [];
    const crls = await inParallel([...new Set(named)], lanes, (crl) =>
      crlOf(crl, list.name, reading, context),
    );
    const found = new Map(crls.flatMap((crl) => (crl === undefined ? [] : [[crl.sha256, crl] as const])));
    const state: ListState = {
      ready: list.ready,
      crls: reading.memory.crlsOn(list, found),
      halfway: list.writing !== undefined,
    };
    return { name: list.name, state, crls: [...found.values()] };
  });
  const arns = new Map(lists.map(({ name, arn }) => [name, arn]));
  return {
    lists: Object.fromEntries(read.map(({ name, state }) => [name, state])),
    functions: Object.fromEntries(functions.map((one) => [one.name, functionState(one, arns)])),
    crls: read.flatMap(({ crls }) => crls),
  };
}

function crlsOn(list: ListSeen, found: ReadonlyMap<Digest, CrlFacts>): KnownDigests {
  if ("unknown" in list.lists) return list.lists;
  const needed = [...list.lists.known, ...(list.writing?.to ?? [])];
  const missing = needed.find((crl) => !found.has(crl));
  if (missing !== undefined) {
    const count = list.lists.known.length;
    return {
      unknown: `CRL ${missing.slice(0, 12)}, from which it is made, is not in the bucket any more`,
      count,
    };
  }
  return checkList(list, (crl) => found.get(crl) as CrlFacts);
}

/** Whether what is published is what the function's name says, on the list that its name says. */
function functionState({ name, live }: FunctionSeen, arns: ReadonlyMap<string, string>): FunctionState {
  if (live === undefined) return "unpublished";
  const list = name.replace(/-[0-9a-f]{8}$/, "");
  const isGenuine = name === `${list}-${live.source.slice(0, 8)}` && live.stores.join() === arns.get(list);
  return isGenuine ? "live" : "edited";
}

/** A CRL of a list; undefined when its file is gone, or is another. */
async function crlOf(
  crl: Digest,
  list: string,
  { bucket, memory, prefix }: ListReading,
  { signal }: ReadContext,
): Promise<CrlFacts | undefined> {
  const known = memory.get(crl);
  if (known !== undefined) return known;
  const key = crlKey(crl, list, prefix);
  const object = await bucket.get(key, signal);
  if (object === undefined) return undefined;
  try {
    const der = dissectPem(new TextDecoder().decode(object.bytes), "X509 CRL", key).get(crl);
    if (der === undefined) return undefined;
    return readCrl(der);
  } catch (error) {
    const unreadable = ["REMOTE_UNEXPECTED", "CERTIFICATE_UNREADABLE"];
    if (isHandfastError(error) && unreadable.includes(error.code)) return undefined;
    throw error;
  }
}
