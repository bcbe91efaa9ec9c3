import { createPublicKey } from "node:crypto";
import { HandfastError } from "@handfast/core";
import { child, children, readWholeDer } from "@handfast/core/certificates";
import { algorithmOf, type KeyAlgorithm } from "../key/key-handle.ts";
import { toDer } from "../pem/convert-pem.ts";
import { type RequestContent, readRequest } from "../x509.ts";

/** A request whose signature was checked. */
export interface CheckedCsr {
  /** DER of the subject, as the request has it. */
  readonly subject: Uint8Array;
  /** SPKI DER. */
  readonly publicKey: Uint8Array;
  readonly algorithm: KeyAlgorithm;
  /** DNS names and IP addresses that it asks for. */
  readonly names: readonly string[];
}

/**
 * Reads a request and checks that its sender holds the key that it names.
 *
 * @throws HandfastError `CERTIFICATE_UNREADABLE` for what is not a request, `CERTIFICATE_UNSUITABLE` when its
 *   signature is wrong or its key is one that the providers refuse
 */
export async function readCsr(pem: string): Promise<CheckedCsr> {
  const der = toDer(pem, "CERTIFICATE REQUEST");
  let subject: Uint8Array;
  let publicKey: Uint8Array;
  let algorithm: KeyAlgorithm | undefined;
  let request: RequestContent;
  try {
    const info = children(child(children(readWholeDer(der)), 0));
    subject = child(info, 1).whole;
    publicKey = child(info, 2).whole;
    algorithm = algorithmOf(createPublicKey({ key: Buffer.from(publicKey), format: "der", type: "spki" }));
    request = await readRequest(der);
  } catch (cause) {
    throw new HandfastError(
      "CERTIFICATE_UNREADABLE",
      "read request failed: the block is not a certificate signing request; make it again",
      {},
      { cause },
    );
  }
  if (!request.signed)
    throw unsuitable("its signature does not fit its key, so it was changed or made with another key");
  if (algorithm === undefined || (algorithm.type === "rsa" && algorithm.bits < 2048))
    throw unsuitable(
      "its key is too weak or of a kind that providers refuse; use RSA from 2048 bits, or P-256 to P-521",
    );
  return { subject, publicKey, algorithm, names: request.names };
}

function unsuitable(reason: string): HandfastError {
  return new HandfastError(
    "CERTIFICATE_UNSUITABLE",
    `read request failed: ${reason}; make the request again`,
  );
}
