import { child, children, type DerNode, readDer, readOid } from "./read-der.ts";
import { stringText } from "./string-text.ts";

/**
 * A distinguished name from its DER in a form in which names are compared (RFC 5280, 7.1): text without regard to the
 * string type, ASCII letters to the case, and blanks to their number. Two names are the same when these texts are;
 * one lies below another when its text begins with the other's. Not for people.
 *
 * This is what OpenSSL's X509_NAME_cmp compares, so `CN=Root A` in a PrintableString issues for `cn=root a` in UTF-8.
 *
 * @throws RangeError when the bytes are not a Name
 */
export function canonicalName(der: Uint8Array): string {
  return children(readDer(der))
    .map((rdn) => prefixed(children(rdn).map(canonicalAttribute).sort().map(prefixed).join("")))
    .join("");
}

/** The values of one attribute type in a name, each with its string type; in order. */
export function attributeValues(name: Uint8Array, type: string): readonly DerNode[] {
  return children(readDer(name)).flatMap((rdn) =>
    children(rdn)
      .map((attribute) => children(attribute))
      .filter((parts) => readOid(child(parts, 0)) === type)
      .map((parts) => child(parts, 1)),
  );
}

function canonicalAttribute(attribute: DerNode): string {
  const parts = children(attribute);
  const value = child(parts, 1);
  const text = stringText(value);
  const type = readOid(child(parts, 0));
  if (text === undefined) return `${type}#${Buffer.from(value.whole).toString("hex")}`;
  const folded = text
    .replace(/[ \t\n\v\f\r]+/g, " ")
    .replace(/^ | $/g, "")
    .replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
  return `${type}=${folded}`;
}

/** With its length before it no text is the beginning of another by chance. */
function prefixed(text: string): string {
  return `${text.length}:${text}`;
}
