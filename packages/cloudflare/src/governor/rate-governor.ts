import { type Clock, HandfastError } from "@handfast/core";
import type { AddressRate } from "./address-rate.ts";
import { GrantedCalls } from "./granted-calls.ts";
import { ProviderWindow } from "./provider-window.ts";
import { blockMs, type Pace, paceOf, publishedQuota, type RateQuota } from "./quota.ts";
import { readLeft, readPolicies, readRetryAfter } from "./rate-headers.ts";
import { SteadyTime } from "./steady-time.ts";
import { type Verdict, type Waiter, WaitingLine } from "./waiting-line.ts";

/** What somebody waits under. */
export interface GovernedCall {
  /** What is waited on; all callers of one governor use clocks that agree. */
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /**
   * The longest block that is waited out, in milliseconds; of a longer one the caller is told at once.
   *
   * @default 330000
   */
  readonly patienceMs?: number | undefined;
}

/** What came of a call, as far as the rate is concerned; `unanswered`: it was not sent, or nobody heard. */
export type GovernedAnswer = { readonly status: number; readonly headers: Headers } | "unanswered";

/** What a governor has seen so far. */
export interface GovernorReport {
  /** Calls that were let go. */
  readonly calls: number;
  /** Answers with status 429 among them. */
  readonly refused: number;
  /** Callers who wait now. */
  readonly waiting: number;
  /** ISO 8601: until when every call of the credential is refused, unless a call since has found that to be over. */
  readonly blockedUntil?: string | undefined;
}

/**
 * Holds all calls of one credential below its rate, whoever makes them. Write one on a store of your own to share a
 * credential between processes: `acquire` before each call, `observe` once after it, whatever came of it.
 */
export interface RateGovernor {
  /**
   * Resolves when so many calls may be sent, in the order of asking.
   *
   * @throws the signal's reason; HandfastError `REMOTE_RATE_LIMITED` when a block outlasts the caller's patience
   */
  acquire(calls: number, call: GovernedCall): Promise<void>;
  /** Learns from what came of one call that was acquired. Must not throw. */
  observe(answer: GovernedAnswer, call: Pick<GovernedCall, "clock">): void;
  spent(): GovernorReport;
}

/** Options of {@link rateGovernor}. */
export interface RateGovernorOptions {
  /** Names the credential in errors, e.g. `ci token`. @default "credential" */
  readonly name?: string | undefined;
  /**
   * What the credential's user is granted, until the API tells its own figure. Four fifths are used.
   *
   * @default { calls: 1200, windowMs: 300000 }
   */
  readonly quota?: RateQuota | undefined;
  /** The rate of the address, which governors of several credentials share. @default none */
  readonly address?: AddressRate | undefined;
}

/** Nothing longer is asked for by a caller who does not say. */
const defaultPatienceMs = 330_000;

/** More policies than that are not kept: nobody has them. */
const mostPolicies = 8;

/** What was told longer ago is looked at again before many calls go at once: others may have been at it. */
const freshMs = 10_000;

/** A 429 that asks for no pause gets one. */
const shortestBlockMs = 1_000;

/** Of a token that is filled a little below one by rounding. */
const hair = 1e-6;

/**
 * A governor for the callers of one process. It lets sixty calls go at once and paces the rest, so that ours never
 * are more than four fifths of the quota in any window, nor of what others leave of it by the `Ratelimit` headers. While
 * those are not known, one call goes ahead. After a 429 nobody calls until the block is over.
 *
 * @throws TypeError when the quota is none
 * @example
 * ```ts
 * import { cloudflareHostname, rateGovernor } from "@handfast/cloudflare";
 *
 * const governor = rateGovernor({ name: "ci token", quota: { calls: 600, windowMs: 300_000 } });
 * export const token = () => process.env.CLOUDFLARE_API_TOKEN ?? "";
 * export const adapter = cloudflareHostname({ token, governor });
 * ```
 */
export function rateGovernor(options: RateGovernorOptions = {}): RateGovernor {
  const { name = "credential", quota = publishedQuota, address } = options;
  if (!(quota.calls >= 1 && quota.windowMs >= 1 && Number.isFinite(quota.calls + quota.windowMs))) {
    throw new TypeError("rateGovernor: quota needs at least one call in a window of at least a millisecond");
  }
  return new ProcessGovernor(name, quota, address);
}

class ProcessGovernor implements RateGovernor {
  readonly #name: string;
  readonly #given: RateQuota;
  readonly #address: AddressRate | undefined;
  readonly #time = new SteadyTime();
  readonly #granted = new GrantedCalls();
  readonly #policies = new Map<string, RateQuota>();
  readonly #windows = new Map<string, ProviderWindow>();
  readonly #line = new WaitingLine((first) => this.#judge(first));
  #pace: Pace;
  /** Calls that may go now; what was let go beyond it is paid for by those after. */
  #ready: number;
  #filledAt: number | undefined;
  #unanswered = 0;
  #refused = 0;
  /** The last answer. */
  #heard: { readonly at: number; readonly isSilent: boolean } | undefined;
  #block: { readonly until: number; readonly said: string } | undefined;

  constructor(name: string, quota: RateQuota, address: AddressRate | undefined) {
    this.#name = name;
    this.#given = quota;
    this.#address = address;
    this.#pace = paceOf([quota]);
    this.#ready = this.#pace.atOnce;
  }

  async acquire(calls: number, call: GovernedCall): Promise<void> {
    if (!Number.isInteger(calls) || calls < 1) {
      throw new TypeError("acquire: calls must be a whole number, at least 1");
    }
    const { clock, signal, patienceMs = defaultPatienceMs } = call;
    signal.throwIfAborted();
    const waiter: Waiter = { calls, clock, signal, patienceMs };
    // a block is told of at once, however long the line is
    const refused = this.#refusalFor(waiter);
    if (refused !== undefined) throw refused;
    await this.#line.join(waiter);
  }

  observe(answer: GovernedAnswer, { clock }: Pick<GovernedCall, "clock">): void {
    this.#unanswered = Math.max(0, this.#unanswered - 1);
    const now = this.#time.at(clock);
    this.#fill(now);
    if (answer === "unanswered") {
      for (const window of this.#windows.values()) window.miss();
      // nobody waits for one time-out after the other
      if (this.#heard === undefined || now - this.#heard.at > freshMs)
        this.#heard = { at: now, isSilent: true };
    } else {
      this.#notePolicies(answer.headers);
      this.#noteLeft(answer.headers, now);
      if (answer.status === 429) this.#noteBlock(answer.headers, clock, now);
    }
    this.#line.wake();
  }

  spent(): GovernorReport {
    const report = { calls: this.#granted.total, refused: this.#refused, waiting: this.#line.length };
    return this.#block === undefined ? report : { ...report, blockedUntil: this.#block.said };
  }

  #judge(first: Waiter): Verdict {
    const now = this.#time.at(first.clock);
    const refused = this.#refusalFor(first);
    if (refused !== undefined) return { refused };
    if (this.#block !== undefined) return { waitMs: Math.ceil(this.#block.until - now) };
    this.#fill(now);
    // while nothing is known of what others have used, one call goes ahead and the rest waits for what it is told
    if (this.#unanswered > 0 && !this.#isInformed(now)) return "wait";
    const short = [...this.#windows.values()].filter(
      (window) => (window.room(now, this.#granted, this.#unanswered) ?? first.calls) < first.calls,
    );
    if (short.length > 0) return { waitMs: Math.ceil(Math.max(...short.map(({ until }) => until)) - now) };
    const missing = Math.min(first.calls, this.#pace.atOnce) - this.#ready;
    if (missing > hair) return { waitMs: this.#waitFor(missing, now) };
    const busyMs = this.#address?.take(first.calls, first.clock) ?? 0;
    if (busyMs > 0) return { waitMs: busyMs };
    this.#ready -= first.calls;
    this.#unanswered += first.calls;
    this.#granted.add(first.calls, now, now - this.#longestWindow());
    return "go";
  }

  /** Whether the quota's state is known; where no headers come, their absence is all that can be. */
  #isInformed(now: number): boolean {
    if (this.#heard === undefined || now - this.#heard.at > freshMs) return false;
    return this.#heard.isSilent || [...this.#windows.values()].some(({ until }) => now < until);
  }

  /** An error for who would not wait as long as the block lasts. Forgets a block that is over. */
  #refusalFor({ clock, patienceMs }: Waiter): HandfastError | undefined {
    if (this.#block === undefined) return undefined;
    const left = this.#block.until - this.#time.at(clock);
    if (left <= 0) this.#block = undefined;
    else if (left > patienceMs) return this.#blocked(left, patienceMs, this.#block.said);
    return undefined;
  }

  #blocked(left: number, patienceMs: number, until: string): HandfastError {
    return new HandfastError(
      "REMOTE_RATE_LIMITED",
      `call Cloudflare failed [credential=${this.#name}]: Cloudflare refuses every call of this credential's user until ${until}, and the caller waits ${Math.floor(patienceMs / 1000)} s at most; try again then, and look what else calls with it (dashboard, other tools)`,
      {
        provider: { status: 429 },
        retryAfterMs: Math.ceil(left),
        facts: { credential: this.#name, blockedUntil: until },
      },
    );
  }

  /** What may go fills up with time, at most to what may go at once. */
  #fill(now: number): void {
    if (this.#filledAt !== undefined && now > this.#filledAt) {
      this.#ready = Math.min(
        this.#pace.atOnce,
        this.#ready + (now - this.#filledAt) * this.#rate(this.#filledAt),
      );
    }
    this.#filledAt = Math.max(now, this.#filledAt ?? now);
  }

  /** Calls in a millisecond: the pace, or slower, so that what little others have left lasts until their window is new. */
  #rate(now: number): number {
    let rate = this.#pace.perMs;
    for (const window of this.#windows.values()) {
      const room = window.room(now, this.#granted, this.#unanswered);
      if (room !== undefined && room >= 1) rate = Math.min(rate, room / (window.until - now));
    }
    return rate;
  }

  /** How long until so many calls more are ready, or a window is new, by which the pace may be another. */
  #waitFor(calls: number, now: number): number {
    const ends = [...this.#windows.values()].map(({ until }) => until - now).filter((left) => left > 0);
    return Math.max(1, Math.ceil(Math.min(calls / this.#rate(now), ...ends)));
  }

  #notePolicies(headers: Headers): void {
    for (const { policy, calls, windowMs = this.#given.windowMs } of readPolicies(headers)) {
      const known = this.#policies.get(policy);
      if (known?.calls === calls && known.windowMs === windowMs) continue;
      if (known === undefined && this.#policies.size >= mostPolicies) continue;
      this.#policies.set(policy, { calls, windowMs });
      const told = [...this.#policies.values()];
      // a policy of seconds alone says nothing of the quota of minutes
      const isWhole = told.some((quota) => quota.windowMs >= this.#given.windowMs);
      this.#pace = paceOf(isWhole ? told : [...told, this.#given]);
      this.#ready = Math.min(this.#ready, this.#pace.atOnce);
    }
  }

  #noteLeft(headers: Headers, now: number): void {
    const told = readLeft(headers);
    this.#heard = { at: now, isSilent: told.length === 0 };
    for (const [policy, window] of this.#windows)
      if (told.every((seen) => seen.policy !== policy)) window.miss();
    for (const seen of told) {
      let window = this.#windows.get(seen.policy);
      if (window === undefined) {
        if (this.#windows.size >= mostPolicies) continue;
        window = new ProviderWindow();
        this.#windows.set(seen.policy, window);
      }
      window.note(seen, this.#policies.get(seen.policy)?.windowMs ?? this.#given.windowMs, now);
    }
  }

  /** Nobody calls until it is over; then calls come one by one, not all at once. */
  #noteBlock(headers: Headers, clock: Clock, now: number): void {
    this.#refused += 1;
    const lasts = Math.max(shortestBlockMs, readRetryAfter(headers, clock.now()) ?? blockMs);
    const until = now + lasts;
    if (until <= (this.#block?.until ?? now)) return;
    this.#block = { until, said: new Date(clock.now() + lasts).toISOString() };
    this.#ready = Math.min(this.#ready, 1);
    this.#filledAt = until;
    this.#line.sendAway((waiter) => this.#refusalFor(waiter));
  }

  #longestWindow(): number {
    const told = [...this.#policies.values()].map(({ windowMs }) => windowMs);
    return Math.max(this.#given.windowMs, ...told) + 60_000;
  }
}
