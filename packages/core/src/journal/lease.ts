import type { Clock } from "../clock.ts";
import { isHandfastError } from "../errors.ts";
import type { Claim } from "./journal.ts";
import { leaseLost, runHeld, runTaken } from "./journal-errors.ts";
import {
  type LeaseRow,
  type LeaseTable,
  noLeases,
  parseLeases,
  rivalsOf,
  sharedObject,
} from "./lease-table.ts";
import { isGone, type ProcessTable } from "./process-mark.ts";
import type { Register } from "./register.ts";

/** How long nobody may be heard of before a lease is over, unless said otherwise. */
export const defaultLeaseMs = 30_000;

/** A holder gives so many signs of life within that time. */
const beatsPerLease = 3;

/** How often others may get in first before this one gives up. */
const mostTries = 50;

/** Owners that this process let go of, though that could not be written down: a full disk hinders nobody here. */
const letGo = new Set<string>();

/** What leases are taken with. */
export interface LeaseSite {
  readonly register: Register;
  readonly clock: Clock;
  readonly processes: ProcessTable;
  /** Gives a new text at each call, one that no other process gives. */
  readonly mark: () => string;
  /** Undefined: the lease lasts as long as the process, and gives no signs of life. */
  readonly leaseMs: number | undefined;
}

/** A run, and objects, that are held. */
export interface Lease {
  /** Grows with every taking of anything in this journal. */
  readonly fence: number;
  /** Runs that held some of it and were put out, by force or because nobody had heard of them. */
  readonly evicted: readonly string[];
  /** Aborts when the lease is lost, with `JOURNAL_HELD` for a reason. */
  readonly lost: AbortSignal;
  /**
   * Makes sure, by a look at the register, that it is still held.
   *
   * @throws HandfastError `JOURNAL_HELD`; what the register throws
   */
  check(operation: string): Promise<void>;
  /** Lets go. Never fails: what can't be written down is over by itself after a while. */
  release(): Promise<void>;
}

/**
 * Takes a run and objects, all or nothing. Who holds them is refused for as long as it gives signs of life; one that
 * is dead on this host is taken over from at once, one of another host once it was silent for the time of its lease, by
 * this clock alone: clocks of two hosts are never compared.
 *
 * @throws HandfastError `JOURNAL_HELD` with the holder; `JOURNAL_CORRUPT`; what the register throws
 */
export async function takeLease(site: LeaseSite, run: string, claim: Claim): Promise<Lease> {
  const watch = new Watch(site);
  for (let tries = 1; ; tries += 1) {
    const { version, table } = await readTable(site.register);
    const rivals = rivalsOf(table, run, claim);
    const alive = claim.force === true ? [] : rivals.filter((row) => !watch.isOver(row));
    const known = alive.find((row) => watch.isAlive(row));
    if (known !== undefined) throw runHeld("open run", run, known, sharedObject(known, claim));
    if (alive.length > 0) {
      await site.clock.sleep(
        Math.min(...alive.map(({ leaseMs = defaultLeaseMs }) => leaseMs)) / 6,
        claim.signal,
      );
      continue;
    }
    const row = makeRow(site, run, claim, table.fence + 1);
    const held = [...table.held.filter((one) => !rivals.includes(one)), row];
    try {
      if (await site.register.swap(version, JSON.stringify({ ...table, fence: row.fence, held }))) {
        return new HeldLease(site, row, [...new Set(rivals.map((rival) => rival.run))]);
      }
    } catch (error) {
      // it may have been written all the same: nobody here holds it
      letGo.add(row.owner);
      throw error;
    }
    if (tries > mostTries) throw runTaken("open run", run);
  }
}

/** Looks at rivals over a while, and tells the living from the dead. */
class Watch {
  readonly #site: LeaseSite;
  readonly #first = new Map<string, { readonly beat: number; readonly at: number }>();

  constructor(site: LeaseSite) {
    this.#site = site;
  }

  isOver(row: LeaseRow): boolean {
    const { clock, processes } = this.#site;
    if (letGo.has(row.owner) || isGone(row, processes)) return true;
    const first = this.#first.get(row.owner);
    if (first === undefined) this.#first.set(row.owner, { beat: row.beat, at: clock.now() });
    else if (row.leaseMs !== undefined && row.beat === first.beat)
      return clock.now() - first.at >= row.leaseMs;
    return false;
  }

  /** Certain for one that gave a sign of life under our eyes, and for a process of this host whose last is not old. */
  isAlive(row: LeaseRow): boolean {
    const first = this.#first.get(row.owner);
    if (first !== undefined && first.beat !== row.beat) return true;
    if (row.leaseMs === undefined) return true;
    const { clock, processes } = this.#site;
    const { host, boot, space } = processes.self;
    const isHere = row.host === host && row.boot === boot && row.space === space;
    return isHere && Math.abs(clock.now() - row.at) < row.leaseMs;
  }
}

class HeldLease implements Lease {
  readonly fence: number;
  readonly evicted: readonly string[];
  readonly #site: LeaseSite;
  readonly #row: LeaseRow;
  readonly #lost = new AbortController();
  readonly #ending = new AbortController();
  /** When the last sign of life that arrived was begun, by this clock. */
  #heardAt: number;
  #beat = 0;
  /** A version of the register in which it is held. */
  #version: string | undefined;
  readonly #beating: Promise<void>;

  constructor(site: LeaseSite, row: LeaseRow, evicted: readonly string[]) {
    this.#site = site;
    this.#row = row;
    this.fence = row.fence;
    this.evicted = evicted;
    this.#heardAt = row.at;
    this.#beating = site.leaseMs === undefined ? Promise.resolve() : this.#keepBeating(site.leaseMs);
  }

  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  async check(operation: string): Promise<void> {
    if (this.#lost.signal.aborted) throw this.#lost.signal.reason;
    const { register } = this.#site;
    // nothing was taken by anybody since this was last seen to be held
    if (this.#version !== undefined && (await register.version()) === this.#version) return;
    const { version, table } = await readTable(register);
    if (!table.held.some(({ owner }) => owner === this.#row.owner)) throw this.#lose(operation);
    this.#version = version;
  }

  async release(): Promise<void> {
    if (this.#ending.signal.aborted) return;
    this.#ending.abort();
    letGo.add(this.#row.owner);
    await this.#beating;
    if (this.#lost.signal.aborted) return;
    const isWritten = await this.#change((table) => ({
      ...table,
      held: table.held.filter(({ owner }) => owner !== this.#row.owner),
    })).catch(() => false);
    if (isWritten) letGo.delete(this.#row.owner);
  }

  async #keepBeating(leaseMs: number): Promise<void> {
    const { clock } = this.#site;
    const everyMs = leaseMs / beatsPerLease;
    for (;;) {
      try {
        await clock.sleep(everyMs, this.#ending.signal);
      } catch {
        return;
      }
      const begun = clock.now();
      try {
        if (await this.#giveSign(begun)) this.#heardAt = begun;
        else this.#lose("keep lease");
      } catch (error) {
        // a damaged table says nothing of who holds what: as good as lost
        if (isHandfastError(error) && error.code === "JOURNAL_CORRUPT") this.#lose("keep lease");
      }
      // others may take over once they heard nothing for the whole time: stop one sign before that
      if (clock.now() - this.#heardAt > leaseMs - everyMs) this.#lose("keep lease");
      if (this.#lost.signal.aborted) return;
    }
  }

  #giveSign(at: number): Promise<boolean> {
    this.#beat += 1;
    return this.#change((table) =>
      table.held.some(({ owner }) => owner === this.#row.owner)
        ? {
            ...table,
            held: table.held.map((row) =>
              row.owner === this.#row.owner ? { ...row, at, beat: this.#beat } : row,
            ),
          }
        : undefined,
    );
  }

  /** False when there is nothing to change, or others are always first. */
  async #change(change: (table: LeaseTable) => LeaseTable | undefined): Promise<boolean> {
    const { register } = this.#site;
    for (let tries = 1; tries <= mostTries; tries += 1) {
      const { version, table } = await readTable(register);
      const changed = change(table);
      if (changed === undefined) return false;
      if (await register.swap(version, JSON.stringify(changed))) return true;
    }
    return false;
  }

  #lose(operation: string): unknown {
    if (!this.#lost.signal.aborted) this.#lost.abort(leaseLost(operation, this.#row.run));
    return this.#lost.signal.reason;
  }
}

function makeRow(
  { processes, mark, clock, leaseMs }: LeaseSite,
  run: string,
  claim: Claim,
  fence: number,
): LeaseRow {
  const at = clock.now();
  return {
    ...processes.self,
    run,
    fence,
    owner: mark(),
    since: new Date(at).toISOString(),
    beat: 0,
    at,
    leaseMs,
    writes: [...new Set(claim.writes)],
    reads: [...new Set(claim.reads)],
  };
}

async function readTable(register: Register): Promise<{ version: string | undefined; table: LeaseTable }> {
  const found = await register.read();
  return found === undefined
    ? { version: undefined, table: noLeases }
    : { version: found.version, table: parseLeases(found.text, register.where) };
}
