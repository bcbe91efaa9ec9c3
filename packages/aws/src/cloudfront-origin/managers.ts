/** What keeps a tool that owns a distribution as well from undoing a run. */
import type { Finding } from "@handfast/core";
import { type TaggedTool, type ToolName, undoingBy } from "../iac-tools.ts";
import { finding } from "./findings.ts";
import { type OriginTarget, originOf } from "./target.ts";

/** That a tool will undo what is wanted of an origin, when, and what to put there so that it won't. */
export function undoneBy({ tool, name }: TaggedTool, target: OriginTarget, shows: boolean): Finding {
  const whose = name === undefined ? "" : ` (${name})`;
  return finding(
    "warning",
    "owned-by-other-tool",
    `distribution ${target.distribution} is tagged by ${tool}${whose}: ${undoingBy(tool, "what origins are shown", "distribution")}`,
    keeping(tool, originOf(target), shows),
  );
}

function keeping(tool: ToolName, origin: string, shows: boolean): string {
  switch (tool) {
    case "AWS CloudFormation":
      return lines(
        `say the same at origin "${origin}" in the distribution's DistributionConfig, once this run is done:`,
        "  CustomOriginConfig:",
        ...(shows
          ? ["    OriginMtlsConfig:", "      ClientCertificateArn: <ARN of the certificate in ACM>", whereArn]
          : ["    (no OriginMtlsConfig)"]),
      );
    case "Terraform":
    case "OpenTofu":
      return lines(
        // Before, the provider does not know the block, and drops it whenever it writes the distribution.
        `say the same at origin "${origin}" in the distribution's resource, once this run is done (provider aws 6.51 or newer):`,
        "  custom_origin_config {",
        ...(shows
          ? [
              "    origin_mtls_config {",
              `      client_certificate_arn = "<ARN of the certificate in ACM>"`,
              "    }",
            ]
          : ["    (no origin_mtls_config)"]),
        "  }",
        ...(shows ? [whereArn] : []),
        "or leave all origins alone there: lifecycle { ignore_changes = [origin] }",
      );
    case "Pulumi":
      return lines(
        "leave it to handfast in the distribution's resource options, which leaves all origins alone:",
        `  ignoreChanges: ["origins"]`,
      );
    default:
      return "leave it to handfast: move origin from the distribution's spec.forProvider to its spec.initProvider, which counts at creation alone";
  }
}

/** ARNs are the service's own, and not known before an import. */
const whereArn =
  "(aws acm list-certificates --region us-east-1 --includes keyTypes=EC_prime256v1,RSA_2048 shows it)";

function lines(...text: readonly string[]): string {
  return text.join("\n");
}
