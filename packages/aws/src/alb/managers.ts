/** Tools that own a listener as well: how they are known, and the lines that keep them from undoing a run. */
import type { Finding } from "@handfast/core";
import { type ToolName, toolBy, undoingBy } from "../iac-tools.ts";
import type { ListenerRecord } from "./port.ts";
import { type Authentication, type Manager, storeObject } from "./state.ts";

type Tags = Readonly<Record<string, string>>;

/** The tool by a listener's tags; else by its load balancer's, since not every tool tags what it makes on one. */
export function managerOf(
  { arn, loadBalancerArn, port }: Pick<ListenerRecord, "arn" | "loadBalancerArn" | "port">,
  listenerTags: ReadonlyMap<string, Tags>,
  balancerTags: ReadonlyMap<string, Tags>,
): Manager | undefined {
  const own = toolBy(listenerTags.get(arn));
  if (own !== undefined) return { ...own, tagged: "listener", port };
  const around = toolBy(balancerTags.get(loadBalancerArn));
  return around === undefined ? undefined : { ...around, tagged: "load balancer", port };
}

/** That a tool will undo what is wanted of a listener, when, and what to put there so that it won't. */
export function undoneBy(manager: Manager, listener: string, wanted: Authentication): Finding {
  const { tool, name, tagged } = manager;
  const [, , balancer] = listener.split("/");
  const what =
    tagged === "listener"
      ? `listener ${listener} is tagged by ${tool}`
      : `load balancer ${balancer} is tagged by ${tool}, which then owns listener ${listener} too unless that was made by other means`;
  return {
    code: "owned-by-other-tool",
    severity: "warning",
    message: `${what}${name === undefined ? "" : ` (${name})`}: ${undoingBy(tool, "mutual authentication", "listener")}`,
    mend: keeping[tool](wanted, listener, manager),
  };
}

/** What to put into a tool's own files, with the values that are wanted. */
type Lines = (wanted: Authentication, listener: string, manager: Manager) => string;

const terraform: Lines = (wanted, listener) => {
  const leave = lines(
    "leave it to handfast in the listener's resource:",
    "  lifecycle {",
    "    ignore_changes = [mutual_authentication]",
    "  }",
  );
  if (wanted.mode !== "verify")
    return lines(
      leave,
      "or say the same there:",
      "  mutual_authentication {",
      `    mode = "${wanted.mode}"`,
      "  }",
    );
  const own = !wanted.store.includes("/");
  return lines(
    leave,
    "or say the same there, once this run is done:",
    "  mutual_authentication {",
    `    mode                             = "verify"`,
    `    trust_store_arn                  = ${own ? "data.aws_lb_trust_store.handfast.arn" : `"${arnOf(wanted.store, listener)}"`}`,
    `    ignore_client_certificate_expiry = ${wanted.ignoreExpiry}`,
    `    advertise_trust_store_ca_names   = "${switchOf(wanted.advertiseNames)}"`,
    "  }",
    ...(own
      ? ["with", `  data "aws_lb_trust_store" "handfast" {`, `    name = "${wanted.store}"`, "  }"]
      : [whereId(wanted.store)]),
  );
};

const keeping: Readonly<Record<ToolName, Lines>> = {
  // Unquoted, `off` is a boolean in YAML.
  "AWS CloudFormation": (wanted, listener) =>
    wanted.mode === "verify"
      ? lines(
          "say the same among the listener's Properties, once this run is done:",
          "  MutualAuthentication:",
          "    Mode: verify",
          `    TrustStoreArn: ${arnOf(wanted.store, listener)}`,
          `    IgnoreClientCertificateExpiry: ${wanted.ignoreExpiry}`,
          `    AdvertiseTrustStoreCaNames: "${switchOf(wanted.advertiseNames)}"`,
          whereId(wanted.store),
        )
      : lines(
          "say the same among the listener's Properties:",
          "  MutualAuthentication:",
          `    Mode: "${wanted.mode}"`,
        ),
  "AWS Load Balancer Controller": (wanted, listener, { port, name }) => {
    const entry =
      wanted.mode === "verify"
        ? {
            port,
            mode: "verify",
            trustStore: wanted.store.includes("/") ? arnOf(wanted.store, listener) : wanted.store,
            ignoreClientCertificateExpiry: wanted.ignoreExpiry,
            advertiseTrustStoreCaNames: switchOf(wanted.advertiseNames),
          }
        : { port, mode: wanted.mode };
    if (name?.startsWith("Gateway") === true) {
      const { port: _, ...same } = entry;
      return lines(
        `say the same for HTTPS:${port} in the listenerConfigurations of the Gateway's LoadBalancerConfiguration, as soon as this run is done:`,
        `  mutualAuthentication: ${JSON.stringify(same)}`,
      );
    }
    return lines(
      "say the same in the Ingress's annotations as soon as this run is done, beside the entries of other ports:",
      `  alb.ingress.kubernetes.io/mutual-authentication: '${JSON.stringify([entry])}'`,
      ...(wanted.mode === "verify" && wanted.store.includes("/") ? [whereId(wanted.store)] : []),
    );
  },
  Crossplane: () =>
    "leave it to handfast: move mutualAuthentication from the listener's spec.forProvider to its spec.initProvider, which counts at creation alone",
  OpenTofu: terraform,
  Pulumi: () =>
    lines(
      "leave it to handfast in the listener's resource options:",
      `  ignoreChanges: ["mutualAuthentication"]`,
    ),
  Terraform: terraform,
};

/** The ARN of a store as far as it can be known: the service adds an id. */
function arnOf(store: string, listener: string): string {
  return `${storeObject(store, listener)}/<id>`;
}

function whereId(store: string): string {
  const name = store.split("/").at(-1);
  return `(aws elbv2 describe-trust-stores shows the whole ARN of ${name})`;
}

function switchOf(on: boolean): "on" | "off" {
  return on ? "on" : "off";
}

function lines(...text: readonly string[]): string {
  return text.join("\n");
}
