import type { Clock } from "@handfast/core";

/** A clock that several processes on one machine share: real time since the epoch, so many times faster. */
export function epochClock(epoch: number, factor: number): Clock {
  const real = (): number => performance.timeOrigin + performance.now();
  const now = (): number => epoch + (real() - epoch) * factor;
  return {
    now,
    sleep: async (ms, signal) => {
      const due = now() + ms;
      for (let left = ms; left > 0; left = due - now()) {
        signal?.throwIfAborted();
        await new Promise<void>((resolve, reject) => {
          const stop = (): void => {
            clearTimeout(timer);
            reject(signal?.reason);
          };
          const timer = setTimeout(
            () => {
              signal?.removeEventListener("abort", stop);
              resolve();
            },
            Math.ceil(left / factor),
          );
          signal?.addEventListener("abort", stop, { once: true });
        });
      }
    },
  };
}
