/**
 * The one file that touches @peculiar/x509, for the contents of extensions and for reading requests.
 *
 * The library resolves its parts by decorators and throws on import unless reflect-metadata was loaded before
 * it. This package declares that it has no side effects, so a bundler may drop a module that only passes names
 * on; the functions below use the library, which keeps this module, and with it the first import, in place.
 */
import "reflect-metadata";
import { isIP } from "node:net";
import * as x509 from "@peculiar/x509";

/** Bits of key usage that this package sets (RFC 5280, 4.2.1.3). */
export type KeyUsage = "digitalSignature" | "keyEncipherment" | "keyCertSign" | "cRLSign";

/** What goes into the extensions of a certificate or request. */
export interface ExtensionInput {
  readonly ca?: { readonly is: boolean; readonly pathLength?: number | undefined } | undefined;
  readonly keyUsage?: readonly KeyUsage[] | undefined;
  /** OIDs. */
  readonly extendedKeyUsage?: readonly string[] | undefined;
  /** Hex. */
  readonly subjectKeyId?: string | undefined;
  readonly authorityKeyId?: string | undefined;
  /** DNS names and IP addresses. */
  readonly names?: readonly string[] | undefined;
}

/** The DER of each extension. */
export function encodeExtensions(input: ExtensionInput): Uint8Array[] {
  const { ca, keyUsage, extendedKeyUsage, subjectKeyId, authorityKeyId, names } = input;
  const list: x509.Extension[] = [];
  if (ca !== undefined) list.push(new x509.BasicConstraintsExtension(ca.is, ca.pathLength, true));
  if (keyUsage !== undefined)
    list.push(
      new x509.KeyUsagesExtension(
        keyUsage.reduce((flags, name) => flags | x509.KeyUsageFlags[name], 0),
        true,
      ),
    );
  if (extendedKeyUsage !== undefined && extendedKeyUsage.length > 0)
    list.push(new x509.ExtendedKeyUsageExtension([...extendedKeyUsage]));
  if (names !== undefined && names.length > 0)
    list.push(
      new x509.SubjectAlternativeNameExtension(
        names.map((value) => ({ type: isIP(value) === 0 ? ("dns" as const) : ("ip" as const), value })),
      ),
    );
  if (subjectKeyId !== undefined) list.push(new x509.SubjectKeyIdentifierExtension(subjectKeyId));
  if (authorityKeyId !== undefined) list.push(new x509.AuthorityKeyIdentifierExtension(authorityKeyId));
  return list.map((extension) => new Uint8Array(extension.rawData));
}

/** What a certificate signing request (RFC 2986) says and proves. */
export interface RequestContent {
  /** DNS names and IP addresses that it asks for. */
  readonly names: readonly string[];
  /** Whether the request is signed by the key that it carries. */
  readonly signed: boolean;
}

/** Reads a request from its DER. Throws whatever the library throws when it can't be read. */
export async function readRequest(der: Uint8Array): Promise<RequestContent> {
  const request = new x509.Pkcs10CertificateRequest(Uint8Array.from(der));
  const names = request.extensions
    .filter((extension) => extension instanceof x509.SubjectAlternativeNameExtension)
    .flatMap((extension) => extension.names.items)
    .filter(({ type }) => type === "dns" || type === "ip")
    .map(({ value }) => value);
  return {
    names,
    signed: await request.verify(),
  };
}
