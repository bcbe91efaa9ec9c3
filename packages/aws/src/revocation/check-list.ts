import type { CrlFacts, Digest, Known } from "@handfast/core";
import { planWalk } from "./differences.ts";
import { listEntries } from "./entries.ts";
import { isMark } from "./marks.ts";
import type { ListSeen } from "./operations.ts";

/** CRLs in the order of their digests: whoever makes entries of them makes the same in the same order. */
function crlsOf(digests: readonly Digest[], crl: (digest: Digest) => CrlFacts): readonly CrlFacts[] {
  return [...new Set(digests)].toSorted().map(crl);
}

/**
 * The CRLs that are in a store, held against how many entries they make: somebody may have put serials in by hand, or
 * taken some out. A store that is being written is held against how far the write says it has come.
 *
 * @param crl gives the CRLs that the store names
 */
export function checkList(list: ListSeen, crl: (digest: Digest) => CrlFacts): Known<readonly Digest[]> {
  if ("unknown" in list.lists) return list.lists;
  const expected = countSerials(list.lists.known, list.writing, crl);
  if (expected === list.serials) return list.lists;
  return {
    unknown:
      expected === undefined
        ? "somebody else's write has stopped halfway"
        : `it holds ${list.serials} serials, and its CRLs revoke ${expected}`,
  };
}

function countSerials(
  lists: readonly Digest[],
  writing: ListSeen["writing"],
  crl: (digest: Digest) => CrlFacts,
): number | undefined {
  const from = listEntries(crlsOf(lists, crl));
  let count = 0;
  for (const _ of from) count += 1;
  if (writing === undefined) return count;
  const walk = planWalk(
    { lists, entries: from },
    { lists: writing.to, entries: listEntries(crlsOf(writing.to, crl)) },
  );
  if (walk.total !== writing.total) return undefined;
  let done = 0;
  for (const { puts, deletes } of walk.forward(0)) {
    if (done === writing.done) return count;
    done += 1;
    for (const { key } of puts) if (!isMark(key) && from.valueOf(key) === undefined) count += 1;
    for (const key of deletes) if (!isMark(key)) count -= 1;
  }
  return undefined;
}
