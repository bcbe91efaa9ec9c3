import { HandfastError, sha256 } from "@handfast/core";
import { children, readBlocks, readWholeDer, writeBlock } from "@handfast/core/certificates";

/** A signing request, ready to be sent. */
export interface SigningRequest {
  /** LF line ends, nothing around the block. */
  readonly pem: string;
  /** SHA-256 of the SPKI DER that a certificate is wanted for. */
  readonly spki: string;
}

/**
 * Reads a request (PKCS#10, RFC 2986). Whatever else stands in the text, above all a key, never gets onto the wire.
 *
 * @throws HandfastError `CERTIFICATE_UNREADABLE`
 */
export function readCsr(text: string): SigningRequest {
  const blocks = readBlocks(text);
  if ("reason" in blocks) throw unreadable(`line ${blocks.line}: ${blocks.reason}`);
  const [block, ...more] = blocks;
  if (block?.der === undefined || more.length > 0 || !/^(NEW )?CERTIFICATE REQUEST$/.test(block.label)) {
    throw unreadable("it is not one CERTIFICATE REQUEST block");
  }
  try {
    const [info] = children(readWholeDer(block.der));
    const [, , spki] = info === undefined ? [] : children(info);
    if (spki === undefined) throw new RangeError("a part is missing");
    return { pem: writeBlock(block.der, "CERTIFICATE REQUEST"), spki: sha256(spki.whole) };
  } catch (error) {
    if (error instanceof RangeError) throw unreadable(error.message);
    throw error;
  }
}

function unreadable(reason: string): HandfastError {
  return new HandfastError(
    "CERTIFICATE_UNREADABLE",
    `read signing request failed: ${reason}; give one PKCS#10 request as PEM, and no key`,
  );
}
