/** One element of a DER encoding: where its content starts and where it ends. */
export interface DerElement {
  readonly tag: number;
  /** Offset of the tag. */
  readonly start: number;
  /** Offset of the first content byte. */
  readonly content: number;
  /** Offset behind the last content byte. */
  readonly end: number;
}

/** Tags that certificates and CRLs are made of (X.690, section 8). */
export const derTag = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  oid: 0x06,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
} as const;

/** Reads the element at an offset (X.690, 8.1; definite lengths only). Throws a `RangeError` on anything else. */
export function readElement(der: Buffer, at: number, limit: number = der.length): DerElement {
  const tag = der[at];
  const first = der[at + 1];
  if (tag === undefined || first === undefined) throw new RangeError("DER ends inside an element");
  let length = first;
  let content = at + 2;
  if (first >= 0x80) {
    const size = first & 0x7f;
    if (size === 0 || size > 4 || content + size > limit) throw new RangeError("DER length is malformed");
    length = der.readUIntBE(content, size);
    content += size;
  }
  const end = content + length;
  if (end > limit) throw new RangeError("DER element is longer than what holds it");
  return { tag, start: at, content, end };
}

/** The elements inside a constructed one, in order. */
export function readElements(der: Buffer, parent: DerElement): DerElement[] {
  const elements: DerElement[] = [];
  for (let at = parent.content; at < parent.end; ) {
    const element = readElement(der, at, parent.end);
    elements.push(element);
    at = element.end;
  }
  return elements;
}

/** The content of an element as lower-case hex: enough to compare object identifiers and serials. */
export function contentHex(der: Buffer, element: DerElement): string {
  return der.toString("hex", element.content, element.end);
}

/** A UTCTime or GeneralizedTime in milliseconds since the epoch (RFC 5280, 4.1.2.5). */
export function readTime(der: Buffer, element: DerElement): number {
  const text = der.toString("latin1", element.content, element.end);
  const long = element.tag === derTag.generalizedTime;
  const match = /^(\d{2,4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})Z$/.exec(text);
  if (match === null) throw new RangeError("DER time is not in the form of RFC 5280");
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1).map(Number);
  const century = long ? 0 : year < 50 ? 2000 : 1900;
  return Date.UTC(century + year, month - 1, day, hour, minute, second);
}
