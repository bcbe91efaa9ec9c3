import { isReadable, lastWrite } from "./origin-pull/models.ts";
import type { CloudflareTiming } from "./timing.ts";
import type { Zone } from "./zones/models.ts";

/** What a zone holds for Authenticated Origin Pulls, for a test to compare: content and names, no ids and no dates. */
export interface CloudflareInventory {
  /** PEM of each certificate that was not deleted, as the API gives it back, in the order of upload. */
  readonly certificates: Readonly<Record<"zone" | "hostname", readonly string[]>>;
  /** Whether the zone-level flavour is on. */
  readonly zoneLevel: boolean;
  /** Those that are there for their readers, with what was written last. */
  readonly associations: readonly {
    readonly hostname: string;
    /** PEM; undefined when the certificate is gone. */
    readonly certificate: string | undefined;
    readonly enabled: boolean | null;
  }[];
}

/** Reads a zone behind the API's back: no call is counted, and no fault is met. */
export function readInventory({ pulls }: Zone, now: number, timing: CloudflareTiming): CloudflareInventory {
  const held = (store: "zone" | "hostname"): readonly string[] =>
    [...pulls.stores[store].values()].flatMap(({ deletedAt, text }) =>
      deletedAt === undefined ? [text.certificate] : [],
    );
  return {
    certificates: { zone: held("zone"), hostname: held("hostname") },
    zoneLevel: pulls.zoneLevelEnabled,
    associations: [...pulls.associations.values()]
      .filter((association) => isReadable(association, now, timing))
      .map((association) => {
        const { certificateId, enabled } = lastWrite(association);
        const certificate = pulls.stores.hostname.get(certificateId)?.text.certificate;
        return { hostname: association.hostname, certificate, enabled };
      }),
  };
}
