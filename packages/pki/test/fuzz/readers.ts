import { isHandfastError } from "@handfast/core";
import {
  certificateFacts,
  checkCrls,
  checkIdentity,
  checkTrustBundle,
  createAuthority,
  generateKey,
  normaliseBundle,
  openAuthority,
  readCertificates,
  readCrl,
  readCrls,
  readKey,
  readPkcs7,
  rulePacks,
} from "@handfast/pki";

const sound = (
  await createAuthority({ subject: "CN=sound", key: await generateKey({ type: "ec", curve: "P-256" }) })
).certificate.pem;

const authorityKey = await generateKey({ type: "ec", curve: "P-256" });
const authority = await createAuthority({ subject: "CN=fuzzed", key: authorityKey });

const asText = (bytes: Uint8Array): string => Buffer.from(bytes).toString("utf8");

/** Everything that takes bytes or text from outside and gives a value. */
export const readers: Readonly<Record<string, (bytes: Uint8Array) => unknown>> = {
  readCertificates: (bytes) => readCertificates(bytes),
  "readCertificates of text": (bytes) => readCertificates(asText(bytes)),
  certificateFacts: (bytes) => certificateFacts(bytes),
  readCrl: (bytes) => readCrl(bytes),
  "readCrl of text": (bytes) => readCrl(asText(bytes)),
  readCrls: (bytes) => readCrls(bytes),
  "readCrls of text": (bytes) => readCrls(asText(bytes)),
  readPkcs7: (bytes) => readPkcs7(bytes),
  readKey: (bytes) => readKey(asText(bytes), { passphrase: "x" }),
  checkTrustBundle: (bytes) => checkTrustBundle(bytes, { rules: rulePacks.albBundle }),
  checkIdentity: (bytes) => checkIdentity({ chain: bytes }),
  "checkIdentity of a key": (bytes) => checkIdentity({ chain: sound, key: asText(bytes) }),
  "checkIdentity with anchors": (bytes) => checkIdentity({ chain: sound, anchors: bytes }),
  checkCrls: (bytes) => checkCrls([bytes], { rules: rulePacks.albCrls }),
  openAuthority: (bytes) => openAuthority({ certificate: bytes, key: authorityKey }),
  "openAuthority of text": (bytes) => openAuthority({ certificate: asText(bytes), key: authorityKey }),
  normaliseBundle: (bytes) => normaliseBundle(bytes, { rules: rulePacks.albBundle }),
};

/** The same behind a promise. */
export const slowReaders: Readonly<Record<string, (bytes: Uint8Array) => Promise<unknown>>> = {
  issue: (bytes) => authority.issue(bytes),
  "issue of text": (bytes) => authority.issue(asText(bytes)),
  issueFor: (bytes) => authority.issueFor({ publicKey: bytes, subject: "CN=a" }),
  crossSign: (bytes) => authority.crossSign(bytes),
  "crossSign of text": (bytes) => authority.crossSign(asText(bytes)),
};

/** {@link outcomeOf} behind a promise. */
export async function slowOutcomeOf(
  read: (bytes: Uint8Array) => Promise<unknown>,
  bytes: Uint8Array,
): Promise<string> {
  try {
    await read(bytes);
    return "value";
  } catch (cause) {
    if (isHandfastError(cause)) return cause.code;
    throw cause;
  }
}

/** What a reader makes of bytes: a value, or the code of its error. Anything else is thrown on. */
export function outcomeOf(read: (bytes: Uint8Array) => unknown, bytes: Uint8Array): string {
  try {
    read(bytes);
    return "value";
  } catch (cause) {
    if (isHandfastError(cause)) return cause.code;
    throw cause;
  }
}
