import type { CertificateRow } from "./port.ts";
import { readPemBundle } from "./read-pem-bundle.ts";
import { type Bundle, bundleName } from "./state.ts";

/** The certificate of a store that is this bundle. Tombstones still read, and are no certificates any more. */
export function findLive<Id extends string>(
  rows: readonly CertificateRow<Id>[],
  wanted: Bundle,
): CertificateRow<Id> | undefined {
  const name = bundleName(wanted);
  const live = rows.filter(({ progress }) => progress !== "leaving" && progress !== "gone");
  return live.find(({ pem }) => {
    const bundle = readPemBundle(pem);
    return bundle !== undefined && bundleName(bundle) === name;
  });
}
