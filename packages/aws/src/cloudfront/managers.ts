/** What keeps a tool that owns a distribution as well from undoing a run. */
import type { Finding } from "@handfast/core";
import { type TaggedTool, type ToolName, undoingBy } from "../iac-tools.ts";
import type { Front } from "./state.ts";

/** That a tool will undo what is wanted of a distribution, when, and what to put there so that it won't. */
export function undoneBy({ tool, name }: TaggedTool, distribution: string, wanted: Front): Finding {
  const whose = name === undefined ? "" : ` (${name})`;
  return {
    code: "owned-by-other-tool",
    severity: "warning",
    message: `distribution ${distribution} is tagged by ${tool}${whose}: ${undoingBy(tool, "viewer mTLS", "distribution")}`,
    mend: keeping(tool, wanted),
  };
}

function keeping(tool: ToolName, wanted: Front): string {
  switch (tool) {
    case "AWS CloudFormation":
      return lines(
        "say the same in the distribution's DistributionConfig, once this run is done:",
        ...template(wanted),
        ...whereIds(wanted),
      );
    case "Terraform":
    case "OpenTofu":
      return lines(
        "leave it to handfast in the distribution's resource:",
        "  lifecycle {",
        "    ignore_changes = [viewer_mtls_config, connection_function_association]",
        "  }",
        ...resource(wanted),
        ...whereIds(wanted),
      );
    case "Pulumi":
      return lines(
        "leave it to handfast in the distribution's resource options:",
        `  ignoreChanges: ["viewerMtlsConfig", "connectionFunctionAssociation"]`,
      );
    default:
      return "leave it to handfast: move viewerMtlsConfig and connectionFunctionAssociation from the distribution's spec.forProvider to its spec.initProvider, which counts at creation alone";
  }
}

/** Properties of `AWS::CloudFront::Distribution DistributionConfig` (CloudFormation template reference). */
function template({ viewer, connectionFunction }: Front): string[] {
  const mtls =
    viewer.mode === "off"
      ? ["  (no ViewerMtlsConfig)"]
      : [
          "  ViewerMtlsConfig:",
          `    Mode: ${viewer.mode}`,
          ...("store" in viewer
            ? [
                "    TrustStoreConfig:",
                "      TrustStoreId: <id of the trust store>",
                `      AdvertiseTrustStoreCaNames: ${viewer.advertiseNames}`,
                `      IgnoreCertificateExpiry: ${viewer.ignoreExpiry}`,
              ]
            : []),
        ];
  const looking =
    connectionFunction === null
      ? []
      : ["  ConnectionFunctionAssociation:", "    Id: <id of the connection function>"];
  return [...mtls, ...looking];
}

/** Blocks of `aws_cloudfront_distribution` (terraform-provider-aws 6.30). */
function resource({ viewer, connectionFunction }: Front): string[] {
  if (viewer.mode === "off") return ["or leave viewer_mtls_config out there"];
  const looking =
    connectionFunction === null
      ? []
      : ["  connection_function_association {", `    id = "<id of the connection function>"`, "  }"];
  return [
    "or say the same there, once this run is done:",
    "  viewer_mtls_config {",
    `    mode = "${viewer.mode}"`,
    ...("store" in viewer
      ? [
          "    trust_store_config {",
          `      trust_store_id                 = "<id of the trust store>"`,
          `      advertise_trust_store_ca_names = ${viewer.advertiseNames}`,
          `      ignore_certificate_expiry      = ${viewer.ignoreExpiry}`,
          "    }",
        ]
      : []),
    "  }",
    ...looking,
  ];
}

/** Ids are the service's own, and not known before a thing is made. */
function whereIds({ viewer, connectionFunction }: Front): string[] {
  return [
    ...("store" in viewer ? [`(aws cloudfront list-trust-stores shows the id of ${viewer.store})`] : []),
    ...(connectionFunction === null
      ? []
      : [`(aws cloudfront list-connection-functions shows the id of ${connectionFunction})`]),
  ];
}

function lines(...text: readonly string[]): string {
  return text.join("\n");
}
