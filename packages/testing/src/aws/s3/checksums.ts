import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import { refuse } from "./refusals.ts";

/** Algorithms that the simulation verifies. S3 knows more; those are refused as not implemented. */
export type ChecksumAlgorithm = "CRC32" | "SHA1" | "SHA256";

/** A checksum as S3 keeps it: base64. */
export interface Checksum {
  readonly algorithm: ChecksumAlgorithm;
  readonly value: string;
}

const compute: Readonly<Record<ChecksumAlgorithm, (bytes: Uint8Array) => string>> = {
  CRC32: (bytes) => {
    const value = Buffer.alloc(4);
    value.writeUInt32BE(crc32(bytes));
    return value.toString("base64");
  },
  SHA1: (bytes) => createHash("sha1").update(bytes).digest("base64"),
  SHA256: (bytes) => createHash("sha256").update(bytes).digest("base64"),
};

/** The checksum of some bytes. */
export function checksumOf(bytes: Uint8Array, algorithm: ChecksumAlgorithm): Checksum {
  return { algorithm, value: compute[algorithm](bytes) };
}

/**
 * Takes the body of a write out of its transfer encoding and verifies everything that was said about it
 * (S3 "Checking object integrity", "Signature calculations: transferring payload in multiple chunks").
 *
 * @returns the bytes themselves, and the checksum that S3 will keep
 * @throws S3Refused: BadDigest, IncompleteBody, InvalidRequest, XAmzContentSHA256Mismatch, NotImplemented
 */
export async function readBody(request: Request): Promise<{
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly checksum: Checksum;
  readonly stated: boolean;
}> {
  const sent = new Uint8Array(await request.arrayBuffer());
  const payload = request.headers.get("x-amz-content-sha256");
  if (payload === null) {
    throw refuse("InvalidRequest", {
      message: "Missing required header for this request: x-amz-content-sha256",
    });
  }
  const chunked = payload.startsWith("STREAMING-");
  if (!chunked && payload !== "UNSIGNED-PAYLOAD") {
    const actual = createHash("sha256").update(sent).digest("hex");
    if (actual !== payload) {
      throw refuse("XAmzContentSHA256Mismatch", {
        fields: { ClientComputedContentSHA256: payload, S3ComputedContentSHA256: actual },
      });
    }
  }
  const { bytes, trailers } = chunked ? unchunk(sent) : { bytes: sent, trailers: new Map<string, string>() };
  const decoded = request.headers.get("x-amz-decoded-content-length");
  if (chunked && Number(decoded ?? Number.NaN) !== bytes.length) throw refuse("IncompleteBody");
  const md5 = request.headers.get("content-md5");
  if (md5 !== null && md5 !== createHash("md5").update(bytes).digest("base64")) {
    throw refuse("BadDigest", {
      message: "The Content-MD5 you specified did not match what we received.",
    });
  }
  return { bytes, ...verify(request, bytes, trailers) };
}

function verify(
  request: Request,
  bytes: Uint8Array,
  trailers: ReadonlyMap<string, string>,
): { readonly checksum: Checksum; readonly stated: boolean } {
  const announced = request.headers.get("x-amz-trailer");
  if (announced !== null && !trailers.has(announced.toLowerCase())) {
    throw refuse("InvalidRequest", {
      message: "The value specified in the x-amz-trailer header is not supported",
    });
  }
  const stated = [...request.headers, ...trailers].filter(
    ([name]) => name.startsWith("x-amz-checksum-") && !/-(mode|type|algorithm)$/.test(name),
  );
  if (stated.length > 1) {
    throw refuse("InvalidRequest", {
      message: "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.",
    });
  }
  const [name, value] = stated[0] ?? [];
  const asked = request.headers.get("x-amz-sdk-checksum-algorithm")?.toUpperCase();
  if (name === undefined || value === undefined) {
    if (asked !== undefined) {
      throw refuse("InvalidRequest", {
        message:
          "x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer headers were found.",
      });
    }
    // S3 now computes CRC64NVME for a write that comes without one; CRC32 stands in for it.
    return { checksum: checksumOf(bytes, "CRC32"), stated: false };
  }
  const algorithm = name.slice("x-amz-checksum-".length).toUpperCase();
  if (!isAlgorithm(algorithm)) {
    throw refuse("NotImplemented", { message: `The checksum algorithm ${algorithm} is not simulated` });
  }
  if (asked !== undefined && asked !== algorithm) {
    throw refuse("InvalidRequest", { message: "Value for x-amz-sdk-checksum-algorithm header is invalid." });
  }
  const actual = checksumOf(bytes, algorithm);
  if (actual.value !== value) {
    const length = Buffer.from(value, "base64").length;
    if (length !== Buffer.from(actual.value, "base64").length) {
      throw refuse("InvalidRequest", { message: `Value for ${name} header is invalid.` });
    }
    throw refuse("BadDigest", {
      message: `The ${algorithm} you specified did not match the calculated checksum.`,
    });
  }
  return { checksum: actual, stated: true };
}

function isAlgorithm(text: string): text is ChecksumAlgorithm {
  return Object.hasOwn(compute, text);
}

/** `aws-chunked`: chunks of hex length, optional extension, bytes; then trailers. */
function unchunk(sent: Uint8Array): { bytes: Uint8Array<ArrayBuffer>; trailers: Map<string, string> } {
  const text = Buffer.from(sent.buffer, sent.byteOffset, sent.byteLength);
  const chunks: Buffer[] = [];
  let at = 0;
  const line = (): string => {
    const end = text.indexOf("\r\n", at);
    if (end < 0) throw refuse("IncompleteBody");
    const found = text.toString("latin1", at, end);
    at = end + 2;
    return found;
  };
  for (;;) {
    const size = /^([0-9a-f]+)(;.*)?$/i.exec(line())?.[1];
    if (size === undefined) throw refuse("IncompleteBody");
    const length = Number.parseInt(size, 16);
    if (length === 0) break;
    if (at + length + 2 > text.length) throw refuse("IncompleteBody");
    chunks.push(text.subarray(at, at + length));
    at += length;
    if (line() !== "") throw refuse("IncompleteBody");
  }
  const trailers = new Map<string, string>();
  for (
    let trailer = at < text.length ? line() : "";
    trailer !== "";
    trailer = at < text.length ? line() : ""
  ) {
    const colon = trailer.indexOf(":");
    if (colon < 0) throw refuse("IncompleteBody");
    trailers.set(trailer.slice(0, colon).trim().toLowerCase(), trailer.slice(colon + 1).trim());
  }
  return { bytes: new Uint8Array(Buffer.concat(chunks)), trailers };
}
