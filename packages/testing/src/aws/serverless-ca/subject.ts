import { children, type DerNode, eachChild, readOid } from "@handfast/core/certificates";
import { element, identifier, sequence } from "../../issuing/write-der.ts";
import { FunctionFailure } from "../lambda/functions.ts";

/** What the CA knows of a name: one value of each of these types, and nothing else. */
export interface Subject {
  readonly commonName: string;
  readonly country?: string | undefined;
  readonly emailAddress?: string | undefined;
  readonly locality?: string | undefined;
  readonly organization?: string | undefined;
  readonly organizationalUnit?: string | undefined;
  readonly state?: string | undefined;
}

interface AttributeType {
  readonly field: keyof Subject;
  /** As the request to the function calls it. */
  readonly member: string;
  readonly oid: string;
  /** UTF8String, PrintableString or IA5String. */
  readonly tag: number;
  readonly longest: number;
  /** As the function's answer calls it (RFC 4514, what has no short name there by its OID). */
  readonly short: string;
}

/** In the order in which the CA writes them into a name. */
const attributeTypes: readonly AttributeType[] = [
  { field: "commonName", member: "common_name", oid: "2.5.4.3", tag: 0x0c, longest: 64, short: "CN" },
  { field: "country", member: "country", oid: "2.5.4.6", tag: 0x13, longest: 2, short: "C" },
  {
    field: "emailAddress",
    member: "email_address",
    oid: "1.2.840.113549.1.9.1",
    tag: 0x16,
    longest: 255,
    short: "1.2.840.113549.1.9.1",
  },
  { field: "locality", member: "locality", oid: "2.5.4.7", tag: 0x0c, longest: 128, short: "L" },
  { field: "organization", member: "organization", oid: "2.5.4.10", tag: 0x0c, longest: 64, short: "O" },
  {
    field: "organizationalUnit",
    member: "organizational_unit",
    oid: "2.5.4.11",
    tag: 0x0c,
    longest: 64,
    short: "OU",
  },
  { field: "state", member: "state", oid: "2.5.4.8", tag: 0x0c, longest: 128, short: "ST" },
];

/** The first value of each type that a request's own name has. */
export function subjectOf(name: DerNode): Partial<Subject> {
  const first = new Map<string, string>();
  for (const relative of eachChild(name))
    for (const attribute of eachChild(relative)) {
      const [type, value] = children(attribute);
      if (type === undefined || value === undefined) continue;
      const oid = readOid(type);
      if (!first.has(oid)) first.set(oid, Buffer.from(value.value).toString("utf8"));
    }
  return fromTypes(({ oid }) => first.get(oid));
}

/** What the event says of the name, which comes before what the request's own name says. */
export function subjectFrom(event: Readonly<Record<string, unknown>>): Partial<Subject> {
  return fromTypes(({ member }) => {
    const value = event[member];
    return value === undefined || value === null || value === "" ? undefined : String(value);
  });
}

function fromTypes(find: (type: AttributeType) => string | undefined): Partial<Subject> {
  return Object.fromEntries(
    attributeTypes.flatMap((type) => {
      const value = find(type);
      return value === undefined ? [] : [[type.field, value]];
    }),
  );
}

/**
 * The DER of a name.
 *
 * @throws FunctionFailure ValueError, as the CA's library does, for a value of the wrong length
 */
export function encodeSubject(subject: Subject): Buffer {
  const attributes = attributeTypes.flatMap(({ field, oid, tag, longest }) => {
    const value = subject[field];
    if (value === undefined) return [];
    if (field === "country" && value.length !== 2)
      throw new FunctionFailure("ValueError", "Country name must be a 2 character country code");
    if (value.length > longest)
      throw new FunctionFailure(
        "ValueError",
        `Attribute's length must be >= 1 and <= ${longest}, but it was ${value.length}`,
      );
    return [element(0x31, sequence(identifier(oid), element(tag, Buffer.from(value, "utf8"))))];
  });
  return sequence(...attributes);
}

/** A name as the function's answer has it: RFC 4514, which begins with the last. */
export function renderSubject(subject: Subject): string {
  return attributeTypes
    .flatMap(({ field, short }) => {
      const value = subject[field];
      return value === undefined ? [] : [`${short}=${value.replace(/[,+"\\<>;]/g, "\\$&")}`];
    })
    .reverse()
    .join(",");
}
