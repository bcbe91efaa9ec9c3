import { createPublicKey, type KeyObject, verify } from "node:crypto";
import {
  child,
  children,
  type DerNode,
  readOid,
  readWholeDer,
  signatureAlgorithm,
} from "@handfast/core/certificates";
import { FunctionFailure } from "../lambda/functions.ts";

/** A certificate signing request (RFC 2986), of which the CA reads name and key, and nothing that it asks for. */
export interface SigningRequest {
  readonly subject: DerNode;
  /** SPKI DER. */
  readonly publicKey: Uint8Array;
  /** Whether it is signed by the key that it names. */
  readonly isSigned: boolean;
}

/**
 * A request from base64 around PEM.
 *
 * @throws FunctionFailure what Python throws for something else
 */
export function readSigningRequest(base64: unknown): SigningRequest {
  if (typeof base64 !== "string")
    throw new FunctionFailure(
      "TypeError",
      "argument should be a bytes-like object or ASCII string, not 'NoneType'",
    );
  if (base64.replace(/[^A-Za-z0-9+/]/g, "").length % 4 === 1)
    throw new FunctionFailure("Error", "Incorrect padding");
  const pem = Buffer.from(base64, "base64").toString("latin1");
  const body =
    /-----BEGIN (?:NEW )?CERTIFICATE REQUEST-----([\s\S]*?)-----END (?:NEW )?CERTIFICATE REQUEST-----/.exec(
      pem,
    )?.[1];
  if (body === undefined)
    throw new FunctionFailure(
      "ValueError",
      "Unable to load PEM file. See https://cryptography.io/en/latest/faq/#why-can-t-i-import-my-pem-file for more details. MalformedFraming",
    );
  try {
    return readDer(Buffer.from(body, "base64"));
  } catch {
    throw new FunctionFailure("ValueError", "error parsing asn1 value: ParseError { kind: InvalidValue }");
  }
}

function readDer(der: Uint8Array): SigningRequest {
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
