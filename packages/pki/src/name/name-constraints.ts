import { HandfastError } from "@handfast/core";
import { element, elementOf, explicit, octetString, oid, sequence, text, yes } from "../der/write-der.ts";
import { isDnsName } from "./alternative-name.ts";
import { encodeName } from "./encode-name.ts";
import { encodeIp } from "./ip-address.ts";
import { quoteText } from "./quote-text.ts";

/** Names by kind; each stands for all names below it. */
export interface NameSubtrees {
  /** `example.com` is that name and every one that ends with `.example.com`; the empty text, in `excluded`, is all. */
  readonly dns?: readonly string[] | undefined;
  /** Ranges in CIDR form: `10.0.0.0/8`, `2001:db8::/32`. */
  readonly ip?: readonly string[] | undefined;
  /** One mailbox (`ann@example.com`), all at a host (`example.com`), or at all hosts below it (`.example.com`). */
  readonly email?: readonly string[] | undefined;
  /** One host (`example.com`), or all below it (`.example.com`). */
  readonly uri?: readonly string[] | undefined;
  /** RFC 4514; stands for all names that begin with these RDNs: `O=Example,C=DE`. */
  readonly directory?: readonly string[] | undefined;
}

/**
 * Which names an authority, and those below it, may certify (RFC 5280, 4.2.1.10). A kind that `permitted` doesn't
 * mention is not limited by it; `excluded` goes before `permitted`.
 */
export interface NameConstraints {
  readonly permitted?: NameSubtrees | undefined;
  readonly excluded?: NameSubtrees | undefined;
}

/**
 * The extension, which is critical.
 *
 * @throws HandfastError `CERTIFICATE_UNSUITABLE` when it limits nothing, or a name has not the form of its kind
 */
export function encodeNameConstraints(constraints: NameConstraints): Uint8Array {
  return wrapNameConstraints(nameConstraintsValue(constraints));
}

/** The extension from the DER of its value. */
export function wrapNameConstraints(value: Uint8Array): Uint8Array {
  return sequence(oid("2.5.29.30"), yes, octetString(value));
}

/**
 * The value of the extension.
 *
 * @throws HandfastError as `encodeNameConstraints`
 */
export function nameConstraintsValue({ permitted, excluded }: NameConstraints): Uint8Array {
  if (permitted?.dns?.includes("") === true)
    throw refuse("dns=", "the empty text permits all DNS names; leave dns out of permitted for that");
  const lists = [permitted, excluded].map((subtrees) => encodeSubtrees(subtrees ?? {}));
  const value = sequence(
    ...lists.flatMap((list, tag) => (list.length === 0 ? [] : [elementOf(0xa0 | tag, list)])),
  );
  if (value.length === 2) throw refuse("no name", "it permits and excludes nothing");
  return value;
}

function encodeSubtrees({
  dns = [],
  ip = [],
  email = [],
  uri = [],
  directory = [],
}: NameSubtrees): Uint8Array[] {
  return [
    ...directory.map((name) => explicit(4, encodeName(name))),
    ...dns.map((name) => {
      if (name !== "" && (!isDnsName(name) || name.includes("*")))
        throw refuse(`dns=${name}`, "it is no DNS name; write it without a dot or a star before it");
      return text(0x82, name);
    }),
    ...email.map((name) => {
      const [box, at, host] = /^(?:([\x21-\x7e]+)(@))?(.*)$/.exec(name)?.slice(1) ?? [];
      if (!isHost(host ?? "", at === undefined) || (at !== undefined && box?.includes("@") === true))
        throw refuse(`email=${name}`, "it is no mailbox, host or domain");
      return text(0x81, name);
    }),
    ...uri.map((name) => {
      if (!isHost(name, true)) throw refuse(`uri=${name}`, "it is no host or domain");
      return text(0x86, name);
    }),
    ...ip.map(encodeRange),
  ].map((base) => sequence(base));
}

function isHost(name: string, mayBeDomain: boolean): boolean {
  const bare = mayBeDomain && name.startsWith(".") ? name.slice(1) : name;
  return isDnsName(bare) && !bare.includes("*");
}

/** Address and mask, one after the other. */
function encodeRange(range: string): Uint8Array {
  const [, address = "", digits = ""] = /^([^/]+)\/(\d{1,3})$/.exec(range) ?? [];
  const octets = encodeIp(address);
  const bits = Number(digits);
  if (octets === undefined || digits === "" || bits > octets.length * 8)
    throw refuse(`ip=${range}`, "it is no range; write it like 10.0.0.0/8");
  const mask = octets.map((_, index) => 0xff & ~(0xff >> Math.min(8, Math.max(0, bits - index * 8))));
  if (octets.some((octet, index) => (octet & ~(mask[index] ?? 0) & 0xff) !== 0))
    throw refuse(
      `ip=${range}`,
      "its address has bits behind the prefix; write the first address of the range",
    );
  return element(0x87, octets, mask);
}

function refuse(what: string, reason: string): HandfastError {
  return new HandfastError(
    "CERTIFICATE_UNSUITABLE",
    `encode name constraints failed [${quoteText(what)}]: ${reason}`,
  );
}
