import { HandfastError, isHandfastError, type Outcome, type WriteContext } from "@handfast/core";
import { type Refusal, refusalOf } from "./translate-error.ts";

/** Others that integrate this API look again every five seconds. */
export const lookAgainMs = 5_000;

/** One write, and how it is told whether there is anything left to do. */
export interface Attempt {
  /** The outcome when there is nothing (left) to do; `written`: a write went out before. */
  look(written: boolean): Promise<Outcome | undefined>;
  write(): Promise<Outcome>;
}

/** Looks, writes, and for refusals that pass by themselves and lost answers: waits and begins again, bounded. */
export async function ensure(
  { waitMs }: { readonly waitMs: number },
  { clock, signal }: WriteContext,
  passing: readonly Refusal[],
  attempt: Attempt,
): Promise<Outcome> {
  const until = clock.now() + waitMs;
  let written = false;
  for (;;) {
    const done = await attempt.look(written);
    if (done !== undefined) return done;
    try {
      return await attempt.write();
    } catch (error) {
      if (!isHandfastError(error)) throw error;
      const refusal = refusalOf(error);
      const lost = error.details.outcomeUnknown === true && error.code === "REMOTE_UNAVAILABLE";
      const passes = refusal !== undefined && passing.includes(refusal);
      written ||= lost;
      if (!(lost || passes) || clock.now() + lookAgainMs > until) throw error;
    }
    await pause({ clock, signal }, lookAgainMs);
  }
}

/** Has a setting at what is wanted. */
export function ensureSetting<Value>(
  options: { readonly waitMs: number },
  context: WriteContext,
  wanted: Value,
  { read, write }: { readonly read: () => Promise<Value>; readonly write: () => Promise<void> },
): Promise<Outcome> {
  return ensure(options, context, ["busy"], {
    look: async (written) => {
      if ((await read()) !== wanted) return undefined;
      return written ? {} : { adopted: true };
    },
    write: async () => {
      await write();
      return {};
    },
  });
}

/**
 * Sleeps, unless the caller wants no more.
 *
 * @throws HandfastError `ABORTED`
 */
export async function pause(
  { clock, signal }: Pick<WriteContext, "clock" | "signal">,
  ms: number,
): Promise<void> {
  try {
    await clock.sleep(ms, signal);
  } catch (cause) {
    if (!signal.aborted) throw cause;
    throw new HandfastError(
      "ABORTED",
      "write to Cloudflare failed: it was stopped while it waited, and may be done in part; plan or resume",
      {},
      { cause },
    );
  }
}
