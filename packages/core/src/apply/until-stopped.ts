import { HandfastError } from "../errors.ts";

/**
 * What comes of some work, unless the run is to end at once before it is known.
 *
 * @throws HandfastError `ABORTED`: nobody waits for the answer any more, so what came of it is unknown
 */
export async function untilStopped<T>(work: Promise<T>, stopNow: AbortSignal, doing: string): Promise<T> {
  let stop = (): void => {};
  const stopped = new Promise<never>((_, reject) => {
    stop = () =>
      reject(
        new HandfastError(
          "ABORTED",
          `${doing} failed: the run was ended at once; resume it, and what came of this is read from the world`,
          { outcomeUnknown: true },
        ),
      );
    if (stopNow.aborted) stop();
    else stopNow.addEventListener("abort", stop, { once: true });
  });
  try {
    return await Promise.race([work, stopped]);
  } finally {
    stopNow.removeEventListener("abort", stop);
  }
}
