import type { CertificateFacts } from "./certificate-facts.ts";

/** Headers that an Application Load Balancer adds, in lower case, by what each carries. */
export const mtlsHeader = {
  chain: "x-amzn-mtls-clientcert",
  serial: "x-amzn-mtls-clientcert-serial-number",
  issuer: "x-amzn-mtls-clientcert-issuer",
  subject: "x-amzn-mtls-clientcert-subject",
  validity: "x-amzn-mtls-clientcert-validity",
  leaf: "x-amzn-mtls-clientcert-leaf",
} as const;

/** What a client may not say itself: the balancer drops every header that begins so. */
export const mtlsHeaderPrefix = "x-amzn-mtls-";

/** URL-encodes PEM with `+`, `=` and `/` left as they are (user guide page "Mutual authentication with TLS in Application Load Balancer"). */
export function encodePem(pem: string): string {
  return encodeURIComponent(pem).replaceAll("%2B", "+").replaceAll("%3D", "=").replaceAll("%2F", "/");
}

/** The headers of passthrough mode: the chain as it was shown, leaf first. */
export function passthroughHeaders(presented: readonly CertificateFacts[]): Record<string, string> {
  if (presented.length === 0) return {};
  return { [mtlsHeader.chain]: encodePem(presented.map(({ x509 }) => x509.toString()).join("")) };
}

/** The headers of verify mode. */
export function verifyHeaders(leaf: CertificateFacts): Record<string, string> {
  return {
    [mtlsHeader.serial]: leaf.serial,
    [mtlsHeader.issuer]: leaf.issuer,
    [mtlsHeader.subject]: leaf.subject,
    [mtlsHeader.validity]: `NotBefore=${isoSeconds(leaf.notBefore)};NotAfter=${isoSeconds(leaf.notAfter)}`,
    [mtlsHeader.leaf]: encodePem(leaf.x509.toString()),
  };
}

/** ISO 8601 without fractions, which certificates have none of. */
export function isoSeconds(at: number): string {
  return new Date(at).toISOString().replace(".000Z", "Z");
}
