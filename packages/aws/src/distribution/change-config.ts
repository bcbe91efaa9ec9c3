import { type RetryContext, retryOn } from "../retry.ts";
import { ConfigDocument } from "./config-document.ts";
import type { Distributions } from "./port.ts";

/** A distribution, and what to do to it. */
export interface ConfigChange {
  readonly arn: string;
  /**
   * Looks at the fields that it owns, and only there: sets them, or says that they are as wanted already. Throws when they
   * are neither as planned for nor as wanted. Called again, on what is there then, when somebody else was faster.
   */
  edit(config: ConfigDocument): Edited | Promise<Edited>;
}

/** What came of an edit. */
type Edited = "changed" | "as-wanted";

/** Everybody's writes to one distribution meet here, those of other fields included: others are let by a few times. */
const untilAlone = { tries: 8, everyMs: 1_000 };
/** Somebody wrote since it was read (CloudFront API `UpdateDistribution`): nothing was changed. */
const outrun = ["InvalidIfMatchVersion", "PreconditionFailed"];

/**
 * Changes some fields of a distribution's configuration, and no other: reads the whole, edits it, and writes it back if
 * nobody wrote meanwhile (`If-Match`); else begins anew. So a change of somebody's is never overwritten, and a write
 * whose answer was lost, which the SDK sent again, is found done.
 *
 * @returns whether it was written here; `as-wanted` also after a try of our own whose answer was lost
 * @throws HandfastError what `edit` throws; `REMOTE_CONFLICT` when others wrote all the time
 */
export function changeConfig(
  distributions: Distributions,
  { arn, edit }: ConfigChange,
  context: RetryContext,
): Promise<Edited> {
  return retryOn(outrun, untilAlone, context, async () => {
    const { xml, etag } = await distributions.config(arn, context.signal);
    const config = new ConfigDocument(xml, arn);
    if ((await edit(config)) === "as-wanted") return "as-wanted";
    await distributions.putConfig(arn, { xml: config.toXml(), etag }, context.signal);
    return "changed";
  });
}
