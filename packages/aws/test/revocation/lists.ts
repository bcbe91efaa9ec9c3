import { type CrlFacts, readCrl, sha256 } from "@handfast/core";
import fc from "fast-check";
import { start } from "../alb/trust.ts";
import { element, nameOf, toDer } from "./names.ts";

/** A CRL as its bytes have it, but for the signature, which is empty and nobody looks at here. */
export function writtenCrl(issuer: string, serials: Iterable<string>): CrlFacts {
  const at = element(0x17, [Buffer.from("260101000000Z").toString("hex")]);
  const entries = [...serials].map((serial) => element(0x30, [element(0x02, [unsigned(serial)]), at]));
  const algorithm = element(0x30, [element(0x06, ["2a8648ce3d040302"])]);
  const body = element(0x30, [
    element(0x02, ["01"]),
    algorithm,
    toDer(nameOf(issuer)),
    at,
    element(0x30, entries),
  ]);
  return readCrl(new Uint8Array(Buffer.from(element(0x30, [body, algorithm, element(0x03, ["00"])]), "hex")));
}

/** Content of an INTEGER that is not negative. */
function unsigned(hex: string): string {
  return /^[89a-f]/.test(hex) ? `00${hex}` : hex;
}

/** What a CRL of some issuer says; its digest is made of that, and it has no bytes. For many serials. */
export function crlOf(issuer: string, serials: Iterable<string>): CrlFacts {
  const revoked = new Set(serials);
  const digest = sha256(`${issuer} ${[...revoked].join(" ")}`);
  return { sha256: digest, issuer: toDer(nameOf(issuer)), thisUpdate: start, revoked, der: new Uint8Array() };
}

/** Serials as CrlFacts has them, short ones that collide and long ones that don't. */
const serial = fc.oneof(
  fc.integer({ min: 0, max: 60 }).map((number) => even(number.toString(16))),
  fc.bigInt({ min: 1n << 120n, max: (1n << 120n) + 40n }).map((number) => even(number.toString(16))),
);

/** Sets of CRLs of three CAs, at most one each. */
export const crlSets: fc.Arbitrary<readonly CrlFacts[]> = fc
  .uniqueArray(fc.constantFrom("Root A", "Root B", "Root C"))
  .chain((issuers) =>
    fc.tuple(
      ...issuers.map((issuer) =>
        fc.uniqueArray(serial, { maxLength: 100, size: "max" }).map((all) => writtenCrl(issuer, all)),
      ),
    ),
  );

/** Serials of 16 bytes, so many, beginning somewhere. */
export function serials(count: number, from = 1): string[] {
  return Array.from({ length: count }, (_, index) =>
    (0xa0n * (1n << 120n) + BigInt(from + index)).toString(16),
  );
}

function even(hex: string): string {
  return hex.length % 2 === 0 ? hex : `0${hex}`;
}
