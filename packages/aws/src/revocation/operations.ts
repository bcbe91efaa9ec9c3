/** What an adapter does about the revocation of a distribution: reads it, and brings it from one set of CRLs to another. */
import type { Digest, Known, Outcome, WriteContext } from "@handfast/core";
import type { FunctionOptions } from "./source.ts";

/** A key value store of a distribution as it stands. */
export interface ListSeen {
  readonly name: string;
  /** The service's own, with an id: what a connection function refers to. */
  readonly arn: string;
  /** False while it is provisioned; `lists` is unknown then. */
  readonly ready: boolean;
  /**
   * The CRLs that it says it was made from; none in a store that was never written. Unknown when that can't be told, e.g.
   * when somebody put keys into it, or a write from unknown content stopped halfway. Whether there are as many entries
   * as these CRLs make `checkList` tells.
   */
  readonly lists: Known<readonly Digest[]>;
  /** A write that is under way, or stopped: the entries are some of `lists` and some of `to`. */
  readonly writing?: ListWriting | undefined;
  /** Entries that stand for serials, as the service counts them. */
  readonly serials: number;
}

/** How far a write has come. */
export interface ListWriting {
  readonly to: readonly Digest[];
  /** Batches that are done. */
  readonly done: number;
  /** Of so many. Who counts them otherwise than its writer, e.g. another version, can't go on with it. */
  readonly total: number;
}

/** A connection function of ours. */
export interface FunctionSeen {
  readonly name: string;
  readonly id: string;
  /** What is published; undefined when nothing is: a maker died in between. */
  readonly live:
    | {
        /** SHA-256 of its source. Its first 8 digits stand in the name, unless somebody edited it. */
        readonly source: Digest;
        readonly stores: readonly string[];
      }
    | undefined;
}

/** What stands behind the revocation of one distribution. */
export interface RevocationSeen {
  /** All that have a name of handfast's for this distribution, by name. */
  readonly lists: readonly ListSeen[];
  /** Likewise, also those of an older source. */
  readonly functions: readonly FunctionSeen[];
}

/** From what a plan saw to what it wants. */
export interface ListChange {
  /**
   * The CRLs that are in, as read; `{ known: [] }` for a new store. Unknown: whatever is in, every key is read (50 a
   * call) and the store made to hold exactly what is wanted.
   */
  readonly from: Known<readonly Digest[]>;
  readonly to: readonly Digest[];
}

/** What writing needs of core's context: bytes are those of CRLs, by digest. */
export type RevocationContext = Pick<WriteContext, "bytes" | "clock" | "idempotencyKey" | "signal">;

/**
 * A `place` is where a list is: see `names.ts`. Every one finds it done when it is done already (`adopted`), and goes on where an earlier try has stopped. Outcomes
 * name what was made and removed by natural key (`listObject`, `functionObject`).
 */
export interface RevocationOperations {
  /**
   * By distribution ARN, with a row for each. Three calls list what the account has; each store of ours that is there
   * takes three more, each published function one.
   */
  read(
    distributionArns: readonly string[],
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, RevocationSeen>>;

  /** Makes the store, empty. It is not READY with the call: `read` tells. */
  createList(place: string, context: RevocationContext): Promise<Outcome>;

  /**
   * Writes the difference between two sets of CRLs, in batches, puts first; the entry that names the CRLs comes last.
   * Each batch leaves a mark of how far it has come, so a write that stopped goes on where it was, and one that is
   * taken back retraces its steps. A serial that both sets revoke for an issuer is refused at every moment. The store
   * must be READY, and its CRLs (those it holds, those it is on its way to, those wanted) among the context's bytes.
   *
   * @throws HandfastError `STEP_MOVED` when the store holds other CRLs than `from` and `to`; `PRECONDITION_FAILED` when
   * what is wanted does not fit; `REMOTE_NOT_FOUND` when there is no store; `BLOB_MISSING`
   */
  writeList(place: string, change: ListChange, context: RevocationContext): Promise<Outcome>;

  /**
   * Makes the function (`functionName`) on the store, which must be there, and publishes it. One that was made and not
   * published is finished.
   *
   * @throws HandfastError `REMOTE_CONFLICT` when one of that name has another source or store
   */
  createFunction(place: string, options: FunctionOptions, context: RevocationContext): Promise<Outcome>;

  /** Deletes a function by name, once no distribution refers to it any more; waits two minutes for that. */
  deleteFunction(distributionArn: string, name: string, context: RevocationContext): Promise<Outcome>;

  /** Deletes the store, once no function refers to it any more; waits two minutes for that. */
  deleteList(place: string, context: RevocationContext): Promise<Outcome>;
}
