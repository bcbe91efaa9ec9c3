/** What an instance remembers of the certificates that were imported into ACM. */
import type { Clock, Digest, ReadContext } from "@handfast/core";
import type { CertificateRecord, Certificates } from "../acm/port.ts";
import { orNothing } from "../leave-out-missing.ts";
import { memory } from "../remember.ts";
import { dissectText, isOwn, type Tags } from "./certificates.ts";

/** When, and until when. */
type Moment = Pick<ReadContext, "clock" | "signal">;
/** Certificates as DER, leaf first. */
type Ders = ReadonlyMap<Digest, Uint8Array>;

/** How long an answer about a certificate counts. */
const freshMs = 3_600_000;
/** Tags come with the import, and are told a while later. */
const taggedAfterMs = 600_000;
/** For so long a list counts as just read: by the look that comes right before a switch, for one. */
const recentMs = 15_000;

/**
 * The imported certificates. ACM lists them without tags and content, so each is asked for once: tags of handfast's never
 * change, and what a certificate holds changes only when another one is imported over it, which the list tells of.
 */
export class Imports {
  readonly #young = memory<Tags>(freshMs, (tags) => isOwn({ tags }));
  readonly #old = memory<Tags>(freshMs);
  readonly #contents = memory<Ders>(freshMs);
  #last: { readonly at: number; readonly records: readonly CertificateRecord[] } = { at: 0, records: [] };

  /** All of them, as they are now. */
  async list(certificates: Certificates, { clock, signal }: Moment): Promise<readonly CertificateRecord[]> {
    const records = await certificates.imported(signal);
    this.#last = { at: clock.now(), records };
    return records;
  }

  /** All of them, as they were a moment ago; none when nobody looked. */
  recent(clock: Clock): readonly CertificateRecord[] {
    return clock.now() - this.#last.at < recentMs ? this.#last.records : [];
  }

  /** Tags of one; undefined when it is gone. */
  async tags(
    { arn, importedAt }: CertificateRecord,
    certificates: Certificates,
    { clock, signal }: Moment,
  ): Promise<Tags | undefined> {
    const known = clock.now() - importedAt < taggedAfterMs ? this.#young : this.#old;
    return orNothing(known.recall(arn, clock, () => certificates.tags(arn, signal)));
  }

  /** What one holds. @throws HandfastError `REMOTE_NOT_FOUND` when it is gone, `REMOTE_UNAUTHORIZED` */
  content(
    { arn, importedAt }: CertificateRecord,
    certificates: Certificates,
    { clock, signal }: Moment,
  ): Promise<Ders> {
    return this.#contents.recall(`${arn} ${importedAt}`, clock, async () =>
      dissectText(await certificates.read(arn, signal), arn),
    );
  }
}
