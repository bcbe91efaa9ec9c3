import { randomBytes } from "node:crypto";
import { type Clock, toPem } from "@handfast/core";
import { publicKeyBits } from "@handfast/core/certificates";
import { keyId } from "../authority/key-id.ts";
import { makeSerial } from "../authority/make-serial.ts";
import { signDer } from "../authority/sign-der.ts";
import { makeValidity } from "../authority/validity.ts";
import { writeCertificate } from "../authority/write-certificate.ts";
import {
  authorityKeyId,
  basicConstraints,
  extendedKeyUsage,
  keyUsage,
  subjectKeyId,
} from "../certificate/write-extensions.ts";
import { generateKey } from "../key/generate-key.ts";
import { encodeName } from "../name/encode-name.ts";

/** A certificate with its key, as text. */
export interface ProbeIdentity {
  /** PEM: the leaf, then its intermediates. */
  readonly chain: string;
  /** PEM, unencrypted. */
  readonly key: string;
}

/** Clocks differ: what is made on the spot is valid from so long before now. */
const skewMs = 3_600_000;

/**
 * A throw-away client certificate that signs itself, so that no verifier has a reason to trust it. Sound in every other
 * way: P-256, valid now, for client authentication.
 */
export async function makeStranger(clock: Clock): Promise<ProbeIdentity> {
  const key = await generateKey({ type: "ec", curve: "P-256" });
  const name = encodeName("CN=handfast stranger");
  const id = keyId(publicKeyBits(key.publicKey));
  const content = writeCertificate(
    {
      serial: makeSerial(randomBytes),
      issuer: name,
      subject: name,
      validity: makeValidity(clock.now() - skewMs, 1),
      publicKey: key.publicKey,
      extensions: [
        basicConstraints(false),
        keyUsage(["digitalSignature"]),
        extendedKeyUsage(["1.3.6.1.5.5.7.3.2"]),
        subjectKeyId(id),
        authorityKeyId(id),
      ],
    },
    key,
  );
  const der = await signDer(content, key);
  return { chain: toPem(der, "CERTIFICATE"), key: key.export() };
}
