import { HandfastError } from "@handfast/core";
import { type BerNode, berChildren, eachBerChild, readBer } from "./read-ber.ts";

/** DER of what a PKCS#7 message carries beside its content and signatures, in the order of the file. */
export interface Pkcs7Parts {
  readonly certificates: readonly Uint8Array[];
  readonly crls: readonly Uint8Array[];
}

/** OBJECT IDENTIFIER signedData, 1.2.840.113549.1.7.2, with its header. */
const signedData = Buffer.from("06092a864886f70d010702", "hex");

/** No certificate and no CRL is as short as an Ed25519 signature; a million empty ones would fill the memory. */
const leastBytes = 64;

/** Whether bytes begin as a PKCS#7 or CMS message with signed data; a certificate begins otherwise. */
export function isPkcs7(bytes: Uint8Array): boolean {
  if (bytes[0] !== 0x30) return false;
  const first = bytes[1] ?? 0;
  const at = 2 + (first > 0x80 ? first & 0x7f : 0);
  return signedData.equals(bytes.subarray(at, at + signedData.length));
}

/**
 * Takes SignedData apart (RFC 5652, 5.1; RFC 2315, 9.1). Signatures are not checked: the certificates are judged by
 * whoever takes them.
 *
 * @param line where the block began in its text
 * @throws HandfastError `CERTIFICATE_UNREADABLE`
 */
export function dissectPkcs7(bytes: Uint8Array, line?: number): Pkcs7Parts {
  try {
    return readParts(bytes);
  } catch (cause) {
    const place = line === undefined ? `bytes=${bytes.length}` : `line=${line}`;
    const reason = cause instanceof RangeError ? cause.message : "it can't be read";
    throw new HandfastError(
      "CERTIFICATE_UNREADABLE",
      `read PKCS#7 failed [${place}]: ${reason}; export the certificates again, as PKCS#7 (.p7b) or as PEM`,
      { line },
      { cause },
    );
  }
}

function readParts(bytes: Uint8Array): Pkcs7Parts {
  if (!isPkcs7(bytes)) throw new RangeError("it is no PKCS#7 message with signed data");
  const message = readBer(bytes);
  if (message.end !== bytes.length) throw new RangeError("bytes follow the message");
  const [, wrapped] = berChildren(message, 2);
  if (wrapped?.tag !== 0xa0) throw new RangeError("the signed data are missing");
  const [content] = berChildren(wrapped, 1);
  if (content?.tag !== 0x30) throw new RangeError("the signed data are no sequence");
  const [version, digests, inner, ...rest] = berChildren(content, 6);
  if (version?.tag !== 0x02 || digests?.tag !== 0x31 || inner?.tag !== 0x30)
    throw new RangeError("the signed data do not begin as RFC 5652, 5.1, has it");
  const tags = rest.map(({ tag }) => tag.toString(16)).join(" ");
  if (!/^(a0 ?)?(a1 ?)?31$/.test(tags))
    throw new RangeError("the signed data are not those of RFC 5652, 5.1");
  return {
    certificates: membersOf(rest, 0xa0, "an attribute certificate or one of an old kind"),
    crls: membersOf(rest, 0xa1, "revocation information that is no CRL"),
  };
}

/** DER of the sequences in an implicit set. What else may stand there is refused: it would be lost without a word. */
function membersOf(fields: readonly BerNode[], tag: number, other: string): Uint8Array[] {
  const set = fields.find((field) => field.tag === tag);
  if (set === undefined) return [];
  const members: Uint8Array[] = [];
  for (const { tag: kind, whole } of eachBerChild(set)) {
    if (kind !== 0x30) throw new RangeError(`it holds ${other}`);
    if (whole.length < leastBytes)
      throw new RangeError("it holds a sequence too short for a certificate or CRL");
    members.push(new Uint8Array(whole));
  }
  return members;
}
