/**
 * A passphrase for the key derivation of PKCS#12: a BMPString with its final null, so two bytes for each UTF-16 unit
 * and two zeros (RFC 7292, B.1). What lies beyond the Basic Multilingual Plane goes as its two surrogates, as OpenSSL,
 * NSS and the JDK do.
 */
export function bmpPassphrase(passphrase: string): Uint8Array {
  return bmpText(`${passphrase}\0`);
}

/** The content of a BMPString: UTF-16, big-endian. */
export function bmpText(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, "utf16le").swap16());
}

/**
 * Refuses a passphrase that no program could be given again.
 *
 * @throws TypeError when it is empty, holds a null character, at which programs in C cut it, or half a surrogate pair
 */
export function checkPassphrase(passphrase: string, caller: string): void {
  if (passphrase === "") throw new TypeError(`${caller}: the passphrase is empty`);
  if (passphrase.includes("\0")) throw new TypeError(`${caller}: the passphrase holds a null character`);
  if (/\p{Surrogate}/u.test(passphrase))
    throw new TypeError(`${caller}: the passphrase holds half a surrogate pair, so it has no UTF-8`);
}
