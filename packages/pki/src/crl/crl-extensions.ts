import { HandfastError } from "@handfast/core";
import { element, explicit, integerOf, octetString, oid, sequence, yes } from "../der/write-der.ts";

/** Of what a list speaks when it does not speak of all that its issuer revoked (RFC 5280, 5.2.5). */
export interface IssuingDistributionPointInput {
  /** Where it is published, as the certificates' own cRLDistributionPoints say, letter by letter. */
  readonly urls?: readonly string[] | undefined;
  /** The only kind of certificates that it lists. @default all kinds */
  readonly only?: "user" | "ca" | undefined;
}

/** What goes into the extensions of a CRL. */
export interface CrlExtensionInput {
  readonly number: bigint;
  /** Key identifier of the issuer. */
  readonly keyId: Uint8Array;
  /** The value of the extension. */
  readonly issuingDistributionPoint: Uint8Array | undefined;
}

/** The extensions of a CRL: authority key identifier, CRL number, issuing distribution point (RFC 5280, 5.2). */
export function encodeCrlExtensions(input: CrlExtensionInput): Uint8Array {
  const { number, keyId, issuingDistributionPoint: point } = input;
  return explicit(
    0,
    sequence(
      sequence(oid("2.5.29.35"), octetString(sequence(element(0x80, keyId)))),
      sequence(oid("2.5.29.20"), octetString(integerOf(number))),
      ...(point === undefined ? [] : [sequence(oid("2.5.29.28"), yes, octetString(point))]),
    ),
  );
}

/** The value of the extension 2.5.29.28. */
export function encodeDistributionPoint({ urls = [], only }: IssuingDistributionPointInput): Uint8Array {
  if (urls.length === 0 && only === undefined)
    throw unfit("it names neither a URL nor a kind of certificates; give one, or leave it out");
  const names = urls.map((url) => {
    if (!URL.canParse(url) || !/^[\x21-\x7e]+$/.test(url))
      throw unfit(`${JSON.stringify(url)} is no absolute URL in ASCII`);
    return element(0x86, Buffer.from(url, "latin1"));
  });
  return sequence(
    ...(names.length === 0 ? [] : [explicit(0, explicit(0, ...names))]),
    ...(only === undefined ? [] : [element(only === "user" ? 0x81 : 0x82, Uint8Array.of(0xff))]),
  );
}

function unfit(reason: string): HandfastError {
  return new HandfastError(
    "CERTIFICATE_UNSUITABLE",
    `create CRL failed [issuingDistributionPoint]: ${reason}`,
  );
}
