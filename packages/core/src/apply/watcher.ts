import type { ReadContext, Seen, Step, StepCheck } from "../adapter/contract.ts";
import type { Adapter } from "../adapter/define-adapter.ts";
import { HandfastError, isHandfastError } from "../errors.ts";

/** However long somebody waits, the world is read this often. */
const longestPauseMs = 15_000;

/** Somebody who waits for the world to be a certain way. */
interface Waiter {
  readonly key: string;
  readonly target: unknown;
  readonly everyMs: number;
  readonly since: number;
  readonly deadline: number;
  /** When it is to be asked next. */
  due: number;
  /** True when it need not be asked again. */
  look(seen: Seen<unknown>): boolean;
  fail(error: unknown): void;
}

/** Somebody who wants to know now. */
interface Asked {
  readonly key: string;
  readonly target: unknown;
  resolve(seen: Seen<unknown>): void;
  reject(error: unknown): void;
}

/**
 * Reads the world for all that wait on one adapter: one batched read a round, however many steps are waiting.
 */
export class Watcher {
  readonly #adapter: Adapter;
  readonly #context: ReadContext;
  readonly #waiters = new Set<Waiter>();
  #isRunning = false;
  readonly #asked: Asked[] = [];
  #isAnswering = false;
  /** Why the provider could not be read when it was last asked; undefined when it answered. */
  #lastSilence: string | undefined;
  #nudge = new AbortController();

  constructor(adapter: Adapter, context: ReadContext) {
    this.#adapter = adapter;
    this.#context = context;
  }

  /**
   * Reads one target now, in one call with all others that are asked for at the same moment. Who asks while such a call is
   * under way is answered by the next one, with all who came meanwhile: nobody is answered by what was read before.
   */
  read(key: string, target: unknown): Promise<Seen<unknown>> {
    return new Promise((resolve, reject) => {
      this.#asked.push({ key, target, resolve, reject });
      if (this.#isAnswering) return;
      this.#isAnswering = true;
      setImmediate(() => void this.#answer());
    });
  }

  async #answer(): Promise<void> {
    while (this.#asked.length > 0) await this.#readAsked(this.#asked.splice(0));
    this.#isAnswering = false;
  }

  async #readAsked(asked: readonly Asked[]): Promise<void> {
    const targets = [...new Map(asked.map(({ key, target }) => [key, { key, target }])).values()];
    try {
      const answers = await this.#adapter.definition.read(targets, this.#context);
      const byKey = new Map(targets.map(({ key }, index) => [key, answers[index]]));
      for (const { key, resolve, reject } of asked) {
        const seen = byKey.get(key);
        if (seen === undefined) reject(unanswered(this.#adapter.facts.name, key));
        else resolve(seen);
      }
    } catch (error) {
      for (const { reject } of asked) reject(error);
    }
  }

  /** Where a step stands now. */
  async check(key: string, target: unknown, step: Step<unknown>): Promise<StepCheck> {
    return this.#adapter.definition.check(target, step, await this.read(key, target));
  }

  /**
   * Waits until `isOver` answers something for what was read.
   *
   * @throws HandfastError `STEP_TIMED_OUT` past the deadline; the signal's reason when that aborts first
   */
  wait<T>(
    key: string,
    target: unknown,
    timing: { readonly everyMs: number; readonly deadline: number; readonly signal?: AbortSignal },
    isOver: (seen: Seen<unknown>) => T | undefined,
  ): Promise<T> {
    const { everyMs, deadline, signal } = timing;
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      const waiter: Waiter = {
        key,
        target,
        everyMs,
        deadline,
        since: this.#context.clock.now(),
        due: this.#context.clock.now() + everyMs,
        look: (seen) => {
          const answer = isOver(seen);
          if (answer === undefined) return false;
          resolve(answer);
          return true;
        },
        fail: reject,
      };
      this.#waiters.add(waiter);
      signal?.addEventListener(
        "abort",
        () => {
          // the round that is slept for finds one less, or none
          if (this.#waiters.delete(waiter)) this.#nudge.abort();
          reject(signal.reason);
        },
        { once: true },
      );
      void this.#run();
    });
  }

  async #run(): Promise<void> {
    if (this.#isRunning) {
      this.#nudge.abort();
      return;
    }
    this.#isRunning = true;
    try {
      while (this.#waiters.size > 0) {
        await this.#sleep();
        if (this.#untilDue() <= 0) await this.#look([...this.#waiters]);
      }
    } catch (error) {
      for (const waiter of this.#waiters) waiter.fail(error);
      this.#waiters.clear();
    } finally {
      this.#isRunning = false;
    }
  }

  /** Until somebody is due, or somebody new comes who may be due sooner. */
  async #sleep(): Promise<void> {
    const { clock, signal } = this.#context;
    this.#nudge = new AbortController();
    const nudged = this.#nudge.signal;
    try {
      await clock.sleep(Math.max(0, this.#untilDue()), AbortSignal.any([signal, nudged]));
    } catch (error) {
      if (signal.aborted || !nudged.aborted) throw error;
    }
  }

  #untilDue(): number {
    const now = this.#context.clock.now();
    return Math.min(...[...this.#waiters].map((waiter) => waiter.due - now));
  }

  /** The longer somebody waits, the less often the provider is asked. */
  #dueAfter({ everyMs, since }: Waiter): number {
    const now = this.#context.clock.now();
    return now + Math.min(longestPauseMs, Math.max(everyMs, (now - since) / 4));
  }

  async #look(waiters: readonly Waiter[]): Promise<void> {
    const targets = [...new Map(waiters.map(({ key, target }) => [key, { key, target }])).values()];
    const seen = await this.#readThrough(targets);
    for (const waiter of waiters) waiter.due = this.#dueAfter(waiter);
    if (seen === undefined) {
      this.#dropLate(waiters);
      return;
    }
    const byKey = new Map(targets.map(({ key }, index) => [key, seen[index]]));
    for (const waiter of waiters) {
      try {
        const one = byKey.get(waiter.key);
        if (one === undefined) throw unanswered(this.#adapter.facts.name, waiter.key);
        if (waiter.look(one)) this.#waiters.delete(waiter);
      } catch (error) {
        this.#waiters.delete(waiter);
        waiter.fail(error);
      }
    }
    // who came during the read was not looked at yet
    this.#dropLate(waiters.filter((waiter) => this.#waiters.has(waiter)));
  }

  /** A read that fails for a moment is no verdict: the next round asks again. */
  async #readThrough(
    targets: readonly { key: string; target: unknown }[],
  ): Promise<readonly Seen<unknown>[] | undefined> {
    try {
      const seen = await this.#adapter.definition.read(targets, { ...this.#context, only: "progress" });
      this.#lastSilence = undefined;
      return seen;
    } catch (error) {
      if (!isHandfastError(error) || !error.retryable) throw error;
      this.#lastSilence = error.message;
      return undefined;
    }
  }

  #dropLate(waiters: readonly Waiter[]): void {
    for (const waiter of waiters) {
      if (this.#context.clock.now() < waiter.deadline) continue;
      this.#waiters.delete(waiter);
      waiter.fail(
        new HandfastError(
          "STEP_TIMED_OUT",
          `wait for ${waiter.key} failed: ${this.#lastSilence === undefined ? "it is not in effect after the longest time that this should take; look at the provider's own status" : `the provider could not be read: ${this.#lastSilence}`}; then resume or roll back`,
          { target: waiter.key, adapter: this.#adapter.facts.name },
        ),
      );
    }
  }
}

function unanswered(adapter: string, key: string): HandfastError {
  return new HandfastError(
    "REMOTE_UNEXPECTED",
    `read ${key} failed: adapter ${adapter} gave no answer for it`,
    {
      adapter,
      target: key,
    },
  );
}
