import { createPublicKey, type KeyObject, verify } from "node:crypto";
import {
  child,
  children,
  type DerNode,
  readOid,
  readWholeDer,
  signatureAlgorithm,
} from "@handfast/core/certificates";

/** A certificate signing request (RFC 2986), of which a CA reads name and key, and nothing that it asks for. */
export interface SigningRequest {
  readonly subject: DerNode;
  /** SPKI DER. */
  readonly publicKey: Uint8Array;
  /** Whether it is signed by the key that it names. */
  readonly isSigned: boolean;
}

/** Takes the DER of a request apart. Throws when it is none. */
export function readSigningRequest(der: Uint8Array): SigningRequest {
  const parts = children(readWholeDer(der));
  const info = child(parts, 0);
  const fields = children(info);
  const publicKey = child(fields, 2).whole;
  const key = createPublicKey({ key: Buffer.from(publicKey), format: "der", type: "spki" });
  const signature = child(parts, 2).value.subarray(1);
  return { subject: child(fields, 1), publicKey, isSigned: holds(key, info, child(parts, 1), signature) };
}

function holds(key: KeyObject, info: DerNode, algorithm: DerNode, signature: Uint8Array): boolean {
  const oid = readOid(child(children(algorithm), 0));
  const { hash } = signatureAlgorithm({ oid, parameters: undefined });
  if (hash === undefined) return false;
  try {
    return verify(hash === "none" ? null : hash, info.whole, key, signature);
  } catch {
    return false;
  }
}
