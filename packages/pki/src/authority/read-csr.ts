import { constants, createPublicKey, verify } from "node:crypto";
import { HandfastError } from "@handfast/core";
import {
  child,
  children,
  eachChild,
  readDer,
  readOid,
  readWholeDer,
  signatureAlgorithm,
} from "@handfast/core/certificates";
import { toDer } from "../pem/convert-pem.ts";
import { type CheckedPublicKey, checkPublicKey } from "./check-public-key.ts";

/** A request whose signature was checked. */
export interface CheckedCsr {
  /** DER of the subject, as the request has it. */
  readonly subject: Uint8Array;
  readonly publicKey: CheckedPublicKey;
  /** Value of each extension that it asks for, by OID. */
  readonly extensions: ReadonlyMap<string, Uint8Array>;
}

/** What a request says of itself, before anything of it is believed. */
interface CsrParts {
  readonly content: Uint8Array;
  readonly subject: Uint8Array;
  readonly publicKey: Uint8Array;
  readonly extensions: ReadonlyMap<string, Uint8Array>;
  readonly algorithm: ReturnType<typeof signatureAlgorithm>;
  readonly signature: Uint8Array;
}

/**
 * Reads a request (RFC 2986), PEM or DER, and checks that its sender holds the key that it names.
 *
 * @throws HandfastError `CERTIFICATE_UNREADABLE` for what is not a request, `CERTIFICATE_UNSUITABLE` when its
 *   signature is wrong or its key is one that the providers refuse
 */
export function readCsr(csr: string | Uint8Array): CheckedCsr {
  const der =
    typeof csr !== "string" && csr[0] === 0x30
      ? csr
      : toDer(typeof csr === "string" ? csr : Buffer.from(csr).toString("latin1"), "CERTIFICATE REQUEST");
  let parts: CsrParts;
  try {
    parts = dissect(der);
  } catch (cause) {
    throw new HandfastError(
      "CERTIFICATE_UNREADABLE",
      "read request failed: the block is not a certificate signing request; make it again",
      {},
      { cause },
    );
  }
  const publicKey = checkPublicKey(parts.publicKey);
  if (!["sha256", "sha384", "sha512", "none"].includes(parts.algorithm.hash ?? ""))
    throw unsuitable(`it is signed with ${parts.algorithm.name}, which proves nothing today; use SHA-256`);
  if (!isSigned(parts))
    throw unsuitable("its signature does not fit its key, so it was changed or made with another key");
  return { subject: parts.subject, publicKey, extensions: parts.extensions };
}

function dissect(der: Uint8Array): CsrParts {
  const outer = children(readWholeDer(der));
  const info = children(child(outer, 0));
  const [identifier, parameters] = children(child(outer, 1));
  if (identifier === undefined || child(info, 0).tag !== 0x02) throw new RangeError("no request");
  return {
    content: child(outer, 0).whole,
    subject: child(info, 1).whole,
    publicKey: child(info, 2).whole,
    extensions: requestedExtensions(info[3]),
    algorithm: signatureAlgorithm({ oid: readOid(identifier), parameters: parameters?.whole }),
    signature: child(outer, 2).value.subarray(1),
  };
}

/** The attribute extensionRequest (RFC 2985, 5.4.2), under its own OID or that of older Windows. */
function requestedExtensions(attributes: ReturnType<typeof readDer> | undefined): Map<string, Uint8Array> {
  const found = new Map<string, Uint8Array>();
  if (attributes === undefined) return found;
  for (const attribute of eachChild(attributes)) {
    const [type, values] = children(attribute);
    if (type === undefined || values === undefined) throw new RangeError("an attribute has no value");
    if (!["1.2.840.113549.1.9.14", "1.3.6.1.4.1.311.2.1.14"].includes(readOid(type))) continue;
    for (const extension of eachChild(readDer(values.value))) {
      const parts = children(extension);
      const id = readOid(child(parts, 0));
      if (found.has(id)) throw new RangeError("an extension stands in it twice");
      found.set(id, child(parts, parts.length - 1).value);
    }
  }
  return found;
}

function isSigned({ content, publicKey, algorithm, signature }: CsrParts): boolean {
  try {
    return verify(
      algorithm.hash === "none" ? null : algorithm.hash,
      content,
      {
        key: createPublicKey({ key: Buffer.from(publicKey), format: "der", type: "spki" }),
        ...(algorithm.name === "rsassaPss" ? { padding: constants.RSA_PKCS1_PSS_PADDING } : {}),
      },
      signature,
    );
  } catch {
    return false;
  }
}

function unsuitable(reason: string): HandfastError {
  return new HandfastError(
    "CERTIFICATE_UNSUITABLE",
    `read request failed: ${reason}; make the request again`,
  );
}
