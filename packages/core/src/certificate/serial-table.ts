import { randomBytes } from "node:crypto";
import { contentOf } from "./scan-der.ts";

/** The slots of so many serials are asked for together. */
const atOnce = 256;

/**
 * Finds the entry of a serial number among entries of a CRL that lie one after the other in some bytes: a hash table
 * with open addressing that holds the hash and the place of each entry, so that half a million take 8 MB.
 *
 * Serials are compared by their octets without leading zeros. The hash is HalfSipHash-1-3 (Aumasson and Bernstein,
 * SipHash) with a key of its own for each table, so that nobody can write a list whose serials all collide; no answer
 * depends on the key.
 */
export class SerialTable {
  /** Pairs: the hash, and one more than where the entry begins, 0 where none is. At most half of them are taken. */
  #slots: Uint32Array;
  #size = 0;
  readonly #hashes = new Uint32Array(atOnce);
  // biome-ignore lint/correctness/noUnusedPrivateClassMembers: what is read ahead is kept here, or the compiler would leave the reads out
  #touched = 0;
  readonly #key = new Uint32Array(Uint8Array.from(randomBytes(8)).buffer);

  /** @param expected how many serials there will be; more may come */
  constructor(expected = 0) {
    let length = 32;
    while (length < expected * 4) length *= 2;
    this.#slots = new Uint32Array(length);
  }

  /** How many serials it holds. */
  get size(): number {
    return this.#size;
  }

  /** Where in `pool` the entry of a serial begins; -1 when there is none. */
  find(pool: Uint8Array, serial: Uint8Array, from: number, to: number): number {
    const slot = this.#slotOf(this.#hash(serial, from, to), pool, serial, from, to);
    return (this.#slots[slot + 1] as number) - 1;
  }

  /** Adds the entry that begins at `at` in `pool`, unless its serial is there. Returns whether it was added. */
  add(pool: Uint8Array, at: number): boolean {
    if ((this.#size + 1) * 4 > this.#slots.length) this.#grow();
    const to = serialTo(pool, at);
    return this.#insert(this.#hash(pool, serialFrom(pool, at, to), to), pool, at);
  }

  /**
   * Adds the entries that begin at the first `count` of `places`, as {@link SerialTable.add} does one by one. Where half
   * a million go, nearly every slot is far away in memory: those of all are asked for before the first is looked at, so
   * that the processor waits for many at once.
   */
  addAll(pool: Uint8Array, places: Uint32Array, count: number): void {
    while ((this.#size + count) * 4 > this.#slots.length) this.#grow();
    for (let from = 0; from < count; from += atOnce)
      this.#addSome(pool, places, from, Math.min(from + atOnce, count));
  }

  #addSome(pool: Uint8Array, places: Uint32Array, from: number, to: number): void {
    const slots = this.#slots;
    const hashes = this.#hashes;
    const mask = slots.length - 2;
    for (let index = from; index < to; index += 1) {
      const at = places[index] as number;
      const end = serialTo(pool, at);
      hashes[index - from] = this.#hash(pool, serialFrom(pool, at, end), end);
    }
    let touched = 0;
    for (let index = from; index < to; index += 1)
      touched |= slots[((hashes[index - from] as number) << 1) & mask] as number;
    this.#touched = touched;
    for (let index = from; index < to; index += 1)
      this.#insert(hashes[index - from] as number, pool, places[index] as number);
  }

  /** Puts an entry where its hash belongs, unless its serial is there. */
  #insert(hash: number, pool: Uint8Array, at: number): boolean {
    const slots = this.#slots;
    const mask = slots.length - 2;
    let slot = (hash << 1) & mask;
    let place = slots[slot + 1] as number;
    while (place !== 0 && !(slots[slot] === hash && isSame(pool, place - 1, at))) {
      slot = (slot + 2) & mask;
      place = slots[slot + 1] as number;
    }
    if (place !== 0) return false;
    slots[slot] = hash;
    slots[slot + 1] = at + 1;
    this.#size += 1;
    return true;
  }

  /** The slot that holds a serial, or the free one where it would belong. */
  #slotOf(hash: number, pool: Uint8Array, serial: Uint8Array, from: number, to: number): number {
    const slots = this.#slots;
    const mask = slots.length - 2;
    let slot = (hash << 1) & mask;
    for (;;) {
      const place = slots[slot + 1] as number;
      if (place === 0 || (slots[slot] === hash && isSerial(pool, place - 1, serial, from, to))) return slot;
      slot = (slot + 2) & mask;
    }
  }

  #grow(): void {
    const slots = this.#slots;
    const larger = new Uint32Array(slots.length * 2);
    const mask = larger.length - 2;
    for (let old = 0; old < slots.length; old += 2) {
      if (slots[old + 1] === 0) continue;
      const hash = slots[old] as number;
      let slot = (hash << 1) & mask;
      while (larger[slot + 1] !== 0) slot = (slot + 2) & mask;
      larger[slot] = hash;
      larger[slot + 1] = slots[old + 1] as number;
    }
    this.#slots = larger;
  }

  #hash(bytes: Uint8Array, from: number, to: number): number {
    let v0 = this.#key[0] ?? 0;
    let v1 = this.#key[1] ?? 0;
    let v2 = v0 ^ 0x6c796765;
    let v3 = v1 ^ 0x74656462;
    for (let at = from, last = false; !last; at += 4) {
      last = at + 4 > to;
      let word = 0;
      if (last) {
        word = (to - from) << 24;
        for (let octet = at; octet < to; octet += 1) word |= (bytes[octet] as number) << ((octet - at) * 8);
      } else {
        word =
          (bytes[at] as number) |
          ((bytes[at + 1] as number) << 8) |
          ((bytes[at + 2] as number) << 16) |
          ((bytes[at + 3] as number) << 24);
      }
      v3 ^= word;
      // one round for a word; the last one is followed by the three that finish
      const rounds = last ? 4 : 1;
      for (let round = 0; round < rounds; round += 1) {
        v0 = (v0 + v1) | 0;
        v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
        v0 = (v0 << 16) | (v0 >>> 16);
        v2 = (v2 + v3) | 0;
        v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
        v0 = (v0 + v3) | 0;
        v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
        v2 = (v2 + v1) | 0;
        v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2;
        v2 = (v2 << 16) | (v2 >>> 16);
        if (round === 0) {
          v0 ^= word;
          if (last) v2 ^= 0xff;
        }
      }
    }
    return (v1 ^ v3) >>> 0;
  }
}

/** Where the octets of the serial begin, leading zeros skipped, in the entry that begins at `at`. */
export function serialFrom(pool: Uint8Array, at: number, to = serialTo(pool, at)): number {
  let from = contentOf(pool, contentOf(pool, at));
  while (from < to - 1 && pool[from] === 0) from += 1;
  return from;
}

/** Where the serial ends in the entry that begins at `at`. The entry was found sound when it was read. */
export function serialTo(pool: Uint8Array, at: number): number {
  const integer = contentOf(pool, at);
  const content = contentOf(pool, integer);
  let length = pool[integer + 1] ?? 0;
  if (length >= 0x80) {
    length = 0;
    for (let octet = integer + 2; octet < content; octet += 1) length = length * 256 + (pool[octet] ?? 0);
  }
  return content + length;
}

/** Whether the entries that begin at two places have the same serial. */
function isSame(pool: Uint8Array, at: number, other: number): boolean {
  const to = serialTo(pool, other);
  return isSerial(pool, at, pool, serialFrom(pool, other, to), to);
}

function isSerial(pool: Uint8Array, at: number, serial: Uint8Array, from: number, to: number): boolean {
  const end = serialTo(pool, at);
  const start = serialFrom(pool, at, end);
  const length = to - from;
  if (end - start !== length) return false;
  for (let index = 0; index < length; index += 1)
    if (pool[start + index] !== serial[from + index]) return false;
  return true;
}
