/** The certificates in ACM that handfast imported. */
import type { ReadContext } from "@handfast/core";
import type { CertificateRecord, Certificates } from "../acm/port.ts";
import { inParallel } from "../in-parallel.ts";
import { orNothing } from "../leave-out-missing.ts";
import { memory } from "../remember.ts";
import { bundleIn, dissectText, isOwn, type Tags, whyUnreadable } from "./certificates.ts";
import { bundleName } from "./state.ts";

/** A certificate that handfast imported. */
export interface Own extends CertificateRecord {
  /** The {@link bundleName} of what it holds now: somebody may have imported another one over it. */
  readonly name: string;
}

/** Finds them. */
export type FindOwn = (
  certificates: Certificates,
  context: Pick<ReadContext, "clock" | "signal">,
) => Promise<readonly Own[]>;

/** How many calls are under way at once: ACM is throttled by account, and operation. */
const lanes = 4;
/** How long an answer about a certificate counts. */
const freshMs = 3_600_000;
/** Tags come with the import, and are told a while later. */
const taggedAfterMs = 600_000;

/**
 * Finds what handfast imported, by its tags. ACM lists certificates without their tags, so each is asked for once and
 * remembered; what it holds is remembered until something is imported over it.
 */
export function findOwn(): FindOwn {
  const young = memory<Tags>(freshMs, (tags) => isOwn({ tags }));
  const old = memory<Tags>(freshMs);
  const contents = memory<string>(freshMs, (name) => name !== "");

  return async (certificates, { clock, signal }) => {
    const records = await certificates.imported(signal);
    const found = await inParallel(records, lanes, async (record): Promise<readonly Own[]> => {
      const { arn, importedAt } = record;
      const known = clock.now() - importedAt < taggedAfterMs ? young : old;
      const tags = await orNothing(known.recall(arn, clock, () => certificates.tags(arn, signal)));
      if (tags === undefined || !isOwn({ tags })) return [];
      const name = await contents.recall(`${arn} ${importedAt}`, clock, () =>
        readName(arn, certificates, signal),
      );
      return name === "" ? [] : [{ ...record, name }];
    });
    return found.flat();
  };
}

/** What a certificate holds; nothing when it is gone, or may not be read. */
async function readName(arn: string, certificates: Certificates, signal: AbortSignal): Promise<string> {
  try {
    return bundleName(bundleIn(dissectText(await certificates.read(arn, signal), arn)));
  } catch (error) {
    if (whyUnreadable(error) === undefined) throw error;
    return "";
  }
}
