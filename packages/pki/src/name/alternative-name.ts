import { isIP } from "node:net";
import { HandfastError } from "@handfast/core";
import { eachChild, readWholeDer } from "@handfast/core/certificates";
import { element, text } from "../der/write-der.ts";
import { encodeIp, formatIp } from "./ip-address.ts";
import { quoteText } from "./quote-text.ts";

/** Kinds of subjectAltName that this package writes (RFC 5280, 4.2.1.6). */
export type NameKind = "dns" | "ip" | "email" | "uri";

/** One name of subjectAltName. A kind that this package does not write is `other`, its value hex of the DER. */
export interface AlternativeName {
  readonly kind: NameKind | "other";
  readonly value: string;
}

/** Tags of GeneralName. */
const tags = { email: 0x81, dns: 0x82, uri: 0x86, ip: 0x87 } as const;

const dnsName = /^(?=.{1,253}$)(\*\.)?(?:[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?(?:\.(?!$)|$))+$/;
/** Mailbox of RFC 5321, 4.1.2, with a dot-string before the @. */
const mailbox = /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*@([^@]+)$/;
const uri = /^[A-Za-z][A-Za-z0-9+.-]*:[\x21-\x7e]+$/;

/** Whether a text is a DNS name in ASCII, `*.` before it or not, and no IP address. */
export function isDnsName(value: string): boolean {
  return dnsName.test(value) && isIP(value) === 0;
}

/** Which kind a name is of; each has a form that no other has. */
export function alternativeName(value: string): AlternativeName {
  if (isIP(value) !== 0) return { kind: "ip", value };
  if (/^[A-Za-z][A-Za-z0-9+.-]*:/.test(value)) return { kind: "uri", value };
  return { kind: value.includes("@") ? "email" : "dns", value };
}

/**
 * The DER of a GeneralName.
 *
 * @throws HandfastError `CERTIFICATE_UNSUITABLE` when the value has not the form of its kind
 */
export function encodeAlternativeName({ kind, value }: AlternativeName): Uint8Array {
  if (kind === "ip") {
    const octets = encodeIp(value);
    if (octets !== undefined) return element(tags.ip, octets);
  } else if (kind !== "other" && isWritten(kind, value)) return text(tags[kind], value);
  throw new HandfastError(
    "CERTIFICATE_UNSUITABLE",
    `encode name failed [${kind}=${quoteText(value)}]: it is no ${kind === "dns" ? "DNS name in ASCII" : kind}; ` +
      'write names like "shop.example.com", "192.0.2.7", "ann@example.com" or "spiffe://example.com/shop"',
  );
}

function isWritten(kind: "dns" | "email" | "uri", value: string): boolean {
  if (kind === "dns") return isDnsName(value);
  if (kind === "uri") return uri.test(value);
  return isDnsName(mailbox.exec(value)?.[1] ?? "");
}

/** A certificate with more names is too long for what reads it in a handshake, and a mistake. */
const mostNames = 1_000;

/** @throws HandfastError `CERTIFICATE_UNSUITABLE` when there are more names than one certificate should hold */
export function checkNameCount(count: number): void {
  if (count > mostNames)
    throw new HandfastError(
      "CERTIFICATE_UNSUITABLE",
      `encode names failed [names=${count}]: one certificate takes ${mostNames} of them at most; spread them over several`,
    );
}

/** Reads the value of subjectAltName. Throws a RangeError when it is none. */
export function readAlternativeNames(der: Uint8Array): AlternativeName[] {
  return [...eachChild(readWholeDer(der))].map(({ tag, value, whole }) => {
    const ip = tag === tags.ip ? formatIp(value) : undefined;
    if (ip !== undefined) return { kind: "ip", value: ip };
    for (const kind of ["dns", "email", "uri"] as const)
      if (tag === tags[kind]) return { kind, value: Buffer.from(value).toString("latin1") };
    return { kind: "other", value: Buffer.from(whole).toString("hex") };
  });
}
