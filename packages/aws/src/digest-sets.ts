/** Sets of certificates and CRLs by digest, of which some can't be read. */
import { type Digest, digestOf, type Known } from "@handfast/core";
import { z } from "zod";

/** Digests, or why they can't be told. */
export type KnownDigests = Known<readonly Digest[]>;

/** Schema of {@link KnownDigests}. */
export const knownDigestsSchema: z.ZodType<KnownDigests> = z.union([
  z.strictObject({ known: z.array(z.string()) }),
  z.strictObject({ unknown: z.string(), count: z.int().optional() }),
]);

/** Digests as a set: sorted, each once. */
export function sortDigests(some: readonly Digest[]): Digest[] {
  return [...new Set(some)].toSorted();
}

/** Whether a value is readable and is exactly this set. */
export function holdsExactly(value: KnownDigests, wanted: readonly Digest[]): boolean {
  return "known" in value && sortDigests(value.known).join() === sortDigests(wanted).join();
}

/** Whether two readings of a set agree; what was unreadable twice agrees. */
export function sameDigests(a: KnownDigests, b: KnownDigests): boolean {
  return "known" in b ? holdsExactly(a, b.known) : "unknown" in a;
}

/** The name of a store that handfast makes: by what is in it, so that the same content is never made twice. */
export function nameByContent(content: unknown): string {
  return `hf-${digestOf(content).slice(0, 28)}`;
}

/** Summaries hold no digest longer than twelve characters. */
export function shortenName(name: string): string {
  return name.replace(/^(hf-[0-9a-f]{12})[0-9a-f]{16}(?=$|-)/, "$1");
}
