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

/**
 * A serial number of 128 random bits, positive (RFC 5280, 4.1.2.2; CA/Browser Forum asks for at least 64 bits).
 *
 * @throws TypeError when the random source gives zeros or not 16 bytes
 */
export function makeSerial(random: RandomBytes): Uint8Array {
  const serial = random(16);
  if (serial.length !== 16 || serial.every((octet) => octet === 0))
    throw new TypeError("makeSerial: the random source does not give 16 random bytes");
  return serial;
}
