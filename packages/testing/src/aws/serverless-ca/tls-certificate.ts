import { X509Certificate } from "node:crypto";
import { canonicalKey, certify, toPem } from "../../issuing/certificate-authority.ts";
import { type FunctionCode, FunctionFailure } from "../lambda/functions.ts";
import { encodeAlternativeNames } from "./alternative-names.ts";
import { type Hierarchy, leafExtensions, usagesFrom } from "./hierarchy.ts";
import { readSigningRequest } from "./read-request.ts";
import type { Records } from "./records.ts";
import { encodeSubject, renderSubject, type Subject, subjectFrom, subjectOf } from "./subject.ts";

/** What the function stands on. */
export interface TlsCertificateOptions {
  /** Undefined until the CA's own Step Function has run for the first time. */
  readonly hierarchy: () => Hierarchy | undefined;
  readonly records: Records;
  /** The most days that a certificate is given, whatever is asked for. */
  readonly maxLifetime: number;
}

const day = 86_400_000;
/** The certificate begins so much before it is made, for clocks that are slow. */
const skew = 300_000;

type Answer = Readonly<Record<string, unknown>>;

/**
 * The code of the function `tls-cert`, step by step as the public one has it: what it refuses itself is an answer with
 * `error`; everything else that goes wrong in it is an exception of Python.
 */
export function tlsCertificate({ hierarchy, records, maxLifetime }: TlsCertificateOptions): FunctionCode {
  return (given, { clock, log }) => {
    if (typeof given !== "object" || given === null || Array.isArray(given))
      throw new FunctionFailure("AttributeError", "'list' object has no attribute 'items'");
    const event = given as Readonly<Record<string, unknown>>;
    log(`Input: ${JSON.stringify(event)}`);
    const authorities = hierarchy();
    if (authorities === undefined) throw new FunctionFailure("IndexError", "list index out of range");
    const chain = chainOf(authorities);
    if (event.ca_chain_only === true) return chain;
    if (typeof event.common_name !== "string") throw new FunctionFailure("KeyError", "'common_name'");
    const lifetime = readLifetime(event.lifetime);
    const request = readSigningRequest(event.base64_csr_data);
    const own = subjectOf(request.subject);
    const refused = (error: string): Answer => ({ error });
    if (!request.isSigned) return refused("CSR signature is invalid");
    if (own.commonName === undefined) return refused("CSR must include a Common Name");
    const publicKey = canonicalKey(request.publicKey);
    const { issued } = records.now();
    const used = issued.some((one) => one.commonName === event.common_name && one.publicKey === publicKey);
    if (used && !event.force_issue) return refused("Private key has already been used for a certificate");
    if (lifetime < 1) return refused(`${lifetime} is too short`);

    const subject: Subject = { ...own, commonName: own.commonName, ...subjectFrom(event) };
    const names = encodeAlternativeNames(event.common_name, event.sans);
    const now = clock.now();
    const der = certify(authorities.issuing, {
      subject: encodeSubject(subject),
      publicKey: request.publicKey,
      notBefore: now - skew,
      notAfter: now + Math.min(lifetime, maxLifetime) * day,
      extensions: [
        ...leafExtensions(request.publicKey, authorities.issuing, usagesFrom(event.purposes)),
        ...(names === undefined ? [] : [names]),
      ],
    });
    const certificate = new X509Certificate(der);
    const serial = BigInt(`0x${certificate.serialNumber}`).toString();
    records.write({ issued: [...issued, { commonName: event.common_name, serial, publicKey }] });
    const pem = toPem(der, "CERTIFICATE");
    const { issuingCertificate, rootCertificate } = authorities;
    return {
      CertificateInfo: {
        CommonName: event.common_name,
        SerialNumber: serial,
        Issued: momentOf(certificate.validFrom),
        Expires: momentOf(certificate.validTo),
      },
      Base64Certificate: base64(event.cert_bundle ? pem + issuingCertificate + rootCertificate : pem),
      Subject: renderSubject(subject),
      ...chain,
    };
  };
}

function chainOf({ issuingCertificate, rootCertificate }: Hierarchy): Answer {
  return {
    Base64IssuingCaCertificate: base64(issuingCertificate),
    Base64RootCaCertificate: base64(rootCertificate),
    // Joined without the last newline.
    Base64CaChain: base64(`${issuingCertificate.trim()}\n${rootCertificate.trim()}`),
  };
}

function readLifetime(asked: unknown): number {
  if (asked === undefined) return 30;
  const days = typeof asked === "string" && !/^\s*-?\d+\s*$/.test(asked) ? Number.NaN : Number(asked);
  if (asked === null || Number.isNaN(days))
    throw new FunctionFailure("ValueError", `invalid literal for int() with base 10: '${String(asked)}'`);
  return Math.trunc(days);
}

function base64(text: string): string {
  return Buffer.from(text).toString("base64");
}

function momentOf(text: string): string {
  return new Date(text).toISOString().slice(0, 19).replace("T", " ");
}
