import { attributeName } from "./attribute-types.ts";
import { child, children, type DerNode, readDer, readOid } from "./read-der.ts";
import { stringText } from "./string-text.ts";

/**
 * A distinguished name from its DER, as text after RFC 4514: the last RDN first, joined by commas, so
 * `C=DE, O=Example, CN=edge` in the certificate reads `CN=edge,O=Example,C=DE`. For people; compare names by DER.
 *
 * @throws RangeError when the bytes are not a Name
 */
export function formatName(der: Uint8Array): string {
  return children(readDer(der))
    .reverse()
    .map((rdn) => children(rdn).map(formatAttribute).join("+"))
    .join(",");
}

function formatAttribute(attribute: DerNode): string {
  const parts = children(attribute);
  const value = child(parts, 1);
  // VisibleString and UniversalString are shown as their bytes
  const text = value.tag === 0x1a || value.tag === 0x1c ? undefined : stringText(value);
  return `${attributeName(readOid(child(parts, 0)))}=${text === undefined ? `#${Buffer.from(value.whole).toString("hex")}` : escapeValue(text)}`;
}

/** RFC 4514, section 2.4; the one space of a value is its begin, not its end. Control characters as hex pairs: one line. */
function escapeValue(value: string): string {
  return value
    .replace(/[\\"+,;<>]/g, "\\$&")
    .replace(/(?<=.) $/s, "\\ ")
    .replace(/^[ #]/, "\\$&")
    .replace(/\p{Cc}/gu, (char) =>
      [...Buffer.from(char, "utf8")].map((octet) => `\\${octet.toString(16).padStart(2, "0")}`).join(""),
    );
}
