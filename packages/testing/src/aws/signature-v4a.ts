import { createECDH, createHmac, createPublicKey, type KeyObject, verify } from "node:crypto";
import type { Caller } from "./access.ts";
import { hashOfRequest } from "./signature.ts";

/** What a request says about its signature of version 4a, which holds in a set of regions instead of one. */
export interface SignatureV4a {
  readonly accessKeyId: string;
  readonly date: string;
  readonly service: string;
  readonly signedHeaders: readonly string[];
  /** DER of an ECDSA signature, as hex. */
  readonly signature: string;
  /** When it was signed: `YYYYMMDDTHHMMSSZ`. */
  readonly signedAt: string;
}

const algorithm = "AWS4-ECDSA-P256-SHA256";

/** The order of the curve P-256, less two. */
const orderLessTwo = Buffer.from("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc63254f", "hex");

/** Headers that must be under the signature when they are there. */
const neverUnsigned = ["host", "x-amz-date", "x-amz-region-set", "x-amz-security-token", "if-match"];

/**
 * Reads the signature of a request from its `Authorization` header ("Signature Version 4A").
 *
 * @returns `none` when there is no signature, `malformed` when it is none of this version or leaves out what it must
 *   cover
 */
export function readSignatureV4a(request: Request): SignatureV4a | "none" | "malformed" {
  const header = request.headers.get("authorization");
  if (header === null) return "none";
  const match =
    /^(\S+) Credential=([^/,]+)\/(\d{8})\/([^/,]+)\/aws4_request, ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]+)$/.exec(
      header,
    );
  const signedAt = request.headers.get("x-amz-date") ?? "";
  const [, scheme, accessKeyId = "", date = "", service = "", names = "", signature = ""] = match ?? [];
  if (scheme !== algorithm || !/^\d{8}T\d{6}Z$/.test(signedAt) || !signedAt.startsWith(date))
    return "malformed";
  const signedHeaders = names.split(";");
  const mustBeSigned = neverUnsigned.filter((name) => name === "host" || request.headers.has(name));
  if (mustBeSigned.some((name) => !signedHeaders.includes(name))) return "malformed";
  return { accessKeyId, date, service, signedHeaders, signature, signedAt };
}

/**
 * Whether the signature is one that the holder of the key made over this request.
 *
 * @param payload the SHA-256 of the body, in hex
 */
export function holdsV4a(request: Request, said: SignatureV4a, key: Holder, payload: string): boolean {
  const scope = `${said.date}/${said.service}/aws4_request`;
  const text = [algorithm, said.signedAt, scope, hashOfRequest(request, said, payload)].join("\n");
  return verify("sha256", Buffer.from(text), knownKeyOf(key), Buffer.from(said.signature, "hex"));
}

type Holder = Pick<Caller, "accessKeyId" | "secretAccessKey">;
const keys = new WeakMap<Holder, KeyObject>();

/** The same for the same caller: to derive a key takes as long as to verify with it. */
function knownKeyOf(holder: Holder): KeyObject {
  const key = keys.get(holder) ?? publicKeyOf(holder);
  keys.set(holder, key);
  return key;
}

/**
 * The public half of the key pair that belongs to an access key: a NIST SP 800-108 derivation in counter mode from the
 * secret, tried again with the next counter for the rare number that is no private key of the curve.
 *
 * @throws {RangeError} when no counter gives one, which is beyond all probability
 */
export function publicKeyOf(key: Holder): KeyObject {
  for (let counter = 1; counter <= 254; counter += 1) {
    const input = Buffer.concat([
      Buffer.from([0, 0, 0, 1]),
      Buffer.from(`${algorithm}\0${key.accessKeyId}`),
      Buffer.from([counter]),
      Buffer.from([0, 0, 1, 0]),
    ]);
    const candidate = createHmac("sha256", `AWS4A${key.secretAccessKey}`).update(input).digest();
    if (candidate.compare(orderLessTwo) > 0) continue;
    const number = BigInt(`0x${candidate.toString("hex")}`) + 1n;
    const pair = createECDH("prime256v1");
    pair.setPrivateKey(Buffer.from(number.toString(16).padStart(64, "0"), "hex"));
    const point = pair.getPublicKey();
    return createPublicKey({
      format: "jwk",
      key: {
        kty: "EC",
        crv: "P-256",
        x: point.subarray(1, 33).toString("base64url"),
        y: point.subarray(33).toString("base64url"),
      },
    });
  }
  throw new RangeError("no key pair can be derived from the access key");
}
