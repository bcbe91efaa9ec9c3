import type { XmlElement } from "../rest-xml/element.ts";
import { checkShape } from "./check-shape.ts";
import type { Behaviour, DistributionConfig, Origin, ViewerCertificate, ViewerMtls } from "./config.ts";
import { refuse } from "./refusals.ts";

/**
 * Reads a `DistributionConfig`: its shape, and the members that must be there.
 *
 * @throws AwsRefused MalformedXML, InconsistentQuantities, InvalidArgument, InvalidOrigin, InvalidViewerCertificate
 */
export function readConfig(element: XmlElement): DistributionConfig {
  checkShape(element);
  element.required("Comment");
  element.required("Enabled");
  const enabled = element.boolean("Enabled") ?? false;
  element.required("Origins/Quantity");
  const origins = element.children("Origins/Items/Origin").map(readOrigin);
  if (origins.length === 0) throw refuse("InvalidArgument", "Your request must contain at least one origin.");
  const fallback = element.child("DefaultCacheBehavior");
  if (fallback === undefined) missing(element, "DefaultCacheBehavior");
  const others = element
    .children("CacheBehaviors/Items/CacheBehavior")
    .map((behaviour) => readBehaviour(behaviour, behaviour.required("PathPattern")));
  return {
    xml: element.outer(),
    callerReference: element.required("CallerReference"),
    enabled,
    aliases: element.children("Aliases/Items/CNAME").map((alias) => alias.value().toLowerCase()),
    defaultRootObject: element.text("DefaultRootObject") ?? "",
    httpVersion: element.text("HttpVersion") ?? "http2",
    viewerCertificate: readCertificate(element.child("ViewerCertificate")),
    viewerMtls: readViewerMtls(element.child("ViewerMtlsConfig")),
    connectionFunction: element.child("ConnectionFunctionAssociation")?.required("Id"),
    behaviours: [...others, readBehaviour(fallback, "*")],
    origins,
  };
}

function readBehaviour(element: XmlElement, pathPattern: string): Behaviour {
  return {
    pathPattern,
    originId: element.required("TargetOriginId"),
    viewerProtocolPolicy:
      element.oneOf("ViewerProtocolPolicy", ["allow-all", "https-only", "redirect-to-https"] as const) ??
      missing(element, "ViewerProtocolPolicy"),
    cachePolicy: element.text("CachePolicyId"),
    originRequestPolicy: element.text("OriginRequestPolicyId"),
    responseHeadersPolicy: element.text("ResponseHeadersPolicyId"),
    forwardedHeaders: element.children("ForwardedValues/Headers/Items/Name").map((name) => name.value()),
    lambdaEvents: element
      .children("LambdaFunctionAssociations/Items/LambdaFunctionAssociation")
      .map((association) => association.required("EventType")),
    grpc: element.boolean("GrpcConfig/Enabled") ?? false,
  };
}

function readOrigin(element: XmlElement): Origin {
  const kinds = (["custom", "s3", "vpc"] as const).filter(
    (each) => element.child(blocks[each]) !== undefined,
  );
  const [kind] = kinds;
  if (kind === undefined || kinds.length > 1) {
    throw refuse(
      "InvalidOrigin",
      "The specified origin must be exactly one of an S3 origin, a custom origin, or a VPC origin.",
    );
  }
  const custom = kind === "custom" ? element.child("CustomOriginConfig") : undefined;
  for (const name of ["HTTPPort", "HTTPSPort", "OriginProtocolPolicy"]) custom?.required(name);
  return {
    id: element.required("Id"),
    domainName: element.required("DomainName"),
    path: element.text("OriginPath") ?? "",
    kind,
    protocolPolicy:
      custom?.oneOf("OriginProtocolPolicy", ["http-only", "match-viewer", "https-only"] as const) ??
      "match-viewer",
    httpPort: custom?.integer("HTTPPort") ?? 80,
    httpsPort: custom?.integer("HTTPSPort") ?? 443,
    clientCertificate:
      custom?.child("OriginMtlsConfig") === undefined
        ? undefined
        : custom.required("OriginMtlsConfig/ClientCertificateArn"),
    shielded: element.boolean("OriginShield/Enabled") ?? false,
    accessControl: nonEmpty(element.text("OriginAccessControlId")),
    customHeaders: Object.fromEntries(
      element
        .children("CustomHeaders/Items/OriginCustomHeader")
        .map((header) => [header.required("HeaderName"), header.required("HeaderValue")]),
    ),
  };
}

const blocks = { custom: "CustomOriginConfig", s3: "S3OriginConfig", vpc: "VpcOriginConfig" } as const;

function readCertificate(element: XmlElement | undefined): ViewerCertificate {
  const acm = nonEmpty(element?.text("ACMCertificateArn"));
  const iam = nonEmpty(element?.text("IAMCertificateId"));
  const isDefault = element?.boolean("CloudFrontDefaultCertificate") ?? false;
  const given = [acm !== undefined, iam !== undefined, isDefault].filter(Boolean).length;
  if (given > 1) {
    throw refuse("InvalidViewerCertificate", "Specify exactly one certificate for viewers.");
  }
  const minimumProtocol = element?.text("MinimumProtocolVersion") ?? "TLSv1";
  if (element === undefined || given === 0 || isDefault) {
    return { source: "default", reference: undefined, minimumProtocol: "TLSv1" };
  }
  if (element.text("SSLSupportMethod") === undefined) {
    throw refuse("InvalidViewerCertificate", "The parameter SSLSupportMethod is required.");
  }
  return { source: acm === undefined ? "iam" : "acm", reference: acm ?? iam, minimumProtocol };
}

function readViewerMtls(element: XmlElement | undefined): ViewerMtls | undefined {
  if (element === undefined) return undefined;
  const store = element.child("TrustStoreConfig");
  return {
    mode: element.oneOf("Mode", ["passthrough", "optional", "required"] as const) ?? missing(element, "Mode"),
    trustStore: store?.required("TrustStoreId"),
    ignoreExpiry: store?.boolean("IgnoreCertificateExpiry") ?? false,
    advertiseNames: store?.boolean("AdvertiseTrustStoreCaNames") ?? false,
  };
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === "" ? undefined : text;
}

function missing(element: XmlElement, name: string): never {
  throw refuse(
    "MalformedXML",
    `1 validation error detected: Value null at '${element.name}/${name}' failed to satisfy constraint: Member must not be null`,
  );
}
