/** Blocks the event loop again and again, as a program does that computes while it probes. */
export interface BusyLoop {
  /** Milliseconds for which it blocked so far. */
  readonly blockedMs: number;
  stop(): void;
}

/** Blocks for up to 25 ms, then leaves up to 5 ms to others. `random` is drawn from for both. */
export function blockEventLoop(random: () => number): BusyLoop {
  let blockedMs = 0;
  let timer: NodeJS.Timeout | undefined;
  const block = (): void => {
    const ms = random() * 25;
    const end = performance.now() + ms;
    while (performance.now() < end);
    blockedMs += ms;
    timer = setTimeout(block, random() * 5);
  };
  timer = setTimeout(block, 0);
  return {
    get blockedMs() {
      return blockedMs;
    },
    stop: () => clearTimeout(timer),
  };
}
