import type { CertificateRow } from "./port.ts";
import { readPemBundle } from "./read-pem-bundle.ts";
import { type Bundle, bundleName } from "./state.ts";

/** The certificate of a store that is this bundle. */
export function findLive<Id extends string>(
  rows: readonly CertificateRow<Id>[],
  wanted: Bundle,
): CertificateRow<Id> | undefined {
  const id = liveIds(rows).get(bundleName(wanted));
  return rows.find((row) => row.id === id);
}

/** Ids by the names of bundles. Tombstones still read, and are no certificates any more. */
export function liveIds<Id extends string>(rows: readonly CertificateRow<Id>[]): ReadonlyMap<string, Id> {
  const live = rows.filter(({ progress }) => progress !== "leaving" && progress !== "gone");
  return new Map(
    live.flatMap(({ id, pem }) => {
      const bundle = readPemBundle(pem);
      return bundle === undefined ? [] : [[bundleName(bundle), id] as const];
    }),
  );
}
