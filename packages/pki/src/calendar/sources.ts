import { type CertificateFacts, type CrlFacts, HandfastError, readCrl, readPem } from "@handfast/core";
import { type CertificateInput, readCertificates } from "../certificate/read-certificates.ts";

/**
 * Certificates or CRLs as they lie at hand: PEM or DER, or as a spec has them, written (`{ file }`) or read (`{ pem }`).
 */
export type PemAtHand = CertificateInput | { readonly pem: string } | { readonly file: string };

/** One source or several. */
type Sources = PemAtHand | readonly PemAtHand[];

/** A trust of a spec, or its CA certificates alone. */
export type TrustAtHand = Sources | { readonly anchors: Sources; readonly crls?: Sources | undefined };

/** An identity of a spec, or its chain alone. The key is not looked at. */
export type IdentityAtHand = PemAtHand | { readonly chain: PemAtHand };

/** How a `{ file }` is read. */
export type ReadFile = (file: string) => CertificateInput;

/** Certificates of the sources, in order. */
export function certificatesOf(
  sources: Sources,
  where: string,
  readFile: ReadFile | undefined,
): readonly CertificateFacts[] {
  return listOf(sources).flatMap((source) =>
    readCertificates(contentOf(source, where, readFile)).map(({ facts }) => facts),
  );
}

/** CRLs of the sources, in order. */
export function crlsOf(sources: Sources, where: string, readFile: ReadFile | undefined): readonly CrlFacts[] {
  return listOf(sources).flatMap((source) => {
    const content = contentOf(source, where, readFile);
    if (typeof content !== "string" && content[0] === 0x30) return [readCrl(content)];
    const text = typeof content === "string" ? content : Buffer.from(content).toString("utf8");
    return readPem(text, "X509 CRL", where).map((der) => readCrl(der));
  });
}

/** The two sides of a trust. */
export function trustParts(trust: TrustAtHand): { readonly anchors: Sources; readonly crls: Sources } {
  return typeof trust === "object" && "anchors" in trust
    ? { anchors: trust.anchors, crls: trust.crls ?? [] }
    : { anchors: trust, crls: [] };
}

/** The chain of an identity. */
export function chainOf(identity: IdentityAtHand): PemAtHand {
  return typeof identity === "object" && "chain" in identity ? identity.chain : identity;
}

function listOf(sources: Sources): readonly PemAtHand[] {
  return Array.isArray(sources) ? (sources as readonly PemAtHand[]) : [sources as PemAtHand];
}

function contentOf(source: PemAtHand, where: string, readFile: ReadFile | undefined): CertificateInput {
  if (typeof source === "string" || source instanceof Uint8Array) return source;
  if ("pem" in source) return source.pem;
  if (readFile !== undefined) return readFile(source.file);
  const file = isText(source.file) ? "(a text, which is not shown)" : source.file;
  throw new HandfastError(
    "FILE_UNREADABLE",
    `make calendar failed [${where}, file=${file}]: no file is read unless you say how; pass readFile, or the text`,
    { file },
  );
}

/** Whether what is due to be a path is a text: it may hold a key. */
function isText(file: string): boolean {
  return /[\r\n]|-----|PRIVATE KEY/.test(file);
}
