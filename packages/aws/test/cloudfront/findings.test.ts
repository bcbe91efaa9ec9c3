import { describe, expect, it } from "vitest";
import { crowdFinding } from "../../src/cloudfront/findings.ts";
import { undoneBy } from "../../src/cloudfront/managers.ts";
import type { Front } from "../../src/cloudfront/state.ts";
import type { ToolName } from "../../src/iac-tools.ts";
import { checking, digest, distribution, front, nameOf, off, passthrough, state, store } from "./states.ts";

const a = store([digest("a")]);
const many = (count: number, of = state(off)) =>
  Array.from({ length: count }, (_, index) => ({ distribution: `${distribution}${index}`, state: of }));

describe("crowdFinding", () => {
  it("says that more distributions are to be switched than one store serves", () => {
    expect(crowdFinding(many(25), 1)).toEqual([]);
    const [found] = crowdFinding(many(26), 1);
    expect(found).toMatchObject({ code: "more-than-a-store-serves", severity: "warning" });
    expect(found?.mend).toContain("storesPerTrust to 2");
  });

  it("is content where the stores are enough, by the number that it named", () => {
    const [found] = crowdFinding(many(100), 1);
    const enough = Number(/storesPerTrust to (\d+)/.exec(found?.mend ?? "")?.[1]);
    expect(crowdFinding(many(100), enough)).toEqual([]);
  });

  it("counts no distribution that has a store of handfast's, or is not there", () => {
    expect(crowdFinding(many(100, state(checking(nameOf(a)), { stores: [a] })), 1)).toEqual([]);
    expect(crowdFinding(many(100, { ...state(off), distribution: null }), 1)).toEqual([]);
  });
});

describe("undoneBy", () => {
  const verifying = front(checking("hf-x", { advertiseNames: true }), "hf-E1-00000000-11111111");

  it.each<[ToolName, Front, readonly string[]]>([
    [
      "Terraform",
      verifying,
      [
        "ignore_changes = [viewer_mtls_config, connection_function_association]",
        `    mode = "required"`,
        "      advertise_trust_store_ca_names = true",
        "  connection_function_association {",
        "(aws cloudfront list-trust-stores shows the id of hf-x)",
      ],
    ],
    ["OpenTofu", front(off), ["or leave viewer_mtls_config out there"]],
    [
      "AWS CloudFormation",
      verifying,
      ["    Mode: required", "      IgnoreCertificateExpiry: false", "  ConnectionFunctionAssociation:"],
    ],
    ["AWS CloudFormation", front(passthrough), ["    Mode: passthrough"]],
    ["AWS CloudFormation", front(off), ["  (no ViewerMtlsConfig)"]],
    ["Pulumi", verifying, [`  ignoreChanges: ["viewerMtlsConfig", "connectionFunctionAssociation"]`]],
    ["Crossplane", verifying, ["spec.initProvider"]],
  ])("tells what to put into %s's files", (tool, wanted, lines) => {
    const found = undoneBy({ tool }, distribution, wanted);
    expect(found).toMatchObject({ code: "owned-by-other-tool", severity: "warning" });
    for (const line of lines) expect(found.mend).toContain(line);
  });

  it("says what undoes it, and when", () => {
    const { message } = undoneBy({ tool: "AWS CloudFormation", name: "stack site" }, distribution, verifying);
    expect(message).toBe(
      `distribution ${distribution} is tagged by AWS CloudFormation (stack site): drift detection will report this run, and the next stack update that touches the distribution writes back what the template says`,
    );
  });
});
