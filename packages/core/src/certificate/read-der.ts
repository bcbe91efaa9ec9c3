/** One DER element (X.690): its tag octet, its content, and the whole of it with header. */
export interface DerNode {
  readonly tag: number;
  readonly value: Uint8Array;
  readonly whole: Uint8Array;
}

/**
 * Reads the element that starts at `at`. Only what X.509 needs: single-octet tags and definite lengths.
 *
 * @throws RangeError when the bytes are not DER; the callers turn it into a coded error with coordinates
 */
export function readDer(bytes: Uint8Array, at = 0): DerNode {
  const tag = bytes[at];
  const first = bytes[at + 1];
  if (tag === undefined || first === undefined) throw new RangeError("DER ends too early");
  if ((tag & 0x1f) === 0x1f) throw new RangeError("DER tag has more than one octet");
  let body = at + 2;
  let length = first;
  if (first >= 0x80) {
    const octets = first & 0x7f;
    if (octets === 0 || octets > 4) throw new RangeError("DER length is not definite");
    length = 0;
    for (let index = 0; index < octets; index += 1) {
      const octet = bytes[body];
      if (octet === undefined) throw new RangeError("DER ends too early");
      length = length * 256 + octet;
      body += 1;
    }
    if (length < 0x80) throw new RangeError("DER length is not minimal");
  }
  if (body + length > bytes.length) throw new RangeError("DER ends too early");
  return { tag, value: bytes.subarray(body, body + length), whole: bytes.subarray(at, body + length) };
}

/** Reads an element that must fill the bytes to the end. */
export function readWholeDer(bytes: Uint8Array): DerNode {
  const node = readDer(bytes);
  if (node.whole.length !== bytes.length) throw new RangeError("bytes follow the DER element");
  return node;
}

/** The elements inside a constructed one, one after the other. */
export function* eachChild(node: DerNode): Generator<DerNode, void, undefined> {
  let at = 0;
  while (at < node.value.length) {
    const child = readDer(node.value, at);
    yield child;
    at += child.whole.length;
  }
}

/** The elements inside a constructed one. */
export function children(node: DerNode): DerNode[] {
  return [...eachChild(node)];
}

/** The child at `index`; a RangeError when it is missing. */
export function child(nodes: readonly DerNode[], index: number): DerNode {
  const node = nodes[index];
  if (node === undefined) throw new RangeError("a DER element is missing");
  return node;
}

/** An OBJECT IDENTIFIER in dotted form. */
export function readOid(node: DerNode): string {
  if (node.tag !== 0x06) throw new RangeError("an OBJECT IDENTIFIER is missing");
  const arcs: bigint[] = [];
  let arc = 0n;
  for (const octet of node.value) {
    arc = (arc << 7n) | BigInt(octet & 0x7f);
    if (octet < 0x80) {
      arcs.push(arc);
      arc = 0n;
    }
  }
  const [first, ...rest] = arcs;
  if (first === undefined) throw new RangeError("an OBJECT IDENTIFIER is empty");
  const root = first < 40n ? 0n : first < 80n ? 1n : 2n;
  return [root, first - root * 40n, ...rest].join(".");
}

/** A UTCTime or GeneralizedTime (RFC 5280, 4.1.2.5), in milliseconds since the epoch. */
export function readTime(node: DerNode): number {
  const text = Buffer.from(node.value).toString("latin1");
  const match =
    node.tag === 0x17
      ? /^(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})Z$/.exec(text)
      : node.tag === 0x18
        ? /^(\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})Z$/.exec(text)
        : null;
  if (match === null) throw new RangeError("a time is not in the form of RFC 5280, 4.1.2.5");
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1).map(Number);
  const full = node.tag === 0x18 ? year : year < 50 ? 2000 + year : 1900 + year;
  const date = `${String(full).padStart(4, "0")}-${pad(month)}-${pad(day)}T${pad(hour)}:${pad(minute)}:${pad(second)}Z`;
  const time = Date.parse(date);
  if (Number.isNaN(time)) throw new RangeError("a time does not exist");
  return time;
}

function pad(value: number): string {
  return String(value).padStart(2, "0");
}

/** Whether a node is UTCTime or GeneralizedTime. */
export function isTime(node: DerNode | undefined): node is DerNode {
  return node?.tag === 0x17 || node?.tag === 0x18;
}
