import { type CertificateFacts, readCertificate } from "./certificate-facts.ts";
import { isoSeconds } from "./certificate-headers.ts";
import { readElement } from "./der.ts";
import { renderNameAsEncoded } from "./distinguished-name.ts";

/** A certificate as a connection function sees it. */
export interface EventCertificate {
  /** Bytes in lower-case hex with colons between; `00` leads where the first bit of the number is set. */
  readonly serialNumber: string;
  /** In the order of its encoding, e.g. `C=DE, O=Handfast, CN=laptop`. */
  readonly subject: string;
  readonly issuer: string;
  /** ISO 8601, without fractions of a second. */
  readonly validity: { readonly notBefore: string; readonly notAfter: string };
  /** Bytes in upper-case hex with colons between. */
  readonly sha256Fingerprint: string;
  /** Where its issuer answers for it, where the certificate says so. */
  readonly ocspEndpoint?: string | undefined;
}

/** What a responder said of one certificate. */
export interface EventRevocation {
  readonly method: "OCSP";
  readonly status: "Good" | "Revoked" | "Unknown" | "Error";
  /** Present with `Error` only. */
  readonly errorType?: string | undefined;
  readonly serialNumber: string;
}

/** What a connection function gets, without the functions on it; JSON-safe. */
export interface ConnectionEvent {
  /** Absent when the viewer showed none. */
  readonly clientCertificate?:
    | {
        readonly certificates: {
          readonly leaf: EventCertificate;
          /** Between leaf and anchor, leaf's issuer first; absent when there are none. */
          readonly intermediates?: readonly EventCertificate[] | undefined;
        };
        /** Present when the trust store asks responders. */
        readonly revocationStatus?:
          | {
              readonly chainValidity: "Valid" | "Invalid" | "Unknown";
              readonly certificates: {
                readonly leaf: EventRevocation;
                readonly intermediates?: readonly EventRevocation[] | undefined;
              };
            }
          | undefined;
      }
    | undefined;
  readonly clientIp: string;
  /** The distribution's own domain name. */
  readonly endpoint: string;
  readonly distributionId: string;
  readonly connectionId: string;
}

/** What is to be told of a connection. */
export interface ConnectionEventOptions {
  /** PEM of what the viewer showed, leaf first and without the anchor; empty for nothing. */
  readonly certificates?: readonly string[] | undefined;
  /** @default "127.0.0.1" */
  readonly clientIp?: string | undefined;
  /** @default "d111111abcdef8.cloudfront.net" */
  readonly endpoint?: string | undefined;
  /** @default "EDFDVBD6EXAMPLE" */
  readonly distributionId?: string | undefined;
  /** @default "xdzQ6lJUDUt8b7OuqOD8lmzOC9HcMaXPmhH5ZdzLCZpKxqzfCPpR4A==" */
  readonly connectionId?: string | undefined;
}

/** The names that AWS's own examples use. */
export const exampleNames = {
  endpoint: "d111111abcdef8.cloudfront.net",
  distributionId: "EDFDVBD6EXAMPLE",
  connectionId: "xdzQ6lJUDUt8b7OuqOD8lmzOC9HcMaXPmhH5ZdzLCZpKxqzfCPpR4A==",
} as const;

/**
 * The event that a connection function gets for a viewer who shows these certificates (developer guide pages "Write
 * CloudFront Connection Function code for mutual TLS (viewer) validation" and "Certificate revocation"). Throws when a
 * certificate can't be read.
 *
 * @example
 * ```ts
 * import { makeConnectionEvent } from "@handfast/testing";
 *
 * export const readSerial = (pem: string): string | undefined =>
 *   makeConnectionEvent({ certificates: [pem] }).clientCertificate?.certificates.leaf.serialNumber;
 * ```
 */
export function makeConnectionEvent(options: ConnectionEventOptions = {}): ConnectionEvent {
  const { certificates = [], clientIp = "127.0.0.1", connectionId = exampleNames.connectionId } = options;
  const { endpoint = exampleNames.endpoint, distributionId = exampleNames.distributionId } = options;
  const clientCertificate = eventCertificates(certificates.map((pem) => readCertificate(pem)));
  return { clientCertificate, clientIp, endpoint, distributionId, connectionId };
}

/** Certificates as a connection function sees them, leaf first; `undefined` for none. */
export function eventCertificates(
  shown: readonly CertificateFacts[],
  revocationStatus?: NonNullable<ConnectionEvent["clientCertificate"]>["revocationStatus"],
): ConnectionEvent["clientCertificate"] {
  const [leaf, ...intermediates] = shown.map(eventCertificate);
  if (leaf === undefined) return undefined;
  return {
    certificates: { leaf, ...(intermediates.length === 0 ? {} : { intermediates }) },
    ...(revocationStatus === undefined ? {} : { revocationStatus }),
  };
}

function eventCertificate(facts: CertificateFacts): EventCertificate {
  return {
    serialNumber: colonHex(facts.serialHex),
    subject: nameOf(facts.subjectDer),
    issuer: nameOf(facts.issuerDer),
    validity: { notBefore: isoSeconds(facts.notBefore), notAfter: isoSeconds(facts.notAfter) },
    sha256Fingerprint: facts.x509.fingerprint256,
    ...(facts.ocspUrl === undefined ? {} : { ocspEndpoint: facts.ocspUrl }),
  };
}

/** Bytes with colons between. */
export function colonHex(hex: string): string {
  return hex.replace(/..(?=.)/g, "$&:");
}

function nameOf(hex: string): string {
  const der = Buffer.from(hex, "hex");
  return renderNameAsEncoded(der, readElement(der, 0));
}
