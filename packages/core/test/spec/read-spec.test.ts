import { expect, test } from "vitest";
import { isHandfastError } from "../../src/errors.ts";
import { readSpec } from "../../src/spec/read-spec.ts";
import { type Spec, specSchema } from "../../src/spec/spec.ts";

const whole: Spec = {
  format: 1,
  trust: { edge: { anchors: [{ pem: "-----BEGIN CERTIFICATE-----" }], crls: [], compromised: false } },
  identities: { leaf: { chain: { file: "leaf.pem" }, key: { secret: "edge-key" } } },
  verifiers: {
    shop: {
      adapter: "aws.alb",
      mode: "required",
      trust: ["edge"],
      withoutCrls: false,
      mayWeaken: false,
      mayDropEarly: false,
      target: { listener: "arn:shop" },
    },
  },
  presenters: { "e/a": { adapter: "cf.host", entry: "e", shows: "leaf", target: { hostnames: ["a"] } } },
  populations: { clients: { mayShow: { issuedBy: ["edge"], identities: [], nothing: true } } },
  links: [
    { key: "e/a -> shop", from: "e/a", to: "shop", mayRefuse: [] },
    { key: "clients -> shop", from: "clients", to: "shop", mayRefuse: ["nothing"] },
  ],
  waves: [{ name: "all", from: ["e/a", "clients"], bakeMs: 0, maxFailures: 0 }],
};
const [first, second] = whole.links;

function pathsOf(stored: unknown): string[] {
  try {
    readSpec(stored);
    return [];
  } catch (error) {
    if (!isHandfastError(error) || error.code !== "SPEC_INVALID") throw error;
    return (error.details.issues ?? []).map(({ path }) => path.join("."));
  }
}

test("readSpec takes what specSchema takes", () => {
  expect(pathsOf(whole)).toEqual([]);
  expect(specSchema.parse(whole)).toEqual(whole);
});

test.each<[name: string, stored: unknown, paths: readonly string[]]>([
  ["another format number", { ...whole, format: 2 }, ["format"]],
  [
    "an input that was never parsed",
    { trust: {}, verifiers: {}, links: [] },
    ["format", "identities", "presenters", "populations", "waves"],
  ],
  ["an unknown field", { ...whole, more: 1 }, ["more"]],
  [
    "a private key",
    {
      ...whole,
      verifiers: { shop: { ...whole.verifiers.shop, target: { k: ["PRIVATE", "KEY"].join(" ") } } },
    },
    ["verifiers.shop.target.k"],
  ],
  [
    "a trust that is not there",
    { ...whole, trust: {} },
    ["verifiers.shop.trust.0", "populations.clients.mayShow.issuedBy.0"],
  ],
  ["an identity that is not there", { ...whole, identities: {} }, ["presenters.e/a.shows.0"]],
  ["a verifier that is not there", { ...whole, verifiers: {} }, ["links.0.to.0", "links.1.to.0"]],
  [
    "a link's key that is another's",
    { ...whole, links: [first, { ...second, key: first?.key }] },
    ["links.1.key"],
  ],
  [
    "a consent to what is not there",
    { ...whole, links: [first, { ...second, mayRefuse: ["toString"] }] },
    ["links.1.mayRefuse.0"],
  ],
  ["a source in no wave", { ...whole, waves: [{ ...whole.waves[0], from: ["e/a"] }] }, ["waves"]],
  [
    "a source in two waves",
    { ...whole, waves: [...whole.waves, { ...whole.waves[0], from: ["e/a"] }] },
    ["waves.1.from"],
  ],
])("readSpec refuses %s", (_name, stored, paths) => {
  expect(pathsOf(stored)).toEqual(paths);
});
