import type { CrlFacts } from "@handfast/core";
import { issuerToken } from "./issuer-token.ts";
import { listsKey, writeLists } from "./marks.ts";
import type { KeyValue } from "./port.ts";

/** What the service holds (CloudFront "Quotas", section on key value stores). A megabyte is read as 10^6 bytes. */
export const listLimits = {
  /** CRLs whose digests the entry `lists` has room for. */
  lists: 15,
  bytes: 5_000_000,
  keyBytes: 512,
  valueBytes: 1_024,
  /** Of one call. */
  batchKeys: 50,
  batchBytes: 3_000_000,
} as const;

/** Entries that are told one after the other, or looked up; they are not copied. */
export interface ListEntries extends Iterable<KeyValue> {
  valueOf(key: string): string | undefined;
}

/**
 * The entries of a revocation list: for each serial that a CRL revokes, the tokens of the issuers that do. An entry of
 * a serial of 20 bytes (the longest of RFC 5280, section 4.1.2.2) takes 47 bytes at most, so more than 100,000 of them
 * fit into a store; of 16 bytes, more than 125,000.
 */
export function listEntries(crls: readonly CrlFacts[]): ListEntries {
  const lists = crls.map(({ issuer, revoked }) => ({ token: issuerToken(issuer), revoked }));
  const [only, ...others] = lists;
  const valueFor = (serial: string): string | undefined => {
    // The usual case by far, and there may be a hundred thousand of them.
    if (others.length === 0) return only?.revoked.has(serial) ? only.token : undefined;
    const tokens = lists.flatMap(({ token, revoked }) => (revoked.has(serial) ? [token] : []));
    return tokens.length === 0 ? undefined : [...new Set(tokens)].toSorted().join(" ");
  };
  return {
    valueOf: (key) => valueFor(serialOf(key)),
    *[Symbol.iterator]() {
      for (const [index, { revoked }] of lists.entries()) {
        const before = lists.slice(0, index);
        for (const serial of revoked) {
          if (before.some((list) => list.revoked.has(serial))) continue;
          yield { key: keyOf(serial), value: valueFor(serial) ?? "" };
        }
      }
    },
  };
}

/** How much room a revocation list takes, and why it has none. */
export interface ListSize {
  /** Entries, that of the lists' names counted in: what the service counts once it is written. */
  readonly items: number;
  /** Of keys and values. */
  readonly bytes: number;
  /** Why it can't be written, for a person. */
  readonly tooMuch?: string | undefined;
}

/** Measures what some CRLs make of an empty store. */
export function measureList(crls: readonly CrlFacts[]): ListSize {
  let items = 1;
  let bytes = sizeOf({ key: listsKey, value: writeLists(crls.map(({ sha256 }) => sha256)) });
  let longest = 0;
  for (const entry of listEntries(crls)) {
    items += 1;
    bytes += sizeOf(entry);
    longest = Math.max(longest, entry.key.length);
  }
  const tooMuch =
    crls.length > listLimits.lists
      ? `${crls.length} CRLs, and there is room for the names of ${listLimits.lists}`
      : bytes > listLimits.bytes
        ? `${items} entries of ${bytes} bytes, and a key value store holds ${listLimits.bytes} bytes`
        : longest > listLimits.keyBytes
          ? `a revoked serial number of ${longest} digits, and a key takes ${listLimits.keyBytes}`
          : undefined;
  return { items, bytes, tooMuch };
}

/** What an entry takes: all of it is ASCII. */
export function sizeOf({ key, value }: KeyValue): number {
  return key.length + value.length;
}

/** A serial as key: without any leading zero, so that it does not matter who pads to bytes. */
function keyOf(serial: string): string {
  return serial.startsWith("0") ? serial.replace(/^0+(?=.)/, "") : serial;
}

/** A key as the serial of {@link CrlFacts}: whole bytes. */
function serialOf(key: string): string {
  return key.length % 2 === 0 ? key : `0${key}`;
}
