import type { Finding } from "@handfast/core";
import { describe, expect, it } from "vitest";
import { managerOf, undoneBy } from "../../src/alb/managers.ts";
import { realiseAlb } from "../../src/alb/realise.ts";
import { type AlbState, type Authentication, albStateSchema, type Manager } from "../../src/alb/state.ts";
import type { ToolName } from "../../src/iac-tools.ts";
import {
  listener as arn,
  digest,
  mode,
  nameOf,
  off,
  passthrough,
  required,
  state,
  store,
  target,
  verify,
} from "./states.ts";

const loadBalancerArn =
  "arn:aws:elasticloadbalancing:eu-west-1:111122223333:loadbalancer/app/front/0123456789abcdef";
const by = (own: Record<string, string>, ofBalancer: Record<string, string> = {}): Manager | undefined =>
  managerOf(
    { arn, loadBalancerArn, port: 443 },
    new Map([[arn, own]]),
    new Map([[loadBalancerArn, ofBalancer]]),
  );
const manager = (tool: ToolName, rest: Partial<Manager> = {}): Manager => ({
  tool,
  tagged: "listener",
  port: 443,
  ...rest,
});

describe("managerOf", () => {
  it.each([
    ["aws:cloudformation:stack-name", "shop", "AWS CloudFormation", "stack shop"],
    ["aws:cloudformation:logical-id", "Listener", "AWS CloudFormation", undefined],
    ["elbv2.k8s.aws/cluster", "prod", "AWS Load Balancer Controller", undefined],
    ["ingress.k8s.aws/stack", "shop/front", "AWS Load Balancer Controller", "Ingress shop/front"],
    ["gateway.k8s.aws.alb/stack", "shop/front", "AWS Load Balancer Controller", "Gateway shop/front"],
    ["ManagedBy", "terraform", "Terraform", undefined],
    ["managed-by", "OpenTofu", "OpenTofu", undefined],
    ["provisioner", "pulumi", "Pulumi", undefined],
    ["terraform-workspace", "prod", "Terraform", undefined],
    ["crossplane-name", "shop", "Crossplane", undefined],
  ])("knows the tool by tag %s=%s", (key, value, tool, name) => {
    expect(by({ [key]: value })).toEqual(manager(tool as ToolName, name === undefined ? {} : { name }));
  });

  it.each([
    ["team", "terraformers"],
    ["ManagedBy", "the web team"],
    ["Name", "pulumi-migration"],
  ])("does not take tag %s=%s for a tool's", (key, value) => {
    expect(by({ [key]: value }, { [key]: value })).toBeUndefined();
  });

  it("takes the listener's own tags before those of its load balancer", () => {
    const stack = { "aws:cloudformation:stack-name": "shop" };
    expect(by({ ManagedBy: "terraform" }, stack)).toEqual(manager("Terraform"));
    expect(by({}, stack)).toEqual(
      manager("AWS CloudFormation", { name: "stack shop", tagged: "load balancer" }),
    );
  });
});

describe("undoneBy", () => {
  const hf = "hf-0123456789abcdef0123456789ab";
  const verifying = verify(hf, { advertiseNames: true });
  const storeArn = `arn:aws:elasticloadbalancing:eu-west-1:111122223333:truststore/${hf}/<id>`;

  it.each<[string, Manager, Authentication, readonly string[]]>([
    [
      "Terraform, verifying",
      manager("Terraform"),
      verifying,
      [
        "leave it to handfast in the listener's resource:",
        "  lifecycle {",
        "    ignore_changes = [mutual_authentication]",
        "  }",
        "or say the same there, once this run is done:",
        "  mutual_authentication {",
        '    mode                             = "verify"',
        "    trust_store_arn                  = data.aws_lb_trust_store.handfast.arn",
        "    ignore_client_certificate_expiry = false",
        '    advertise_trust_store_ca_names   = "on"',
        "  }",
        "with",
        '  data "aws_lb_trust_store" "handfast" {',
        `    name = "${hf}"`,
        "  }",
      ],
    ],
    [
      "OpenTofu, passing through",
      manager("OpenTofu"),
      passthrough,
      [
        "leave it to handfast in the listener's resource:",
        "  lifecycle {",
        "    ignore_changes = [mutual_authentication]",
        "  }",
        "or say the same there:",
        "  mutual_authentication {",
        '    mode = "passthrough"',
        "  }",
      ],
    ],
    [
      "CloudFormation, verifying",
      manager("AWS CloudFormation"),
      verify(hf, { ignoreExpiry: true }),
      [
        "say the same among the listener's Properties, once this run is done:",
        "  MutualAuthentication:",
        "    Mode: verify",
        `    TrustStoreArn: ${storeArn}`,
        "    IgnoreClientCertificateExpiry: true",
        '    AdvertiseTrustStoreCaNames: "off"',
        `(aws elbv2 describe-trust-stores shows the whole ARN of ${hf})`,
      ],
    ],
    [
      "CloudFormation, off, which is no boolean",
      manager("AWS CloudFormation"),
      off,
      ["say the same among the listener's Properties:", "  MutualAuthentication:", '    Mode: "off"'],
    ],
    [
      "the controller of an Ingress",
      manager("AWS Load Balancer Controller", { port: 8443, name: "Ingress shop/front" }),
      verifying,
      [
        "say the same in the Ingress's annotations as soon as this run is done, beside the entries of other ports:",
        `  alb.ingress.kubernetes.io/mutual-authentication: '[{"port":8443,"mode":"verify","trustStore":"${hf}","ignoreClientCertificateExpiry":false,"advertiseTrustStoreCaNames":"on"}]'`,
      ],
    ],
    [
      "the controller of a Gateway",
      manager("AWS Load Balancer Controller", { name: "Gateway shop/front" }),
      passthrough,
      [
        "say the same for HTTPS:443 in the listenerConfigurations of the Gateway's LoadBalancerConfiguration, as soon as this run is done:",
        '  mutualAuthentication: {"mode":"passthrough"}',
      ],
    ],
    [
      "Pulumi",
      manager("Pulumi"),
      verifying,
      [
        "leave it to handfast in the listener's resource options:",
        '  ignoreChanges: ["mutualAuthentication"]',
      ],
    ],
    [
      "Crossplane",
      manager("Crossplane"),
      verifying,
      [
        "leave it to handfast: move mutualAuthentication from the listener's spec.forProvider to its spec.initProvider, which counts at creation alone",
      ],
    ],
  ])("gives the lines for %s", (_what, of, wanted, mend) => {
    expect(undoneBy(of, arn, wanted).mend?.split("\n")).toEqual(mend);
  });

  it("names a store of another account by its ARN, as far as that can be known", () => {
    const theirs = verify("444455556666/theirs");
    const theirArn = "arn:aws:elasticloadbalancing:eu-west-1:444455556666:truststore/theirs/<id>";
    for (const tool of ["Terraform", "AWS CloudFormation", "AWS Load Balancer Controller"] as const)
      expect(undoneBy(manager(tool), arn, theirs).mend).toContain(theirArn);
  });

  it.each([
    ["AWS CloudFormation", "the next stack update"],
    ["AWS Load Balancer Controller", "whenever it reconciles, in the middle of this run too"],
    ["Crossplane", "it reconciles all the time"],
    ["Terraform", "when it is applied next"],
  ] as const)("says of %s what it will do, and whose tags say so", (tool, what) => {
    const own = undoneBy(manager(tool, { name: "stack shop" }), arn, off);
    expect(own).toMatchObject({ code: "owned-by-other-tool", severity: "warning" });
    expect(own.message).toContain(`listener ${arn} is tagged by ${tool} (stack shop): `);
    expect(own.message).toContain(what);
    const other = undoneBy(manager(tool, { tagged: "load balancer" }), arn, off);
    expect(other.message).toContain(`load balancer front is tagged by ${tool}, which then owns`);
  });
});

describe("realiseAlb", () => {
  const mine = store([digest("a")]);
  const managed = { ...state(verify(nameOf(mine)), [mine]), manager: manager("Terraform") };
  const findings = (wanted: Parameters<typeof realiseAlb>[1], base: AlbState = managed): readonly Finding[] =>
    realiseAlb(target, wanted, base).findings ?? [];

  it("warns once of the tool that will undo what is wanted, with the values of that", () => {
    const wanted = required([digest("b")]);
    expect(findings(wanted)).toMatchObject([{ code: "owned-by-other-tool", severity: "warning" }]);
    expect(findings(wanted)[0]?.mend).toContain(nameOf(store([digest("b")])));
    expect(findings(mode("request"))[0]?.mend).toContain('mode = "passthrough"');
  });

  it("says nothing where nothing changes, and where no tool is known", () => {
    expect(findings(required([digest("a")]))).toEqual([]);
    expect(findings(mode("off"), { ...managed, ...state(off) })).toEqual([]);
    expect(findings(required([digest("b")]), state(verify(nameOf(mine)), [mine]))).toEqual([]);
  });

  it("keeps what it knows of the tool in the state, which its schema takes", () => {
    const realised = realiseAlb(target, mode("request"), managed);
    expect(realised).toMatchObject({ state: { manager: managed.manager } });
    expect(albStateSchema.parse(JSON.parse(JSON.stringify(managed)))).toEqual(managed);
  });
});
