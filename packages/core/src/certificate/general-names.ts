import { canonicalName } from "./canonical-name.ts";
import { child, children, type DerNode, eachChild, readDer, readOid } from "./read-der.ts";

/** One name of a subject alternative name, a name constraint or a distribution point (RFC 5280, 4.2.1.6). */
export type GeneralName =
  /** `email` is an rfc822Name. Text as it stands, in ASCII. */
  | { readonly kind: "dns" | "email" | "uri"; readonly text: string }
  /** 4 or 16 bytes; twice as many, with the mask behind, in a name constraint. */
  | { readonly kind: "ip"; readonly bytes: Uint8Array }
  /** DER of the name, and the form in which names are compared. */
  | { readonly kind: "directory"; readonly der: Uint8Array; readonly canonical: string }
  /** An otherName with its type, or one of the kinds that nobody uses. */
  | {
      readonly kind: "other" | "x400" | "edi" | "registered";
      readonly type?: string | undefined;
      readonly der: Uint8Array;
    };

/**
 * Reads GeneralNames, a sequence of names.
 *
 * @throws RangeError when it is none
 */
export function readGeneralNames(list: DerNode): readonly GeneralName[] {
  return [...eachChild(list)].map(readGeneralName);
}

/**
 * Reads one GeneralName.
 *
 * @throws RangeError when it is none
 */
export function readGeneralName(node: DerNode): GeneralName {
  switch (node.tag) {
    case 0x81:
      return { kind: "email", text: ascii(node) };
    case 0x82:
      return { kind: "dns", text: ascii(node) };
    case 0x86:
      return { kind: "uri", text: ascii(node) };
    case 0x87:
      return { kind: "ip", bytes: node.value };
    case 0xa4: {
      const der = readDer(node.value).whole;
      return { kind: "directory", der, canonical: canonicalName(der) };
    }
    case 0xa0:
      return { kind: "other", type: readOid(child(children(node), 0)), der: node.whole };
    case 0xa3:
      return { kind: "x400", der: node.whole };
    case 0xa5:
      return { kind: "edi", der: node.whole };
    case 0x88:
      return { kind: "registered", der: node.whole };
    default:
      throw new RangeError("a general name is of no known kind");
  }
}

function ascii({ value }: DerNode): string {
  return Buffer.from(value).toString("latin1");
}
