import type { Made } from "./make-chain.ts";

/** One chain of the matrix, and what the verifier has. */
export interface MatrixCase {
  readonly name: string;
  readonly leaf: Made;
  /** What is sent along. */
  readonly sent: readonly Made[];
  readonly anchors: readonly Made[];
  readonly lists?: readonly Uint8Array[];
  /** Whether a chain may end in an anchor that is not self-signed. @default false */
  readonly partial?: boolean;
  /** @default 0, as of `openssl verify` */
  readonly level?: number;
  /** Intermediates that are allowed. @default 100 */
  readonly depth?: number;
}

/** All cases with a name before each. */
export function family(name: string, cases: readonly MatrixCase[]): readonly MatrixCase[] {
  return cases.map((one) => ({ ...one, name: `${name}: ${one.name}` }));
}

/** A line of certificates, root first, as a client shows it that sends all but the root to a verifier that has it. */
export function shownLine(
  name: string,
  line: readonly Made[],
  more: Omit<Partial<MatrixCase>, "name"> = {},
): MatrixCase {
  const [root, ...others] = line as [Made, ...Made[]];
  const leaf = others.at(-1) ?? root;
  return { name, leaf, sent: others.slice(0, -1).reverse(), anchors: [root], ...more };
}

/** Variations of a line of so many CAs below the root: a sound one, but for one place (0 is the root, -1 the leaf). */
export function at<T>(cas: number, place: number, variation: T): readonly (T | Record<string, never>)[] {
  const line: (T | Record<string, never>)[] = Array.from({ length: cas + 2 }, () => ({}));
  line[place < 0 ? line.length + place : place] = variation;
  return line;
}

/** Every place of a line of so many CAs below the root. */
export const places = (cas: number): readonly number[] =>
  Array.from({ length: cas + 2 }, (_, index) => index);
