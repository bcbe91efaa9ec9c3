/** The certificates in ACM that handfast imported. */
import type { ReadContext } from "@handfast/core";
import type { CertificateRecord, Certificates } from "../acm/port.ts";
import { inParallel } from "../in-parallel.ts";
import { bundleIn, isOwn, whyUnreadable } from "./certificates.ts";
import type { Imports } from "./imports.ts";
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

/** Finds what handfast imported, by its tags. What can't be read counts as not there. */
export function findOwn(imports: Imports): FindOwn {
  return async (certificates, context) => {
    const records = await imports.list(certificates, context);
    const found = await inParallel(records, lanes, async (record): Promise<readonly Own[]> => {
      const tags = await imports.tags(record, certificates, context);
      if (tags === undefined || !isOwn({ tags })) return [];
      try {
        const ders = await imports.content(record, certificates, context);
        return [{ ...record, name: bundleName(bundleIn(ders)) }];
      } catch (error) {
        if (whyUnreadable(error) === undefined) throw error;
        return [];
      }
    });
    return found.flat();
  };
}
