import type { GeneralName } from "../certificate/general-names.ts";

/** Whether a name lies in a part of the name space; `unclear` when one of them is written in a way that can't be judged. */
export type NameMatch = "inside" | "outside" | "unclear";

/** Whether a name lies below a base of the same kind (RFC 5280, 4.2.1.10, as OpenSSL reads it). */
export function matchName(name: GeneralName, base: GeneralName): NameMatch {
  switch (name.kind) {
    case "directory":
      if (base.kind !== "directory") return "unclear";
      return name.canonical.startsWith(base.canonical) ? "inside" : "outside";
    case "dns":
      return base.kind === "dns" ? matchDomain(name.text, base.text) : "unclear";
    case "email":
      return base.kind === "email" ? matchEmail(name.text, base.text) : "unclear";
    case "uri":
      return base.kind === "uri" ? matchUri(name.text, base.text) : "unclear";
    case "ip":
      return base.kind === "ip" ? matchAddress(name.bytes, base.bytes) : "unclear";
    default:
      return "unclear";
  }
}

/** `example.com` holds itself and what lies below, `.example.com` only what lies below, an empty base everything. */
function matchDomain(text: string, baseText: string): NameMatch {
  const name = fold(text);
  const base = fold(baseText);
  if (base === "" || name === base) return "inside";
  return name.endsWith(base.startsWith(".") ? base : `.${base}`) ? "inside" : "outside";
}

/** A base is a mailbox, a host, or, with a dot before it, all hosts of a domain. The mailbox's case counts. */
function matchEmail(name: string, base: string): NameMatch {
  const at = name.lastIndexOf("@");
  if (at < 0) return "unclear";
  const baseAt = base.lastIndexOf("@");
  const host = fold(name.slice(at + 1));
  if (baseAt < 0 && base.startsWith(".")) return host.endsWith(fold(base)) ? "inside" : "outside";
  const mailbox = base.slice(0, Math.max(baseAt, 0));
  if (mailbox !== "" && mailbox !== name.slice(0, at)) return "outside";
  return host === fold(base.slice(baseAt + 1)) ? "inside" : "outside";
}

/** A base is a host, or, with a dot before it, all hosts of a domain. */
function matchUri(name: string, baseText: string): NameMatch {
  const host = /^[A-Za-z][A-Za-z0-9+.-]*:\/\/([^/?#@:]+)(?::\d*)?(?:[/?#]|$)/.exec(name)?.[1];
  if (host === undefined) return "unclear";
  const base = fold(baseText);
  const folded = fold(host);
  if (base.startsWith("."))
    return folded.length > base.length && folded.endsWith(base) ? "inside" : "outside";
  return folded === base ? "inside" : "outside";
}

/** A base is an address and its mask. */
function matchAddress(address: Uint8Array, base: Uint8Array): NameMatch {
  const size = address.length;
  if ((size !== 4 && size !== 16) || (base.length !== 8 && base.length !== 32)) return "unclear";
  if (base.length !== 2 * size) return "outside";
  const fits = address.every((octet, index) => {
    const mask = base[size + index] ?? 0;
    return (octet & mask) === ((base[index] ?? 0) & mask);
  });
  return fits ? "inside" : "outside";
}

function fold(text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}
