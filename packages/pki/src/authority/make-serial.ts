import { randomBytes } from "node:crypto";

/** A source of random bytes, `crypto.randomBytes` by default. Hand in your own to make results repeatable. */
export type RandomBytes = (size: number) => Uint8Array;

/** `crypto.randomBytes`, drawn 4 KiB at a time: a call for each serial would take longer than to write the certificate. */
export function drawRandomBytes(): RandomBytes {
  let pool = new Uint8Array();
  let at = 0;
  return (size) => {
    if (at + size > pool.length) {
      pool = randomBytes(Math.max(size, 4096));
      at = 0;
    }
    at += size;
    return pool.subarray(at - size, at);
  };
}

/** The last serial of each source: one that stands still would give all certificates of an issuer the same one. */
const last = new WeakMap<RandomBytes, Uint8Array>();

/**
 * A serial number of 128 random bits, positive (RFC 5280, 4.1.2.2; CA/Browser Forum asks for at least 64 bits).
 *
 * @throws TypeError when the random source gives zeros, not 16 bytes, or the same bytes twice in a row
 */
export function makeSerial(random: RandomBytes): Uint8Array {
  const serial = random(16);
  if (serial.length !== 16 || serial.every((octet) => octet === 0))
    throw new TypeError("makeSerial: the random source does not give 16 random bytes");
  const before = last.get(random);
  if (before !== undefined && Buffer.compare(before, serial) === 0)
    throw new TypeError("makeSerial: the random source gives the same 16 bytes twice in a row");
  // A copy: the source may fill the same array again.
  last.set(random, serial.slice());
  return serial;
}
