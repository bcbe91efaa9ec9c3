import type { DerNode } from "./read-der.ts";

/** The text of a string of any type that a name may hold; undefined for what is no string. */
export function stringText({ tag, value }: DerNode): string | undefined {
  const bytes = Buffer.from(value);
  switch (tag) {
    case 0x0c:
      return bytes.toString("utf8");
    case 0x13:
    case 0x14:
    case 0x16:
    case 0x1a:
      return bytes.toString("latin1");
    case 0x1e:
      return bytes.length % 2 === 0 ? bytes.swap16().toString("utf16le") : undefined;
    case 0x1c:
      return utf32Text(bytes);
    default:
      return undefined;
  }
}

function utf32Text(bytes: Buffer): string | undefined {
  if (bytes.length % 4 !== 0) return undefined;
  const points = Array.from({ length: bytes.length / 4 }, (_, index) => bytes.readUInt32BE(4 * index));
  return points.every((point) => point <= 0x10ffff) ? String.fromCodePoint(...points) : undefined;
}
