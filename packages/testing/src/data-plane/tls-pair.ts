import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { HandfastError } from "@handfast/core";

/** A certificate (its chain may follow) and its key, PEM. */
export interface TlsPair {
  readonly certificate: string;
  readonly key: string;
}

/**
 * Makes sure that a server can be started with a pair, before anything listens. Throws a `HandfastError` with
 * `CERTIFICATE_UNREADABLE`, `KEY_UNREADABLE` or `KEY_MISMATCH`.
 */
export function checkPair(operation: string, pair: TlsPair): void {
  let certificate: X509Certificate;
  let key: KeyObject;
  try {
    certificate = new X509Certificate(pair.certificate);
  } catch (cause) {
    const message = `${operation} failed: the server's certificate can't be read; give it as PEM`;
    throw new HandfastError("CERTIFICATE_UNREADABLE", message, {}, { cause });
  }
  try {
    key = createPrivateKey(pair.key);
  } catch (cause) {
    const message = `${operation} failed: the server's key can't be read; give it as PEM without a passphrase`;
    throw new HandfastError("KEY_UNREADABLE", message, {}, { cause });
  }
  if (certificate.checkPrivateKey(key)) return;
  const message = `${operation} failed: the key is not the one of the server's certificate; give the two that belong together`;
  throw new HandfastError("KEY_MISMATCH", message);
}
