/** One BER element (X.690): its tag octet, its content, the whole of it, and the offset of what follows. */
export interface BerNode {
  readonly tag: number;
  readonly value: Uint8Array;
  readonly whole: Uint8Array;
  readonly end: number;
}

interface Header {
  readonly tag: number;
  readonly body: number;
  /** Undefined for the indefinite form: the content goes to its end-of-contents octets (X.690, 8.1.3.6). */
  readonly length: number | undefined;
}

/**
 * Reads the element that starts at `at`. CMS may be written in BER (RFC 5652, section 1), and some libraries do: with
 * lengths that are known only at the end. The time is linear in the bytes, however deep they are nested.
 *
 * @throws RangeError when the bytes are not BER
 */
export function readBer(bytes: Uint8Array, at = 0): BerNode {
  const { tag, body, length } = readHeader(bytes, at);
  if (length !== undefined)
    return {
      tag,
      value: bytes.subarray(body, body + length),
      whole: bytes.subarray(at, body + length),
      end: body + length,
    };
  let open = 1;
  let next = body;
  while (open > 0) {
    if (bytes[next] === 0 && bytes[next + 1] === 0) {
      open -= 1;
      next += 2;
      continue;
    }
    const inner = readHeader(bytes, next);
    if (inner.length === undefined) open += 1;
    next = inner.body + (inner.length ?? 0);
  }
  return { tag, value: bytes.subarray(body, next - 2), whole: bytes.subarray(at, next), end: next };
}

/** The elements inside a constructed one, one after the other. */
export function* eachBerChild({ value }: BerNode): Generator<BerNode, void, undefined> {
  for (let at = 0; at < value.length; ) {
    const node = readBer(value, at);
    yield node;
    at = node.end;
  }
}

/**
 * The elements inside a constructed one. Bytes may hold many, and each costs far more memory than its two bytes:
 *
 * @throws RangeError when there are more than `most`
 */
export function berChildren(parent: BerNode, most: number): BerNode[] {
  const nodes: BerNode[] = [];
  for (const node of eachBerChild(parent)) {
    if (nodes.length === most) throw new RangeError("a BER element holds more than it may");
    nodes.push(node);
  }
  return nodes;
}

function readHeader(bytes: Uint8Array, at: number): Header {
  const tag = bytes[at];
  const first = bytes[at + 1];
  if (tag === undefined || first === undefined) throw new RangeError("BER ends too early");
  if ((tag & 0x1f) === 0x1f) throw new RangeError("BER tag has more than one octet");
  if (first === 0x80) {
    if ((tag & 0x20) === 0) throw new RangeError("a primitive BER element has no length");
    return { tag, body: at + 2, length: undefined };
  }
  const octets = first > 0x80 ? first & 0x7f : 0;
  if (octets > 4) throw new RangeError("a BER length is too long");
  const body = at + 2 + octets;
  let length = octets === 0 ? first : 0;
  for (const octet of bytes.subarray(at + 2, body)) length = length * 256 + octet;
  if (body + length > bytes.length) throw new RangeError("BER ends too early");
  return { tag, body, length };
}
