import type { Rule, RulePack } from "@handfast/core/rules";
import { rulePacks } from "@handfast/pki";
import { expect, it } from "vitest";

const about = {
  bundle: "a bundle of CA certificates",
  crls: "revocation lists",
  identity: "a certificate to show, with its chain and key",
} as const;

function limitOf({ of }: Rule): string {
  if (of === true) return "";
  if (typeof of === "number") return of === Number.MAX_SAFE_INTEGER ? "" : of.toLocaleString("en-US");
  if (typeof of === "string") return of;
  if ("hashes" in of) return [...of.hashes, ...(of.pss ? ["RSASSA-PSS"] : [])].join(", ");
  if ("oneOf" in of) return of.oneOf.join(" or ");
  const { rsa, others } = of;
  const [least = 0, most = 0] = rsa === undefined || "bits" in rsa ? [] : rsa;
  const sizes =
    rsa === undefined
      ? []
      : "bits" in rsa
        ? [`rsa ${rsa.bits.join(", ")}`]
        : [most === Number.MAX_SAFE_INTEGER ? `rsa from ${least}` : `rsa ${least} to ${most}`];
  return [...sizes, ...others].join(", ");
}

function section(key: string, pack: RulePack): string {
  const rows = pack.rules.map(
    (rule: Rule) =>
      `| \`${rule.check}\` | ${limitOf(rule)} | ${rule.severity ?? "blocker"} | ${rule.does} | ${rule.source} |`,
  );
  return [
    `## ${key}`,
    "",
    `${pack.provider}, ${about[pack.about]}. Read on ${pack.asOf}.`,
    "",
    "| code | limit | severity | what it does | source |",
    "| --- | --- | --- | --- | --- |",
    ...rows,
    "",
  ].join("\n");
}

const head = `# What each provider takes

The rule packs of \`@handfast/core/rules\`, in \`@handfast/pki\` as \`rulePacks\`: dated data, each rule with its source. A plan is judged by them at every state of its path; \`checkTrustBundle\`, \`checkCrls\`, \`checkIdentity\` and \`normaliseBundle\` judge by them what you give. Where a provider says nothing, the cautious reading is taken, and the source says "not documented". A verifier that is not here: write a \`RulePack\`.
`;

it("docs/rules.md shows the packs as they are; `vitest run <this file> --update` writes it", async () => {
  const sections = Object.entries(rulePacks).map(([key, pack]) => section(key, pack as RulePack));
  await expect([head, ...sections].join("\n")).toMatchFileSnapshot("../../../../docs/rules.md");
});
