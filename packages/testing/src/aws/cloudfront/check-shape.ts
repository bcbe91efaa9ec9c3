import type { XmlElement } from "../rest-xml/element.ts";
import { refuse } from "./refusals.ts";

/** Values of elements that take one of a few, by the element's name (Amazon CloudFront API Reference, "Data Types"). */
const enums: Readonly<Record<string, readonly string[]>> = {
  CertificateSource: ["cloudfront", "iam", "acm"],
  ConnectionMode: ["direct", "tenant-only"],
  EventType: ["viewer-request", "viewer-response", "origin-request", "origin-response"],
  HttpVersion: ["http1.1", "http2", "http3", "http2and3"],
  Method: ["GET", "HEAD", "POST", "PUT", "PATCH", "OPTIONS", "DELETE"],
  MinimumProtocolVersion: [
    "SSLv3",
    "TLSv1",
    "TLSv1_2016",
    "TLSv1.1_2016",
    "TLSv1.2_2018",
    "TLSv1.2_2019",
    "TLSv1.2_2021",
    "TLSv1.2_2025",
    "TLSv1.3_2025",
  ],
  OriginAccessControlOriginType: ["s3", "mediastore", "mediapackagev2", "lambda"],
  OriginProtocolPolicy: ["http-only", "match-viewer", "https-only"],
  PriceClass: ["PriceClass_100", "PriceClass_200", "PriceClass_All", "None"],
  RestrictionType: ["blacklist", "whitelist", "none"],
  SigningBehavior: ["never", "always", "no-override"],
  SigningProtocol: ["sigv4"],
  SSLSupportMethod: ["sni-only", "vip", "static-ip"],
  SslProtocol: ["SSLv3", "TLSv1", "TLSv1.1", "TLSv1.2"],
  ViewerProtocolPolicy: ["allow-all", "https-only", "redirect-to-https"],
};

/** Elements that are `true` or `false`, by name. */
const booleans = new Set([
  "AdvertiseTrustStoreCaNames",
  "CloudFrontDefaultCertificate",
  "Compress",
  "Enabled",
  "IgnoreCertificateExpiry",
  "IsIPV6Enabled",
  "SmoothStreaming",
  "Staging",
]);

/**
 * What the service checks of any configuration before it looks at what it says: closed sets of values, and that
 * every `Quantity` counts the `Items` beside it.
 *
 * @throws AwsRefused MalformedXML, InconsistentQuantities
 */
export function checkShape(element: XmlElement): void {
  for (const child of element.elements()) {
    const values = child.name === "Mode" && element.name === "ViewerMtlsConfig" ? modes : enums[child.name];
    if (values !== undefined && child.elements().length === 0) element.oneOf(child.name, values);
    if (booleans.has(child.name)) element.boolean(child.name);
    checkShape(child);
  }
  const quantity = element.integer("Quantity");
  if (quantity === undefined) return;
  const items = element.child("Items")?.elements().length ?? 0;
  if (items !== quantity) {
    throw refuse(
      "InconsistentQuantities",
      `The value of Quantity and the size of Items don't match: ${element.name} has ${items} items and says ${quantity}.`,
    );
  }
}

const modes = ["required", "optional", "passthrough"];
