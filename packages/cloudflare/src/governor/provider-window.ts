import type { GrantedCalls } from "./granted-calls.ts";
import type { LeftSeen } from "./rate-headers.ts";

/** Whole seconds are told, and a call counts when it arrives: beginnings and ends are known to about a second. */
const slackMs = 1_000;

/**
 * One window of a policy as the provider tells of it. What is left falls with everybody's calls, so it is how the calls of
 * others are seen.
 */
export class ProviderWindow {
  #left = 0;
  #from = 0;
  #until = Number.NEGATIVE_INFINITY;

  /** When the window is certainly over. */
  get until(): number {
    return this.#until;
  }

  /** Learns from an answer. */
  note({ calls, resetMs }: LeftSeen, windowMs: number, now: number): void {
    const until = now + resetMs + slackMs;
    // an answer that was long under way seems to end later; a new window ends about a whole window later
    const isNew = now >= this.#until || until - this.#until > windowMs / 10;
    if (isNew) {
      this.#left = calls;
      this.#until = until;
      this.#from = now + resetMs - windowMs - slackMs;
      return;
    }
    // answers overtake each other; within a window, what is left only falls. Its end is not moved by those that seem to
    // end later: where a provider's window slides, it would never come
    this.#left = Math.min(this.#left, calls);
  }

  /** A call of ours came back without a word of this window: it counts all the same. */
  miss(): void {
    this.#left -= 1;
  }

  /**
   * How many calls more keep ours within four fifths of what others leave us; undefined when the window is not known.
   *
   * @param unanswered calls under way, which the provider may not have counted yet
   */
  room(now: number, granted: GrantedCalls, unanswered: number): number | undefined {
    if (now >= this.#until) return undefined;
    const ours = granted.since(this.#from);
    const left = this.#left - unanswered;
    return Math.floor(((ours + left) * 4) / 5) - ours;
  }
}
