import { type GeneralName, readGeneralName } from "./general-names.ts";
import { child, children, readDer } from "./read-der.ts";

/** A part of the name space (RFC 5280, 4.2.1.10). */
export interface Subtree {
  readonly base: GeneralName;
  /** Whether it has a minimum or maximum, which RFC 5280 forbids. */
  readonly bounded: boolean;
}

/** What names a CA may give (RFC 5280, 4.2.1.10). */
export interface NameConstraints {
  /** Where there is one for a kind of name, names of that kind must lie in one of them. */
  readonly permitted: readonly Subtree[];
  /** Where names must not lie. */
  readonly excluded: readonly Subtree[];
}

/**
 * Reads the value of a name constraints extension.
 *
 * @param der the DER inside the OCTET STRING
 * @throws RangeError when it is none
 * @example
 * ```ts
 * import { readCertificate } from "@handfast/core";
 * import { partsOf, readNameConstraints } from "@handfast/core/certificates";
 *
 * export function permittedDomains(der: Uint8Array): string[] {
 *   const value = partsOf(readCertificate(der)).extensions.get("2.5.29.30");
 *   const permitted = value === undefined ? [] : readNameConstraints(value).permitted;
 *   return permitted.flatMap(({ base }) => (base.kind === "dns" ? [base.text] : []));
 * }
 * ```
 */
export function readNameConstraints(der: Uint8Array): NameConstraints {
  const list = readDer(der);
  if (list.tag !== 0x30) throw new RangeError("name constraints are a sequence");
  const found: { permitted: readonly Subtree[]; excluded: readonly Subtree[] } = {
    permitted: [],
    excluded: [],
  };
  for (const part of children(list)) {
    if (part.tag !== 0xa0 && part.tag !== 0xa1) throw new RangeError("name constraints hold something else");
    const subtrees = children(part).map((subtree) => {
      const fields = children(subtree);
      return { base: readGeneralName(child(fields, 0)), bounded: fields.slice(1).some(isBound) };
    });
    found[part.tag === 0xa0 ? "permitted" : "excluded"] = subtrees;
  }
  return found;
}

/** A minimum of 0 is the default, and allowed; a maximum never is. */
function isBound({ tag, value }: { readonly tag: number; readonly value: Uint8Array }): boolean {
  return tag !== 0x80 || value.some((octet) => octet !== 0);
}
