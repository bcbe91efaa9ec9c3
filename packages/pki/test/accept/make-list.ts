import { element, explicit, integer, sequence, time } from "../../src/der/write-der.ts";
import {
  algorithmOf,
  day,
  encodeName,
  encodeSerial,
  extension,
  type NameSpec,
  now,
  type PoolKey,
  signed,
} from "./make-certificate.ts";
import { keyIdOnly, type Made } from "./make-chain.ts";

/** What differs from a sound list that revokes nobody. `null` leaves a field out. */
export interface ListVariation {
  readonly issuer?: NameSpec;
  readonly signer?: PoolKey;
  readonly revoked?: readonly (number | { readonly serial: number; readonly extension: Uint8Array })[];
  readonly thisUpdate?: number;
  readonly nextUpdate?: number | null;
  readonly aki?: Uint8Array | null;
  /** Value of the issuing distribution point. */
  readonly point?: Uint8Array;
  readonly more?: readonly Uint8Array[];
  readonly version?: 1 | 2;
  readonly damage?: Parameters<typeof signed>[3];
}

/** The revocation list of a CA. */
export function makeList(ca: Made, variation: ListVariation = {}): Uint8Array {
  const signer = variation.signer ?? ca.spec.key;
  const { thisUpdate = now - day, nextUpdate = now + 30 * day, version = 2, revoked = [] } = variation;
  const aki = variation.aki === undefined ? keyIdOnly(ca.spec.key.id) : variation.aki;
  const entries = revoked.map((one) =>
    typeof one === "number"
      ? sequence(encodeSerial(one), time(now - 2 * day))
      : sequence(encodeSerial(one.serial), time(now - 2 * day), sequence(one.extension)),
  );
  const extensions = [
    ...(aki === null ? [] : [extension("2.5.29.35", aki)]),
    extension("2.5.29.20", integer(Uint8Array.of(7))),
    ...(variation.point === undefined ? [] : [extension("2.5.29.28", variation.point, "critical")]),
    ...(variation.more ?? []),
  ];
  const content = sequence(
    ...(version === 1 ? [] : [integer(Uint8Array.of(1))]),
    algorithmOf(signer, "sha256"),
    encodeName(variation.issuer ?? ca.spec.subject),
    time(thisUpdate),
    ...(nextUpdate === null ? [] : [time(nextUpdate)]),
    ...(entries.length === 0 ? [] : [sequence(...entries)]),
    ...(version === 1 ? [] : [explicit(0, sequence(...extensions))]),
  );
  return signed(content, signer, "sha256", variation.damage);
}

/** An issuing distribution point: flags by tag number, and the full name where there is one. */
export function distributionPoint(flags: readonly number[], fullName?: readonly Uint8Array[]): Uint8Array {
  return sequence(
    ...(fullName === undefined ? [] : [explicit(0, explicit(0, ...fullName))]),
    ...flags.map((tag) =>
      tag === 3 ? element(0x83, Uint8Array.of(6, 0x40)) : element(0x80 | tag, Uint8Array.of(0xff)),
    ),
  );
}
