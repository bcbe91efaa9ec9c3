import { createHash } from "node:crypto";
import type { CertificateFacts } from "./certificate-facts.ts";
import { encodePem, isoSeconds } from "./certificate-headers.ts";
import { colonHex } from "./connection-event.ts";

/** Headers that tell an origin behind CloudFront of the viewer's certificate, in lower case, by what each carries. */
export const viewerHeader = {
  present: "cloudfront-viewer-cert-present",
  serial: "cloudfront-viewer-cert-serial-number",
  issuer: "cloudfront-viewer-cert-issuer",
  subject: "cloudfront-viewer-cert-subject",
  sha256: "cloudfront-viewer-cert-sha256",
  validity: "cloudfront-viewer-cert-validity",
  leaf: "cloudfront-viewer-cert-pem",
  /** RFC 9440. */
  passedLeaf: "client-cert",
  passedChain: "client-cert-chain",
} as const;

const all: ReadonlySet<string> = new Set(Object.values(viewerHeader));

/** Whether a header is one that no viewer may set: who can could pass for anyone. */
export function isViewerHeader(name: string): boolean {
  return all.has(name);
}

/** How many certificates are passed on to the origin in passthrough, the leaf counted. */
const passedDepth = 4;

/** The headers of `required` and `optional` (developer guide page "Viewer mTLS headers for cache policies and forwarded to origin"). */
export function verifiedHeaders(leaf: CertificateFacts | undefined): Record<string, string> {
  if (leaf === undefined) return { [viewerHeader.present]: "0" };
  return {
    [viewerHeader.present]: "1",
    [viewerHeader.serial]: colonHex(leaf.serialHex),
    [viewerHeader.issuer]: leaf.issuer,
    [viewerHeader.subject]: leaf.subject,
    [viewerHeader.sha256]: createHash("sha256").update(leaf.x509.raw).digest("hex"),
    [viewerHeader.validity]: `NotBefore=${isoSeconds(leaf.notBefore)};NotAfter=${isoSeconds(leaf.notAfter)}`,
    [viewerHeader.leaf]: encodePem(leaf.x509.toString()),
  };
}

/** The headers of `passthrough` (developer guide page "Additional validation modes"). */
export function passedHeaders(presented: readonly CertificateFacts[]): Record<string, string> {
  const [leaf, ...chain] = presented.slice(0, passedDepth).map(({ x509 }) => byteSequence(x509.raw));
  if (leaf === undefined) return {};
  return {
    [viewerHeader.passedLeaf]: leaf,
    ...(chain.length === 0 ? {} : { [viewerHeader.passedChain]: chain.join(", ") }),
  };
}

/** RFC 8941, 3.3.5. */
function byteSequence(bytes: Buffer): string {
  return `:${bytes.toString("base64")}:`;
}
