import { expect, test } from "vitest";
import { z } from "zod";
import { isHandfastError } from "../../src/errors.ts";
import { specDoor } from "../../src/spec/spec-door.ts";
import { presenter, secretNames, toyAdapters, verifier } from "./toy-adapters.ts";

const handfast = specDoor(toyAdapters, secretNames);

const key = ["-----BEGIN", "PRIVATE KEY-----\nMIGHAgEAMBMGByqGSM49\n-----END", "PRIVATE KEY-----"].join(" ");
const trust = { edge: { anchors: { file: "ca/edge.pem" } } };
const identities = { leaf: { chain: { file: "pki/leaf.pem" }, key: { secret: "edge-key" } } };
const shop = { adapter: "aws.alb", listener: "arn:shop", mode: "required", trust: "edge" };
const web = { adapter: "aws.cloudfront-viewer", distribution: "E2", mode: "required", trust: "edge" };
const edge = {
  adapter: "cloudflare.hostname",
  zone: "z",
  hostnames: ["a.example.com", "b.example.com"],
  shows: "leaf",
};
const cdn = { adapter: "aws.cloudfront-origin", distribution: "E2", origin: "o", shows: "leaf" };
const clients = { mayShow: { issuedBy: ["edge"], nothing: true } };
const whole = {
  trust,
  identities,
  verifiers: { shop, web },
  presenters: { edge, cdn },
  populations: { clients },
  links: [
    { from: "edge", to: "shop" },
    { from: "clients", to: "web" },
  ],
};
const linked = (probe: unknown, from = "edge"): unknown => ({
  ...whole,
  links: [{ from, to: "shop", probe }],
});
const anchored = (anchors: unknown, crls?: unknown): unknown => ({
  ...whole,
  trust: { edge: { anchors, crls } },
});
const waved = (...waves: unknown[]): unknown => ({ ...whole, waves });

/** Issues as `path: message`, or an empty list. */
function issuesOf(input: unknown, door = handfast): string[] {
  try {
    door.parseSpec(input);
    return [];
  } catch (error) {
    if (!isHandfastError(error) || error.code !== "SPEC_INVALID") throw error;
    expect(JSON.stringify(error)).not.toContain("MIGHAgEAMBMGByqGSM49");
    expect(error.message).not.toContain("MIGHAgEAMBMGByqGSM49");
    return (error.details.issues ?? []).map(({ path, message }) => `${path.join(".")}: ${message}`);
  }
}

test("parseSpec takes the spec that the wrong ones below are made of", () => {
  expect(issuesOf(whole)).toEqual([]);
});

const refused: readonly [name: string, input: unknown, issues: readonly (string | RegExp)[]][] = [
  ["no object", "trust: edge", [": expected an object, found a string"]],
  ["nothing at all", undefined, [": is missing"]],
  ["a private key for an anchor", anchored(key), [/^trust.edge.anchors: holds a private key/]],
  ["a private key in a list", anchored([{ file: "a" }, key]), [/^trust.edge.anchors.1: holds a private key/]],
  [
    "a private key where a name is meant",
    { ...whole, presenters: { edge, cdn: { ...cdn, shows: key } } },
    [/^presenters.cdn.shows: holds a private key/],
  ],
  [
    "a private key for a name",
    { ...whole, trust: { ...trust, [key]: trust.edge } },
    [/^trust.\(removed\): has a private key/],
  ],
  ["a private key in an unknown field", { ...whole, key }, [/^key: holds a private key/]],
  ["a path for PEM text", anchored("ca/edge.pem"), [/^trust.edge.anchors: is no PEM text/]],
  [
    "a path for PEM text, in a list",
    anchored(["-----BEGIN", "a.pem"]),
    [/^trust.edge.anchors.1: is no PEM text/],
  ],
  ["no anchor", anchored([]), ["trust.edge.anchors: is empty: a trust needs an anchor"]],
  ["a file without a name", anchored({ file: "" }), [/^trust.edge.anchors.file: /]],
  [
    "a bare off of YAML",
    { ...whole, verifiers: { web, shop: { ...shop, mode: false } } },
    [/write 'off' in quotes/],
  ],
  [
    "CRLs where none are taken",
    anchored({ file: "a" }, { file: "a.crl" }),
    [/^verifiers.web.withoutCrls: aws.cloudfront-viewer takes no CRL, and trust "edge" has some/],
  ],
  [
    "one remote thing under two names",
    { ...whole, verifiers: { shop, web, again: shop } },
    ['verifiers.again: is the same aws.alb as "shop"; leave one'],
  ],
  [
    "one hostname in two entries",
    { ...whole, presenters: { edge, cdn, more: { ...edge, hostnames: ["c.example.com", "B.example.com"] } } },
    ['presenters.more.hostnames.1: is the same cloudflare.hostname as "edge/b.example.com"; leave one'],
  ],
  [
    "one hostname twice in one entry",
    { ...whole, presenters: { cdn, edge: { ...edge, hostnames: ["a.example.com", "a.example.com"] } } },
    ['presenters.edge.hostnames.1: "a.example.com" stands here twice'],
  ],
  [
    "one pair linked twice",
    { ...whole, links: [...whole.links, { from: "edge", to: "shop", mayRefuse: ["nothing"] }] },
    ["links.2: goes from and to the same as links[0]; leave one"],
  ],
  [
    "a name that is none",
    { ...whole, verifiers: { shop, web, "a/b": { ...shop, listener: "b" } } },
    [/^verifiers.a\/b: is no name/],
  ],
  [
    "a name twice in a list",
    { ...whole, verifiers: { web, shop: { ...shop, trust: ["edge", "edge"] } } },
    [/^verifiers.shop.trust.1: "edge" stands here twice/],
  ],
  [
    "a population that can show nothing whatever",
    { ...whole, populations: { clients: { mayShow: { nothing: false } } } },
    [/^populations.clients.mayShow: can show neither/],
  ],
  ["a url that is none", linked({ url: "shop.example.com" }), ["links.0.probe.url: is no https: url"]],
  ["a url of another kind", linked({ url: "ftp://{hostname}/" }), ["links.0.probe.url: is no https: url"]],
  ["another placeholder", linked({ url: "https://{host}/" }), [/only {hostname} can stand/]],
  ["a placeholder without members", linked({ url: "https://{hostname}/" }, "cdn"), [/stands for a member/]],
  [
    "a wildcard that a url would stand for",
    {
      ...(linked({ url: "https://{hostname}/" }) as object),
      presenters: { cdn, edge: { ...edge, hostnames: ["*.example.com"] } },
    },
    [/^links.0.probe.url: "\*.example.com" can't stand in a url/],
  ],
  ["a password in a url", linked({ url: "https://me:hush@example.com/" }), [/holds a user name or password/]],
  [
    "a certificate shown over http",
    linked({ url: "http://{hostname}/", show: "leaf" }),
    [/^links.0.probe.url: is http:/],
  ],
  [
    "a probe over HTTP without TLS, which no verifier sees",
    linked({ url: "http://{hostname}/" }),
    [/^links.0.probe.url: is http:/],
  ],
  [
    "a direct one",
    linked({ direct: { url: "HTTP://203.0.113.1/" } }),
    [/^links.0.probe.direct.url: is http:/],
  ],
  [
    "a header that is none",
    linked({ url: "https://{hostname}/", echo: "x seen" }),
    ["links.0.probe.echo: is no header name"],
  ],
  ["a status that is none", linked({ url: "https://{hostname}/", expect: 7 }), [/^links.0.probe.expect: /]],
  [
    "a source in two waves",
    waved({ name: "a", from: ["edge"] }, { name: "b", from: ["cdn", "edge"] }, { name: "c" }),
    ['waves.1.from.1: "edge" stands in waves[0] already'],
  ],
  [
    "a source in no wave",
    waved({ name: "a", from: ["edge"] }),
    [/^waves: no wave has "cdn", "clients"; name them/],
  ],
  [
    "a rest in the middle",
    waved({ name: "a" }, { name: "b", from: ["edge", "cdn", "clients"] }),
    [/^waves.0.from: is missing: only the last/],
  ],
  [
    "two waves of one name",
    waved({ name: "a", from: ["edge"] }, { name: "a" }),
    ["waves.1.name: waves[0] has this name already"],
  ],
  ["a bake that no timer can count", waved({ name: "a", bake: "25d" }), ["waves.0.bake: is longer than 24d"]],
  ["no wave", waved(), [/^waves: is empty/]],
  ["an empty wave", waved({ name: "a", from: [] }, { name: "b" }), [/^waves.0.from: is empty/]],
  ["a date of a YAML reader", { ...whole, $schema: new Date(0) }, [/^\$schema: is an instance of a class/]],
  ["a function", { ...whole, $schema: () => "" }, [/^\$schema: is a function; a spec is plain data/]],
  [
    "a name that is no property",
    JSON.parse('{"trust":{"__proto__":{}},"verifiers":{},"links":[]}'),
    [/^trust.__proto__: can't be/],
  ],
];

test.each(refused)("parseSpec refuses %s", (_name, input, expected) => {
  const issues = issuesOf(input);
  expect(issues).toHaveLength(expected.length);
  expected.forEach((text, index) => {
    if (typeof text === "string") expect(issues[index]).toBe(text);
    else expect(issues[index]).toMatch(text);
  });
});

test("parseSpec tells everything at once, in the order of the sections", () => {
  const issues = issuesOf({
    trust: { edge: { anchors: key }, nothing: trust.edge },
    identities: { leaf: { chain: 7, key: { secret: "nope" } } },
    verifiers: {
      shop: { ...shop, mode: "optional", trust: "egde" },
      web: { ...web, adapter: "aws.cloudfront" },
    },
    presenters: { edge: { ...edge, shows: "laef", zone: 5, hostname: "x" } },
    populations: { clients: { mayShow: {} } },
    links: [{ from: "edge", to: "shpo" }, { to: "shop" }],
    waves: [{ name: "a", from: ["canary"], bake: "soon" }],
    extra: true,
  });
  expect(issues.map((text) => text.slice(0, text.indexOf(":")))).toEqual([
    "extra",
    "trust.edge.anchors",
    "trust.nothing",
    "identities.leaf.key.secret",
    "identities.leaf.chain",
    "verifiers.shop.trust",
    "verifiers.web.adapter",
    "verifiers.shop.mode",
    "presenters.edge.shows",
    "presenters.edge.zone",
    "presenters.edge.hostname",
    "populations.clients.mayShow.nothing",
    "links.0.to",
    "links.1.from",
    "waves.0.from.0",
    "waves",
    "waves.0.bake",
  ]);
});

test("parseSpec puts the first issues and the count into the message", () => {
  let message = "";
  try {
    handfast.parseSpec({
      ...whole,
      links: Array.from({ length: 9 }, (_, index) => ({ from: "edge", to: `v${index}` })),
    });
  } catch (error) {
    message = String(error);
  }
  expect(message).toMatch(
    /^HandfastError: parse spec failed, 9 issues: links\[0\]\.to: no verifier is named "v0"/,
  );
  expect(message).toMatch(/; and 4 more in details\.issues$/);
});

test("parseSpec applies a target's own refinements and defaults", () => {
  const ports = verifier(
    "toy.server",
    ["required"],
    "crl",
    z
      .object({ low: z.int(), high: z.int().default(9) })
      .refine(({ low, high }) => low <= high, { error: "low is above high", path: ["low"] }),
    ({ low }) => String(low),
  );
  const door = specDoor([ports], []);
  const spec = (low: number): unknown => ({
    trust,
    verifiers: { server: { adapter: "toy.server", mode: "required", trust: "edge", low } },
    links: [],
  });
  expect(door.parseSpec(spec(3)).verifiers.server?.target).toEqual({ low: 3, high: 9 });
  expect(issuesOf(spec(10), door)).toEqual(["verifiers.server.low: low is above high"]);
});

test("parseSpec keeps no reference to what it was given", () => {
  const input = structuredClone(whole);
  const spec = handfast.parseSpec(input);
  const before = JSON.stringify(spec);
  input.presenters.edge.hostnames.push("late.example.com");
  input.trust.edge.anchors.file = "other.pem";
  expect(JSON.stringify(spec)).toBe(before);
});

test("specDoor refuses adapters that the spec can't hold", () => {
  const id = (): string => "";
  const clash = verifier("toy.clash", ["off"], "crl", z.object({ mode: z.string() }), id);
  const lost = presenter("toy.lost", false, "hosts", z.object({ zone: z.string() }), id);
  expect(() => specDoor([clash], [])).toThrow(/has a field mode, which the spec uses itself/);
  expect(() => specDoor([lost], [])).toThrow(/fans out over hosts, which its target does not have/);
});

test("specDoor without an adapter of a role refuses entries of it, and takes a spec without", () => {
  const door = specDoor([], []);
  expect(door.parseSpec({ trust: {}, verifiers: {}, links: [] }).waves).toEqual([
    { name: "all", from: [], bakeMs: 0, maxFailures: 0 },
  ]);
  expect(issuesOf({ trust: {}, verifiers: { shop }, links: [] }, door)).toContainEqual(
    'verifiers.shop.adapter: no verifier adapter is named "aws.alb"; at hand: none',
  );
});
