import { X509Certificate } from "node:crypto";
import type { DistributionConfig, Origin } from "./config.ts";
import { refuse } from "./refusals.ts";
import type { Certificates } from "./relied-on.ts";

/**
 * Holds the certificate for viewers and those for origins against ACM.
 *
 * @throws AwsRefused InvalidViewerCertificate, InvalidArgument
 */
export function checkCertificates(config: DistributionConfig, certificates: Certificates): void {
  checkViewerCertificate(config, certificates);
  for (const origin of config.origins) checkClientCertificate(config, origin, certificates);
}

function checkViewerCertificate(config: DistributionConfig, certificates: Certificates): void {
  const { aliases, viewerCertificate } = config;
  const { source, reference = "" } = viewerCertificate;
  const invalid = (message: string) => refuse("InvalidViewerCertificate", message);
  if (source === "default" && aliases.length > 0) {
    throw invalid(
      "To add an alternate domain name (CNAME) to a CloudFront distribution, you must attach a trusted certificate that validates your authorization to use the domain name.",
    );
  }
  if (source !== "acm") return;
  const found = isInVirginia(reference) ? certificates.find(reference) : undefined;
  if (found === undefined) {
    throw invalid(
      "The specified SSL certificate doesn't exist, isn't in us-east-1 region, isn't valid, or doesn't include a valid certificate chain.",
    );
  }
  const names = namesOf(new X509Certificate(found.certificate));
  const uncovered = aliases.find((alias) => !names.some((name) => covers(name, alias)));
  if (uncovered !== undefined) {
    throw invalid(
      `The certificate that is attached to your distribution doesn't cover the alternate domain name (CNAME) that you're trying to add: ${uncovered}`,
    );
  }
}

function checkClientCertificate(
  config: DistributionConfig,
  origin: Origin,
  certificates: Certificates,
): void {
  const { id, clientCertificate } = origin;
  if (clientCertificate === undefined) return;
  const invalid = (why: string) => refuse("InvalidArgument", `Origin mTLS of the origin ${id}: ${why}`);
  const found = isInVirginia(clientCertificate) ? certificates.find(clientCertificate) : undefined;
  if (found === undefined) {
    throw invalid(`there is no certificate ${clientCertificate} in ACM in the us-east-1 region.`);
  }
  if (!new X509Certificate(found.certificate).keyUsage?.includes(clientAuth)) {
    throw invalid("the certificate is not for TLS client authentication by its extended key usage.");
  }
  if (origin.protocolPolicy === "http-only") throw invalid("the origin is reached by HTTP only.");
  for (const behaviour of config.behaviours.filter(({ originId }) => originId === id)) {
    if (behaviour.grpc) throw invalid("gRPC is not supported.");
    if (behaviour.lambdaEvents.some((event) => event.startsWith("origin-"))) {
      throw invalid("Lambda@Edge functions at origin requests and responses are not supported.");
    }
  }
}

const clientAuth = "1.3.6.1.5.5.7.3.2";

function isInVirginia(arn: string): boolean {
  return /^arn:aws:acm:us-east-1:\d{12}:certificate\/[A-Za-z0-9-]+$/.test(arn);
}

function namesOf({ subjectAltName = "" }: X509Certificate): readonly string[] {
  return subjectAltName
    .split(", ")
    .flatMap((name) => (name.startsWith("DNS:") ? [name.slice(4).toLowerCase()] : []));
}

/** A wildcard stands for one label; an alias that is a wildcard needs the same one. */
function covers(name: string, alias: string): boolean {
  if (name === alias) return true;
  return (
    name.startsWith("*.") && !alias.startsWith("*.") && alias.split(".").slice(1).join(".") === name.slice(2)
  );
}
