/** The keys of a revocation list that are no serials: which CRLs are in, and how far a write has come. */
import type { Digest } from "@handfast/core";
import type { ListWriting } from "./operations.ts";

/** Names the CRLs that are in; written last. Without it the connection function refuses everybody. */
export const listsKey = "lists";

/** There while a write is between two batches. */
export const nextKey = "next";

/** Whether a key is no serial. */
export function isMark(key: string): boolean {
  return key === listsKey || key === nextKey;
}

/** The mark of a write from content that nobody knew: what is in is not known until it has ended. */
export const rewriteMark = "rewrite";

/** The value of {@link listsKey}. An empty one might be refused. */
export function writeLists(digests: readonly Digest[]): string {
  return digests.length === 0 ? "none" : [...new Set(digests)].toSorted().join(",");
}

/** The CRLs of a value of {@link listsKey}; undefined when it is not one that handfast writes. */
export function readLists(value: string): readonly Digest[] | undefined {
  if (value === "none") return [];
  const digests = value.split(",");
  return digests.every((digest) => /^[0-9a-f]{64}$/.test(digest)) ? digests : undefined;
}

/** The value of {@link nextKey}. */
export function writeNext({ to, done, total }: ListWriting): string {
  return `${done}/${total} ${writeLists(to)}`;
}

/** The write of a value of {@link nextKey}; undefined when it is another mark. */
export function readNext(value: string): ListWriting | undefined {
  const [, done, total, names] = /^(\d+)\/(\d+) (\S+)$/.exec(value) ?? [];
  const to = names === undefined ? undefined : readLists(names);
  return to && { to, done: Number(done), total: Number(total) };
}
