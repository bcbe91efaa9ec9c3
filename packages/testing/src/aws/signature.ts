import { createHmac, createSecretKey, hash, type KeyObject } from "node:crypto";
import type { AccessKey } from "./access.ts";

/** What a signed request says about its signature. */
export interface Signature {
  readonly accessKeyId: string;
  readonly date: string;
  readonly region: string;
  readonly service: string;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
  /** When it was signed: `YYYYMMDDTHHMMSSZ`. */
  readonly signedAt: string;
  /** Seconds from `signedAt` for which a presigned URL holds; undefined where the signature is in a header. */
  readonly expiresIn: number | undefined;
}

const algorithm = "AWS4-HMAC-SHA256";

/**
 * Reads the signature of a request, from its `Authorization` header or, presigned, from its query
 * (AWS "Signature Version 4 signing process").
 *
 * @returns `none` when there is no signature, `malformed` when it can't be read
 */
export function readSignature(request: Request): Signature | "none" | "malformed" {
  const query = new URL(request.url).searchParams;
  const header = request.headers.get("authorization");
  if (header !== null) {
    const [scheme, rest = ""] = header.split(/ (.*)/s);
    if (scheme !== algorithm) return "malformed";
    const parts = new Map(rest.split(",").map((part) => splitOnce(part.trim())));
    return signatureOf({
      credential: parts.get("Credential"),
      signedHeaders: parts.get("SignedHeaders"),
      signature: parts.get("Signature"),
      signedAt: request.headers.get("x-amz-date") ?? undefined,
      expiresIn: undefined,
    });
  }
  if (!query.has("X-Amz-Signature")) return "none";
  if (query.get("X-Amz-Algorithm") !== algorithm) return "malformed";
  return signatureOf({
    credential: query.get("X-Amz-Credential") ?? undefined,
    signedHeaders: query.get("X-Amz-SignedHeaders") ?? undefined,
    signature: query.get("X-Amz-Signature") ?? undefined,
    signedAt: query.get("X-Amz-Date") ?? undefined,
    expiresIn: Number(query.get("X-Amz-Expires") ?? Number.NaN),
  });
}

function signatureOf(parts: {
  credential: string | undefined;
  signedHeaders: string | undefined;
  signature: string | undefined;
  signedAt: string | undefined;
  expiresIn: number | undefined;
}): Signature | "malformed" {
  const [accessKeyId, date, region, service, end] = parts.credential?.split("/") ?? [];
  const { signedHeaders, signature, signedAt, expiresIn } = parts;
  if (!accessKeyId || !date || !region || !service || end !== "aws4_request") return "malformed";
  if (!signedHeaders || !signature || !signedAt || !/^\d{8}T\d{6}Z$/.test(signedAt)) return "malformed";
  if (!signedAt.startsWith(date) || Number.isNaN(expiresIn)) return "malformed";
  return {
    accessKeyId,
    date,
    region,
    service,
    signedHeaders: signedHeaders.split(";"),
    signature,
    signedAt,
    expiresIn,
  };
}

/**
 * Whether the signature is the one that the holder of the key makes over this request.
 *
 * @param payload the hash that was signed, where no header tells it: the SHA-256 of the body in hex
 */
export function holds(request: Request, said: Signature, secretAccessKey: string, payload?: string): boolean {
  return sign(request, said, secretAccessKey, payload) === said.signature;
}

/** A URL that lets anyone read for a time (S3 "Sharing objects with presigned URLs"). */
export function presign(options: {
  readonly url: URL;
  readonly region: string;
  readonly key: AccessKey;
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly expiresInSeconds: number;
}): URL {
  const signedAt = new Date(options.now).toISOString().replaceAll(/[-:]|\.\d+/g, "");
  const date = signedAt.slice(0, 8);
  const scope = { date, region: options.region, service: "s3" };
  const url = new URL(options.url);
  url.searchParams.set("X-Amz-Algorithm", algorithm);
  url.searchParams.set(
    "X-Amz-Credential",
    `${options.key.accessKeyId}/${date}/${options.region}/s3/aws4_request`,
  );
  url.searchParams.set("X-Amz-Date", signedAt);
  url.searchParams.set("X-Amz-Expires", String(options.expiresInSeconds));
  url.searchParams.set("X-Amz-SignedHeaders", "host");
  const unsigned = {
    ...scope,
    accessKeyId: options.key.accessKeyId,
    signedHeaders: ["host"],
    signature: "",
    signedAt,
    expiresIn: options.expiresInSeconds,
  };
  url.searchParams.set(
    "X-Amz-Signature",
    sign(new Request(url, { headers: { host: url.host } }), unsigned, options.key.secretAccessKey),
  );
  return url;
}

function sign(request: Request, said: Signature, secretAccessKey: string, payloadHash?: string): string {
  const stated = payloadHash ?? request.headers.get("x-amz-content-sha256") ?? "";
  const payload = said.expiresIn === undefined ? stated : "UNSIGNED-PAYLOAD";
  const scope = `${said.date}/${said.region}/${said.service}/aws4_request`;
  const text = [algorithm, said.signedAt, scope, hashOfRequest(request, said, payload)].join("\n");
  return createHmac("sha256", signingKey(said, secretAccessKey)).update(text).digest("hex");
}

const signingKeys = new Map<string, KeyObject>();
/** A simulated cloud signs for few services, on one day. */
const mostSigningKeys = 16;

/** The key of a day, region and service. It is kept: to derive it takes four times as long as to sign with it. */
function signingKey({ date, region, service }: Signature, secretAccessKey: string): KeyObject {
  const id = JSON.stringify([date, region, service, secretAccessKey]);
  const known = signingKeys.get(id);
  if (known !== undefined) return known;
  const derived = [date, region, service, "aws4_request"].reduce<Buffer | string>(
    (from, part) => createHmac("sha256", from).update(part).digest(),
    `AWS4${secretAccessKey}`,
  );
  const key = createSecretKey(Buffer.from(derived));
  if (signingKeys.size >= mostSigningKeys) signingKeys.clear();
  signingKeys.set(id, key);
  return key;
}

/** The hash of a request in its canonical form ("Create a canonical request"). */
export function hashOfRequest(
  request: Request,
  said: Pick<Signature, "service" | "signedHeaders">,
  payload: string,
): string {
  const url = new URL(request.url);
  const query = [...url.searchParams]
    .filter(([name]) => name !== "X-Amz-Signature")
    .map(([name, value]) => `${encode(name)}=${encode(value)}`)
    .sort()
    .join("&");
  const headers = said.signedHeaders.map((name) => {
    const value = name === "host" ? (request.headers.get("host") ?? url.host) : request.headers.get(name);
    return `${name}:${(value ?? "").trim().replaceAll(/ +/g, " ")}\n`;
  });
  const canonical = [
    request.method,
    // What is encoded in a path is encoded once more, by all services but one.
    said.service === "s3" ? url.pathname : url.pathname.split("/").map(encode).join("/"),
    query,
    headers.join(""),
    said.signedHeaders.join(";"),
    payload,
  ];
  return hash("sha256", latin1OrUtf8(canonical.join("\n")));
}

/** Header values reach us as one character per byte; the signer hashed the UTF-8 bytes. */
function latin1OrUtf8(text: string): Buffer {
  return /[^\0-\u00ff]/.test(text) ? Buffer.from(text) : Buffer.from(text, "latin1");
}

function encode(text: string): string {
  return encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function splitOnce(text: string): [string, string] {
  const at = text.indexOf("=");
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)];
}
