import { type Digest, HandfastError, type Outcome, readCrl } from "@handfast/core";
import { inParallel } from "../in-parallel.ts";
import { providerCode } from "../retry.ts";
import { type ListContent, type ListWalk, planWalk } from "./differences.ts";
import { type ListEntries, listEntries, measureList } from "./entries.ts";
import { isMark, writeLists } from "./marks.ts";
import { listName, listObject } from "./names.ts";
import type { ListChange, RevocationContext } from "./operations.ts";
import type { KeyBatch, KeyValues } from "./port.ts";
import { type RevocationPorts, readContent, type StoreContent } from "./read-revocation.ts";

/** How often a batch is sent while somebody else writes to the store too, and how far apart. */
const tries = { most: 10, everyMs: 1_000 };
/** How often a store is read as a whole. */
const readings = 3;
/** How many keys are asked for at once. */
const lanes = 4;

/** A content that is known by its CRLs. */
type ListedContent = ListContent & { readonly lists: readonly Digest[] };

/** See `RevocationOperations.writeList`. */
export async function writeList(
  ports: RevocationPorts,
  place: string,
  change: ListChange,
  context: RevocationContext,
): Promise<Outcome> {
  const name = listName(place);
  const store = await (await ports.control()).findStore(name, context.signal);
  if (store === undefined) {
    throw new HandfastError(
      "REMOTE_NOT_FOUND",
      `write revocation list failed [store=${name}]: there is no such key value store; plan again`,
      { operation: "UpdateKeys", object: listObject(place) },
    );
  }
  return new ListWriter(name, store.arn, await ports.values(), context).write(change);
}

class ListWriter {
  readonly #name: string;
  readonly #arn: string;
  readonly #values: KeyValues;
  readonly #context: RevocationContext;
  #etag = "";

  constructor(name: string, arn: string, values: KeyValues, context: RevocationContext) {
    this.#name = name;
    this.#arn = arn;
    this.#values = values;
    this.#context = context;
  }

  async write({ from, to }: ListChange): Promise<Outcome> {
    const goal = await this.#contentOf(to);
    if ("unknown" in from) return this.#rewrite(goal);
    const seen = await this.#look();
    const { lists, writing, written } = seen;
    if ("unknown" in lists) throw this.#moved(lists.unknown);
    if (isEnd(seen, goal.lists) && written) return { adopted: true };
    if (!isSame(lists.known, from.known))
      throw this.#moved("it holds other CRLs, neither as before nor as planned");
    const start = await this.#contentOf(lists.known);
    if (writing !== undefined) {
      const other = isSame(writing.to, to) ? goal : await this.#contentOf(writing.to);
      const walk = planWalk(start, other);
      if (walk.total !== writing.total)
        throw this.#moved("another version of handfast has stopped halfway in it");
      if (other === goal) {
        await this.#forward(walk, start, goal, writing.done);
        return {};
      }
      await this.#backward(walk, start, other, writing.done);
      if (isSame(lists.known, to) && written) return {};
    }
    await this.#forward(planWalk(start, goal), start, goal, 0);
    return {};
  }

  async #forward(walk: ListWalk, from: ListedContent, to: ListedContent, done: number): Promise<void> {
    let at = done;
    for (const batch of walk.forward(done)) {
      await this.#send(batch, isAt(walk, from, to, at), isAt(walk, from, to, at + 1));
      at += 1;
    }
  }

  async #backward(walk: ListWalk, from: ListedContent, to: ListedContent, done: number): Promise<void> {
    let at = done;
    for (const batch of walk.backward(done)) {
      await this.#send(batch, isAt(walk, from, to, at), isAt(walk, from, to, at - 1));
      at -= 1;
    }
  }

  /**
   * Sends one batch. On a conflict the store's marks decide: where they are as before, somebody wrote something else,
   * and the batch is sent again by the new ETag; where they are as after it, it was our own, whose answer was lost.
   */
  async #send(
    batch: KeyBatch,
    isBefore: (seen: StoreContent) => boolean,
    isAfter: (seen: StoreContent) => boolean,
  ): Promise<void> {
    const { clock, signal } = this.#context;
    let sent = batch;
    for (let left = tries.most - 1; ; left -= 1) {
      try {
        this.#etag = await this.#values.update({ storeArn: this.#arn, etag: this.#etag }, sent, signal);
        return;
      } catch (error) {
        if (left === 0 || !mayBeStale(error)) throw error;
        const before = this.#etag;
        const seen = await this.#look();
        if (seen.etag === before) {
          const thinner = await this.#withoutMissing(sent);
          if (thinner.deletes.length === sent.deletes.length) throw error;
          sent = thinner;
          continue;
        }
        if (isAfter(seen)) return;
        if (!isBefore(seen)) throw this.#moved("somebody else writes CRLs to it");
        await clock.sleep(tries.everyMs, signal);
      }
    }
  }

  /** Whether a key that is not there may be deleted is not documented: those that somebody took out are left out. */
  async #withoutMissing({ puts, deletes }: KeyBatch): Promise<KeyBatch> {
    const values = await inParallel(deletes, lanes, (key) =>
      this.#values.get(this.#arn, key, this.#context.signal),
    );
    return { puts, deletes: deletes.filter((_, index) => values[index] !== undefined) };
  }

  /** From whatever is in the store. A write that stops leaves a mark by which nobody takes its content for known. */
  async #rewrite(goal: ListedContent): Promise<Outcome> {
    const { clock, signal } = this.#context;
    for (let left = readings - 1; ; left -= 1) {
      const seen = await this.#look();
      const walk = planWalk({ lists: undefined, entries: await this.#readAll(), marked: seen.marked }, goal);
      try {
        for (const batch of walk.forward(0)) {
          const nothing = batch.puts.length === 1 && batch.deletes.length === 0;
          if (walk.total === 1 && nothing && seen.written && isEnd(seen, goal.lists))
            return { adopted: true };
          this.#etag = await this.#values.update({ storeArn: this.#arn, etag: this.#etag }, batch, signal);
        }
        return {};
      } catch (error) {
        if (left === 0 || !mayBeStale(error)) throw error;
        await clock.sleep(tries.everyMs, signal);
      }
    }
  }

  async #readAll(): Promise<ListEntries> {
    const found = new Map<string, string>();
    for await (const { key, value } of this.#values.list(this.#arn, this.#context.signal)) {
      if (!isMark(key)) found.set(key, value);
    }
    return {
      valueOf: (key) => found.get(key),
      *[Symbol.iterator]() {
        for (const [key, value] of found) yield { key, value };
      },
    };
  }

  async #look(): Promise<StoreContent> {
    const seen = await readContent(this.#values, this.#arn, this.#context.signal);
    this.#etag = seen.etag;
    return seen;
  }

  async #contentOf(digests: readonly Digest[]): Promise<ListedContent> {
    const lists = [...new Set(digests)].toSorted();
    const crls = await Promise.all(lists.map(async (digest) => readCrl(await this.#context.bytes(digest))));
    const { tooMuch } = measureList(crls);
    if (tooMuch === undefined) return { lists, entries: listEntries(crls) };
    throw new HandfastError(
      "PRECONDITION_FAILED",
      `write revocation list failed [store=${this.#name}]: there are ${tooMuch}; have the CAs leave expired certificates out of their CRLs, or give this distribution fewer CRLs`,
      { operation: "UpdateKeys", facts: { store: this.#name, crls: lists.length } },
    );
  }

  #moved(why: string): HandfastError {
    return new HandfastError(
      "STEP_MOVED",
      `write revocation list failed [store=${this.#name}]: ${why}; find out who changed it, then plan again or roll back`,
      { operation: "UpdateKeys", facts: { store: this.#name } },
    );
  }
}

function isSame(one: readonly Digest[], other: readonly Digest[]): boolean {
  return writeLists(one) === writeLists(other);
}

/** Whether a store holds just these CRLs, by what it says. */
function isEnd({ lists, writing }: StoreContent, digests: readonly Digest[]): boolean {
  return writing === undefined && "known" in lists && isSame(lists.known, digests);
}

/** Tells a store that has done so many batches of a walk. */
function isAt(
  walk: ListWalk,
  from: ListedContent,
  to: ListedContent,
  done: number,
): (seen: StoreContent) => boolean {
  return (seen) => {
    if (done === 0) return isEnd(seen, from.lists);
    if (done === walk.total) return isEnd(seen, to.lists);
    return (
      "known" in seen.lists &&
      isSame(seen.lists.known, from.lists) &&
      seen.writing?.done === done &&
      seen.writing.total === walk.total &&
      isSame(seen.writing.to, to.lists)
    );
  };
}

/**
 * Whether an error may come of an ETag that is old: with which code the service says so is not documented
 * (ConflictException, or ValidationException).
 */
function mayBeStale(error: unknown): boolean {
  const code = providerCode(error) ?? "";
  return ["Conflict", "PreconditionFailed", "ResourceNotFound", "Validation"].includes(code);
}
