import { HandfastError } from "@handfast/core";
import {
  child,
  children,
  type DerNode,
  formatName,
  readOid,
  readWholeDer,
} from "@handfast/core/certificates";
import { sequence, sequenceOf, setOf, setOfAll } from "../der/write-der.ts";
import { checkAttribute } from "./check-attribute.ts";

/** A name without the attributes that may not stay. */
export interface FilteredName {
  /** DER. */
  readonly der: Uint8Array;
  /** OIDs of the attributes that stayed. */
  readonly types: ReadonlySet<string>;
  /** What went, as text after RFC 4514. */
  readonly dropped: readonly string[];
}

/**
 * A name that somebody else wrote, with the attributes that may stay; their bytes stay as they are.
 *
 * @throws HandfastError `CERTIFICATE_UNSUITABLE` when an attribute's value is no text for it: RFC 5280, appendix A.1
 */
export function filterName(name: Uint8Array, mayStay: (type: string) => boolean): FilteredName {
  const types = new Set<string>();
  const dropped: string[] = [];
  const rdns: Uint8Array[] = [];
  for (const rdn of children(readWholeDer(name))) {
    const kept: Uint8Array[] = [];
    for (const attribute of children(rdn)) {
      const parts = children(attribute);
      const type = readOid(child(parts, 0));
      if (mayStay(type)) {
        const reason = checkValue(type, child(parts, 1));
        if (reason !== undefined) throw unsuitable(name, reason);
        types.add(type);
        kept.push(attribute.whole);
      } else dropped.push(formatName(sequence(setOf(attribute.whole))));
    }
    if (kept.length > 0) rdns.push(setOfAll(kept));
  }
  return { der: sequenceOf(rdns), types, dropped };
}

function checkValue(type: string, { tag, value }: DerNode): string | undefined {
  const text = readText(tag, Buffer.from(value));
  return text === undefined ? "a value is written in a string type that is none" : checkAttribute(type, text);
}

/** DirectoryString (RFC 5280, 4.1.2.4) and IA5String. */
function readText(tag: number, bytes: Buffer): string | undefined {
  if (tag === 0x0c) return bytes.toString("utf8");
  if (tag === 0x1e) return bytes.length % 2 === 0 ? bytes.swap16().toString("utf16le") : undefined;
  return tag === 0x13 || tag === 0x14 || tag === 0x16 ? bytes.toString("latin1") : undefined;
}

function unsuitable(name: Uint8Array, reason: string): HandfastError {
  return new HandfastError(
    "CERTIFICATE_UNSUITABLE",
    `read subject failed [subject=${formatName(name).slice(0, 200)}]: ${reason}; make the request again`,
  );
}
