import type { Digest, Face, Known, Shown } from "../adapter/contract.ts";

/** Two faces that no client can tell apart. */
export function sameFace(a: Face, b: Face): boolean {
  if (a === b) return true;
  if (a.role === "presenter") return b.role === "presenter" && nameOfShown(a.shows) === nameOfShown(b.shows);
  if (b.role === "presenter") return false;
  return (
    a.mode === b.mode &&
    a.ignoreExpiry === b.ignoreExpiry &&
    a.advertiseNames === b.advertiseNames &&
    (a.ocsp ?? false) === (b.ocsp ?? false) &&
    nameOfSet(a.anchors) === nameOfSet(b.anchors) &&
    nameOfSet(a.crls) === nameOfSet(b.crls)
  );
}

function nameOfShown(shows: Shown): string {
  if (shows === "nothing") return shows;
  return "unknown" in shows ? `unknown ${shows.unknown}` : [shows.certificate, ...shows.chain].join();
}

function nameOfSet(value: Known<readonly Digest[]>): string {
  return "known" in value ? value.known.toSorted().join() : `unknown ${value.count} ${value.unknown}`;
}
