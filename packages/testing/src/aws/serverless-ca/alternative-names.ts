import { isIP } from "node:net";
import { element, extension, sequence } from "../../issuing/write-der.ts";
import { encodeSubject, type Subject } from "./subject.ts";

/** A name as the request asks for it. */
interface AskedName {
  readonly type: string;
  readonly value: string;
}

const domain = /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+(?:[a-z]{2,63}|xn--[a-z0-9-]{1,59})$/i;

/** By type: what the value must look like, and its GeneralName (RFC 5280, 4.2.1.6). */
const kinds: Readonly<
  Record<string, { isValid(value: string): boolean; encode(value: string): Buffer | undefined }>
> = {
  DNS_NAME: {
    isValid: (value) => domain.test(value.startsWith("*.") ? value.slice(2) : value),
    encode: (value) => element(0x82, Buffer.from(value, "latin1")),
  },
  IP_ADDRESS: { isValid: (value) => isIP(value) !== 0, encode: (value) => element(0x87, octetsOf(value)) },
  EMAIL_ADDRESS: {
    isValid: (value) => /^[^@\s]+@[^@\s]+$/.test(value) && domain.test(value.split("@")[1] ?? ""),
    encode: (value) => element(0x81, Buffer.from(value, "latin1")),
  },
  URL: {
    isValid: (value) => URL.canParse(value),
    encode: (value) => element(0x86, Buffer.from(value, "latin1")),
  },
  DN: {
    isValid: (value) => /(?:CN|O|OU|C|ST|L|E|DC)=/i.test(value),
    encode: (value) => element(0xa4, encodeSubject(readDistinguishedName(value))),
  },
};

/**
 * The extension subjectAltName for what a request asks for; undefined when nothing is left. What is not valid is left
 * out without a word. Nothing asked for, or an empty list, stands for the common name, if that is a domain.
 */
export function encodeAlternativeNames(commonName: string, asked: unknown): Buffer | undefined {
  const encoded = readAsked(commonName, asked).flatMap(({ type, value }) => {
    const kind = kinds[type];
    const name = kind?.isValid(value) === true ? kind.encode(value) : undefined;
    return name === undefined ? [] : [name];
  });
  return encoded.length === 0 ? undefined : extension("2.5.29.17", sequence(...encoded));
}

/** The forms that the request may have: nothing, a text, a list of texts or of typed values, a map from type to values. */
function readAsked(commonName: string, asked: unknown): readonly AskedName[] {
  const own = domain.test(commonName) ? [{ type: "DNS_NAME", value: commonName }] : [];
  if (asked === undefined || asked === null) return own;
  if (typeof asked === "string") return [{ type: "DNS_NAME", value: asked }];
  if (Array.isArray(asked)) {
    if (asked.length === 0) return own;
    if (asked.every((one) => typeof one === "string"))
      return asked.map((value) => ({ type: "DNS_NAME", value }));
    if (!asked.every((one) => typeof one === "object" && one !== null)) return [];
    return asked.flatMap(({ type = "DNS_NAME", value }: { type?: unknown; value?: unknown }) =>
      typeof type === "string" && typeof value === "string" ? [{ type: type.toUpperCase(), value }] : [],
    );
  }
  if (typeof asked !== "object") return [];
  return Object.entries(asked).flatMap(([type, values]) =>
    [values]
      .flat()
      .flatMap((value: unknown) => (typeof value === "string" ? [{ type: type.toUpperCase(), value }] : [])),
  );
}

function octetsOf(address: string): Buffer {
  if (isIP(address) === 4) return Buffer.from(address.split(".").map(Number));
  const canonical = new URL(`http://[${address}]`).hostname.slice(1, -1);
  const [head = "", tail] = canonical.split("::");
  const groups = (text: string): string[] => (text === "" ? [] : text.split(":"));
  const [before, after] = [groups(head), groups(tail ?? "")];
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => "0");
  const all = tail === undefined ? before : [...before, ...zeros, ...after];
  return Buffer.from(all.map((group) => group.padStart(4, "0")).join(""), "hex");
}

function readDistinguishedName(text: string): Subject {
  const parts = new Map(
    text.split(",").map((part) => {
      const [type = "", value = ""] = part.split("=");
      return [type.trim().toUpperCase(), value.trim()] as const;
    }),
  );
  return {
    commonName: parts.get("CN") ?? "",
    country: parts.get("C"),
    emailAddress: parts.get("E"),
    locality: parts.get("L"),
    organization: parts.get("O"),
    organizationalUnit: parts.get("OU"),
    state: parts.get("ST"),
  };
}
