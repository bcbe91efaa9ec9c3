import { HandfastError } from "@handfast/core";
import { providerCode, type RetryContext, type RetryLimits, retryOn } from "../retry.ts";

/** What was referred to may count as in use for a while after. */
const limits: RetryLimits = { tries: 25, everyMs: 5_000 };

const inUse = "CannotDeleteEntityWhileInUse";

/**
 * Deletes again while the service says that something refers to it, or that the ETag is old.
 *
 * @param what for the error, e.g. `key value store [store=hf-E1]`
 * @param user what may refer to it
 * @throws HandfastError `PRECONDITION_FAILED` when it is still referred to after two minutes
 */
export async function untilFree(
  what: string,
  user: string,
  context: RetryContext,
  work: () => Promise<void>,
): Promise<void> {
  try {
    await retryOn([inUse, "PreconditionFailed"], limits, context, work);
  } catch (error) {
    if (providerCode(error) !== inUse) throw error;
    throw new HandfastError(
      "PRECONDITION_FAILED",
      `delete ${what} failed: a ${user} still refers to it; take it out there first, or leave this one out`,
      { provider: { code: inUse } },
      { cause: error },
    );
  }
}
