import type { Clock } from "../clock.ts";
import { isHandfastError } from "../errors.ts";
import type { Claim } from "./journal.ts";
import { leaseLost, runHeld, runTaken } from "./journal-errors.ts";
import {
  checkClaim,
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

/** Whoever waits for a holder's silence looks so often within that time. */
const looksPerLease = 6;

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
  /** Other runs that held some of it and were put out, by force or because nobody had heard of them. */
  readonly evicted: readonly string[];
  /** Aborts when the lease is lost, with `JOURNAL_HELD` for a reason. */
  readonly lost: AbortSignal;
  /**
   * Makes sure, by a look at the register, that it is still held, and that nobody who waits for its silence can have it
   * before a third of the time of the lease has passed from now.
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
  checkClaim(claim, site.leaseMs);
  const watch = new Watch(site);
  const owner = site.mark();
  let evicted: readonly string[] = [];
  let tries = 0;
  try {
    while (tries < mostTries) {
      const { version, table } = await readTable(site.register);
      // taken by a try that was told no
      const mine = table.held.find((row) => row.owner === owner);
      if (mine !== undefined) return new HeldLease(site, mine, version, evicted);
      const rivals = rivalsOf(table, run, claim);
      const alive = claim.force === true ? [] : rivals.filter((row) => !watch.isOver(row));
      const known = alive.find((row) => watch.isAlive(row));
      if (known !== undefined) throw runHeld("open run", run, known, sharedObject(known, claim));
      if (alive.length > 0) {
        await watch.wait(alive, claim.signal);
        continue;
      }
      tries += 1;
      const row = makeRow(site, run, claim, { owner, fence: table.fence + 1 });
      const others = rivals.filter((rival) => rival.run !== run && !letGo.has(rival.owner));
      evicted = [...new Set(others.map((rival) => rival.run))];
      const held = [...table.held.filter((one) => !rivals.includes(one)), row];
      const taken = await site.register.swap(version, JSON.stringify({ ...table, fence: row.fence, held }));
      if (taken !== undefined) return new HeldLease(site, row, taken, evicted);
    }
    throw runTaken("open run", run);
  } catch (error) {
    // it may have been written all the same: nobody here holds it
    if (tries > 0) letGo.add(owner);
    throw error;
  }
}

/** Looks at rivals over a while, and tells the living from the dead. */
class Watch {
  readonly #site: LeaseSite;
  readonly #seen = new Map<string, { readonly beat: number; silentMs: number }>();

  constructor(site: LeaseSite) {
    this.#site = site;
  }

  isOver(row: LeaseRow): boolean {
    if (letGo.has(row.owner) || isGone(row, this.#site.processes)) return true;
    const seen = this.#seen.get(row.owner);
    if (seen === undefined) this.#seen.set(row.owner, { beat: row.beat, silentMs: 0 });
    else if (row.leaseMs !== undefined && row.beat === seen.beat) return seen.silentMs >= row.leaseMs;
    return false;
  }

  /** Certain for one that gave a sign of life under our eyes, and for a process of this host whose last is not old. */
  isAlive(row: LeaseRow): boolean {
    const seen = this.#seen.get(row.owner);
    if (seen !== undefined && seen.beat !== row.beat) return true;
    if (row.leaseMs === undefined) return true;
    const { clock, processes } = this.#site;
    const { host, boot, space } = processes.self;
    const isHere = row.host === host && row.boot === boot && row.space === space;
    return isHere && Math.abs(clock.now() - row.at) < row.leaseMs;
  }

  /** Silence is the sum of what was slept, not a difference of times: a clock that is put right makes nobody dead. */
  async wait(rows: readonly LeaseRow[], signal: AbortSignal | undefined): Promise<void> {
    const shortest = Math.min(...rows.map(({ leaseMs = defaultLeaseMs }) => leaseMs));
    const ms = Math.ceil(shortest / looksPerLease);
    await this.#site.clock.sleep(ms, signal);
    for (const seen of this.#seen.values()) seen.silentMs += ms;
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
  #beat: number;
  /** A version of the register in which it is held. */
  #version: string | undefined;
  #signing: Promise<boolean> | undefined;
  readonly #beating: Promise<void>;

  constructor(site: LeaseSite, row: LeaseRow, version: string | undefined, evicted: readonly string[]) {
    this.#site = site;
    this.#row = row;
    this.fence = row.fence;
    this.evicted = evicted;
    this.#heardAt = row.at;
    this.#beat = row.beat;
    this.#version = version;
    this.#beating = site.leaseMs === undefined ? Promise.resolve() : this.#keepBeating(site.leaseMs);
  }

  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  async check(operation: string): Promise<void> {
    if (this.#lost.signal.aborted) throw this.#lost.signal.reason;
    const isHeld = this.#isFresh() ? await this.#look() : await this.#giveSign();
    // an answer that took long says what was; a store so slow keeps no lease
    if (!isHeld || !(this.#isFresh() || ((await this.#giveSign()) && this.#isFresh()))) {
      throw this.#lose(operation);
    }
  }

  async release(): Promise<void> {
    if (this.#ending.signal.aborted) return;
    this.#ending.abort();
    letGo.add(this.#row.owner);
    await this.#beating;
    try {
      await this.#change(() => undefined);
      letGo.delete(this.#row.owner);
    } catch {
      // stays among those that were let go of
    }
  }

  async #keepBeating(leaseMs: number): Promise<void> {
    const { clock } = this.#site;
    const everyMs = leaseMs / beatsPerLease;
    let waitMs = everyMs;
    for (;;) {
      try {
        await clock.sleep(waitMs, this.#ending.signal);
      } catch {
        return;
      }
      waitMs = everyMs;
      try {
        if (!(await this.#giveSign())) this.#lose("keep lease");
      } catch (error) {
        waitMs = everyMs / beatsPerLease;
        // a damaged table says nothing of who holds what: as good as lost
        const isDamaged = isHandfastError(error) && error.code === "JOURNAL_CORRUPT";
        // others may take over once they heard nothing for the whole time: stop one sign before that
        if (isDamaged || !this.#isFresh()) this.#lose("keep lease");
      }
      if (this.#lost.signal.aborted) return;
    }
  }

  /** Whether nobody can have taken over for silence, nor will while the time of one sign passes. */
  #isFresh(): boolean {
    const { clock, leaseMs } = this.#site;
    if (leaseMs === undefined) return true;
    // negative when the clock was put back since
    const silentMs = clock.now() - this.#heardAt;
    return silentMs >= 0 && silentMs < leaseMs - leaseMs / beatsPerLease;
  }

  /** Whether the register says that it is held. */
  async #look(): Promise<boolean> {
    const { register } = this.#site;
    // nothing was taken by anybody since this was last seen to be held
    if (this.#version !== undefined && (await register.version()) === this.#version) return true;
    const { version, table } = await readTable(register);
    const isHeld = table.held.some(({ owner }) => owner === this.#row.owner);
    this.#version = isHeld ? version : undefined;
    return isHeld;
  }

  /** False when it is not held any more. Whoever wants a sign while one is given shares it. */
  #giveSign(): Promise<boolean> {
    this.#signing ??= this.#writeSign().finally(() => {
      this.#signing = undefined;
    });
    return this.#signing;
  }

  async #writeSign(): Promise<boolean> {
    const at = this.#site.clock.now();
    this.#beat += 1;
    const beat = this.#beat;
    const isHeld = await this.#change((row) => ({ ...row, at, beat }));
    if (isHeld) this.#heardAt = at;
    return isHeld;
  }

  /**
   * Changes this one's row; undefined takes it out. False when it is not there.
   *
   * @throws HandfastError `JOURNAL_HELD` when others are always first; what the register throws
   */
  async #change(change: (row: LeaseRow) => LeaseRow | undefined): Promise<boolean> {
    const { register } = this.#site;
    for (let tries = 1; tries <= mostTries; tries += 1) {
      const { version, table } = await readTable(register);
      const mine = table.held.find(({ owner }) => owner === this.#row.owner);
      if (mine === undefined) return false;
      const changed = change(mine);
      const held = table.held.flatMap((row) => (row === mine ? (changed ?? []) : row));
      const written = await register.swap(version, JSON.stringify({ ...table, held }));
      if (written === undefined) continue;
      this.#version = changed && written;
      return true;
    }
    throw runTaken("keep lease", this.#row.run);
  }

  #lose(operation: string): unknown {
    if (!this.#lost.signal.aborted) this.#lost.abort(leaseLost(operation, this.#row.run));
    return this.#lost.signal.reason;
  }
}

function makeRow(
  { processes, clock, leaseMs }: LeaseSite,
  run: string,
  claim: Claim,
  taking: { readonly owner: string; readonly fence: number },
): LeaseRow {
  const at = clock.now();
  return {
    ...processes.self,
    ...taking,
    run,
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
