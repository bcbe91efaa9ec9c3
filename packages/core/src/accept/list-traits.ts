import { type AuthorityKeyId, readAuthorityKeyId } from "../certificate/authority-key-id.ts";
import { canonicalName } from "../certificate/canonical-name.ts";
import { type CrlScope, readCrlScope } from "../certificate/distribution-points.ts";
import type { CrlFacts } from "../certificate/facts.ts";
import { crlPartsOf } from "../certificate/read-crl.ts";

/** What path validation asks about a revocation list, worked out once. */
export interface ListTraits {
  readonly facts: CrlFacts;
  /** Name in the form in which names are compared. */
  readonly issuer: string;
  readonly aki: AuthorityKeyId | undefined;
  /** What it says of its scope; `unreadable` is a list that nobody can use. */
  readonly scope: CrlScope | "unreadable" | undefined;
  /** Whether it holds changes to another list only (RFC 5280, 5.2.4). */
  readonly isDelta: boolean;
  readonly unknownCritical: string | undefined;
}

/** Extensions of lists that OpenSSL handles when they are critical. */
const known: ReadonlySet<string> = new Set(["2.5.29.28", "2.5.29.35", "2.5.29.27"]);

const traits = new WeakMap<CrlFacts, ListTraits>();

/** The traits of a revocation list. */
export function listTraitsOf(facts: CrlFacts): ListTraits {
  let found = traits.get(facts);
  if (found === undefined) {
    found = readTraits(facts);
    traits.set(facts, found);
  }
  return found;
}

function readTraits(facts: CrlFacts): ListTraits {
  const { extensions, entries } = crlPartsOf(facts);
  const aki = extensions.get("2.5.29.35");
  const point = extensions.get("2.5.29.28");
  return {
    facts,
    // a name that can't be read is nobody's
    issuer: orElse(() => canonicalName(Buffer.from(facts.issuer, "hex")), `unreadable ${facts.issuer}`),
    aki: aki && orElse(() => readAuthorityKeyId(aki.value), undefined),
    scope: point && orElse(() => usable(readCrlScope(point.value)), "unreadable"),
    isDelta: extensions.has("2.5.29.27"),
    unknownCritical:
      [...extensions].find(([oid, { critical }]) => critical && !known.has(oid))?.[0] ??
      entries.unknownCritical[0],
  };
}

/** A list is for one kind of certificate or for all (RFC 5280, 5.2.5). */
function usable(point: CrlScope): CrlScope {
  const { onlyUserCertificates, onlyCaCertificates, onlyAttributeCertificates } = point;
  if ([onlyUserCertificates, onlyCaCertificates, onlyAttributeCertificates].filter(Boolean).length > 1)
    throw new RangeError("a list is for one kind of certificate only");
  return point;
}

function orElse<T, U>(read: () => T, other: U): T | U {
  try {
    return read();
  } catch {
    return other;
  }
}
