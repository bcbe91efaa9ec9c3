import { timeAt } from "./scan-der.ts";

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

/** More than anything has whose parts are looked at one by one; what may have more is read with {@link eachChild}. */
const mostChildren = 10_000;

/** The elements inside a constructed one; a RangeError when they are more than any certificate has. */
export function children(node: DerNode): DerNode[] {
  const found: DerNode[] = [];
  for (const one of eachChild(node)) {
    if (found.length === mostChildren) throw new RangeError("a DER element has more parts than any in use");
    found.push(one);
  }
  return found;
}

/** The child at `index`; a RangeError when it is missing. */
export function child(nodes: readonly DerNode[], index: number): DerNode {
  const node = nodes[index];
  if (node === undefined) throw new RangeError("a DER element is missing");
  return node;
}

/** Octets; those in use take fewer than 20, and the time to read one grows with the square of its length. */
const longestOid = 128;

/** An OBJECT IDENTIFIER in dotted form. */
export function readOid(node: DerNode): string {
  if (node.tag !== 0x06) throw new RangeError("an OBJECT IDENTIFIER is missing");
  if (node.value.length > longestOid) throw new RangeError("an OBJECT IDENTIFIER is longer than any in use");
  const arcs: (number | bigint)[] = [];
  let arc: number | bigint = 0;
  for (const octet of node.value) {
    // beyond 2^53 a number is no longer exact
    arc =
      typeof arc === "bigint" || arc > 2 ** 45
        ? (BigInt(arc) << 7n) | BigInt(octet & 0x7f)
        : arc * 128 + (octet & 0x7f);
    if (octet < 0x80) {
      arcs.push(arc);
      arc = 0;
    }
  }
  const [first, ...rest] = arcs;
  if (first === undefined) throw new RangeError("an OBJECT IDENTIFIER is empty");
  const root = first < 40 ? 0 : first < 80 ? 1 : 2;
  const second = typeof first === "bigint" ? first - BigInt(root * 40) : first - root * 40;
  return [root, second, ...rest].join(".");
}

/** A UTCTime or GeneralizedTime (RFC 5280, 4.1.2.5), in milliseconds since the epoch. */
export function readTime({ whole }: DerNode): number {
  return timeAt(whole, 0, whole.length);
}

/** Whether a node is UTCTime or GeneralizedTime. */
export function isTime(node: DerNode | undefined): node is DerNode {
  return node?.tag === 0x17 || node?.tag === 0x18;
}
