/** Stands for an issuer whose name can't be compared with how CloudFront spells it: the entry counts for everybody. */
export const anyIssuer = "*";

/**
 * A short token of a distinguished name, from its DER in hex. The connection function makes the same one of the text
 * that CloudFront hands it, so what a spelling may change is left out: attribute types, order, case, spacing, escapes.
 * What is left are the words of all values. Two names that differ in no word have one token; that only matters for two
 * CAs that both use one short serial.
 *
 * @returns {@link anyIssuer} for a name without a word, or with a value that is no text for sure
 */
export function issuerToken(nameHex: string): string {
  const values = readValues(Buffer.from(nameHex, "hex"));
  const words = values?.flatMap((value) => value.toLowerCase().match(wordPattern) ?? []) ?? [];
  if (words.length === 0) return anyIssuer;
  try {
    return hash(words.map(encodeURIComponent).sort().join(" "));
  } catch {
    // half a surrogate pair in a BMPString
    return anyIssuer;
  }
}

/** Letters and digits, and all that is not ASCII, so that engines with other tables of letters agree. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: a range that begins at the first character
const wordPattern = /[^\x00-\x2f\x3a-\x60\x7b-\x7f]+/g;

/** FNV-1a, 32 bits: seven characters at most. */
function hash(ascii: string): string {
  let state = 0x811c9dc5;
  for (let index = 0; index < ascii.length; index += 1) {
    state = Math.imul(state ^ ascii.charCodeAt(index), 0x01000193) >>> 0;
  }
  return state.toString(36);
}

/** One element of DER. */
interface Element {
  readonly tag: number;
  readonly content: Buffer;
}

/** The values of an `RDNSequence` (RFC 5280, section 4.1.2.4); undefined when one is no text for sure. */
function readValues(der: Buffer): string[] | undefined {
  const values: string[] = [];
  for (const rdn of elementsIn(elementsIn(der)[0]?.content)) {
    for (const attribute of elementsIn(rdn.content)) {
      const value = elementsIn(attribute.content)[1];
      const text = value && readText(value);
      if (text === undefined) return undefined;
      values.push(text);
    }
  }
  return values;
}

/** The elements that follow each other in some bytes; none beyond what is there. */
function elementsIn(der: Buffer | undefined): Element[] {
  const found: Element[] = [];
  let rest = der ?? Buffer.alloc(0);
  while (rest.length > 1) {
    const short = rest[1] ?? 0;
    const lengthBytes = short < 0x80 ? 0 : short & 0x7f;
    if (lengthBytes > 4 || rest.length < 2 + lengthBytes) return found;
    const start = 2 + lengthBytes;
    const end = start + (lengthBytes === 0 ? short : rest.readUIntBE(2, lengthBytes));
    found.push({ tag: rest[0] ?? 0, content: rest.subarray(start, end) });
    rest = rest.subarray(end);
  }
  return found;
}

const utf8 = new TextDecoder("utf-8", { fatal: true });

/** The string types of X.520 (RFC 5280, appendix A.1), as far as everybody reads them alike. */
function readText({ tag, content }: Element): string | undefined {
  switch (tag) {
    case 0x0c: // UTF8String
      try {
        return utf8.decode(content);
      } catch {
        return undefined;
      }
    case 0x12: // NumericString
    case 0x13: // PrintableString
    case 0x14: // T61String: whatever is not ASCII in it is read as Latin 1 by some, as T.61 by others
    case 0x16: // IA5String
    case 0x1a: // VisibleString
      return content.some((byte) => byte > 0x7f) ? undefined : content.toString("latin1");
    case 0x1e: // BMPString
      return content.length % 2 === 0 ? Buffer.from(content).swap16().toString("utf16le") : undefined;
    default:
      return undefined;
  }
}
