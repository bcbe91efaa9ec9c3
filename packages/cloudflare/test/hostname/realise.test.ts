import type { Facts, Wanted } from "@handfast/core";
import { expect, test } from "vitest";
import type { realiseState as Realise } from "../../src/hostname/realise.ts";
import type { HostnameState } from "../../src/hostname/state.ts";
import { cloudflareHostname } from "../../src/index.ts";
import { makeIdentities } from "../make-identities.ts";
import { bare, bundle, stored, zone } from "./states.ts";

const { edge, chained, root, facts } = await makeIdentities();
const target = { zone, hostnames: ["shop.example.com"] };
const wanted = {
  role: "presenter",
  shows: { certificate: edge.certificate.sha256, chain: [], secret: edge.secret },
} as const;
const edgeBundle = { certificate: edge.certificate.sha256, chain: [] };
const nothing = { role: "presenter", shows: "nothing" } as const;

const { definition } = cloudflareHostname({ token: "none" });
const realiseState = (on: object, want: Wanted, base: HostnameState, known: Facts) =>
  definition.realise(on, want, base, known) as ReturnType<typeof Realise>;

const codes = (base: HostnameState, want: Wanted, more = {}): readonly string[] => {
  const realised = realiseState({ ...target, ...more }, want, base, facts);
  return "state" in realised ? [] : realised.findings.map(({ code, severity }) => `${severity} ${code}`);
};

test("realiseState asks for an upload with its key when the store has no such certificate", () => {
  expect(realiseState(target, wanted, bare, facts)).toEqual({
    state: {
      ...bare,
      association: { enabled: true, certificate: edgeBundle },
      store: [{ ...edgeBundle, others: "none", secret: edge.secret }],
    },
  });
});

test("realiseState adopts a certificate that is in the store", () => {
  const base = { ...bare, store: [{ ...edgeBundle, others: "some" as const }] };
  expect(realiseState(target, wanted, base, facts)).toEqual({
    state: { ...base, association: { enabled: true, certificate: edgeBundle } },
  });
});

test("realiseState takes inherited as no association", () => {
  const base = { ...bare, association: { enabled: false, certificate: bundle("a") } };
  expect(realiseState(target, { role: "presenter", shows: "inherited" }, base, facts)).toEqual({
    state: { ...base, association: null },
  });
});

const nothings: [string, Partial<HostnameState>, unknown][] = [
  [
    "the certificate that is associated, suppressed",
    { association: { enabled: true, certificate: bundle("a") }, store: [stored("a"), stored("b")] },
    { enabled: false, certificate: bundle("a") },
  ],
  [
    "a certificate that nobody uses, suppressed",
    { store: [stored("a", { others: "some" }), stored("b")], zone: { enabled: true, shows: bundle("2") } },
    { enabled: false, certificate: bundle("b") },
  ],
  [
    "one that others use, when there is no other",
    {
      store: [
        stored("a", { others: "full" }),
        stored("b", { others: "some" }),
        stored("c", { failed: true }),
      ],
      global: true,
    },
    { enabled: false, certificate: bundle("b") },
  ],
  ["no association, when the store is empty and nothing is shown anyway", {}, null],
];

test.each(nothings)("realiseState makes nothing of %s", (_, base, association) => {
  const realised = realiseState(target, nothing, { ...bare, ...base }, facts);
  expect("state" in realised ? realised.state.association : realised).toEqual(association);
});

test("realiseState shows nothing by a certificate that is there, when the associated one is gone", () => {
  const base: HostnameState = {
    ...bare,
    association: { enabled: true, certificate: { unknown: "gone" } },
    store: [{ ...edgeBundle, others: "none" }],
  };
  expect(realiseState(target, nothing, base, facts)).toMatchObject({
    state: { association: { enabled: false, certificate: edgeBundle } },
  });
});

test("realiseState says what it takes to show nothing over a zone that shows something", () => {
  expect(codes({ ...bare, global: true }, nothing)).toEqual(["blocker suppress-needs-certificate"]);
});

test("realiseState refuses a CA certificate", () => {
  const shows = { certificate: root.sha256, chain: [], secret: edge.secret };
  expect(codes(bare, { role: "presenter", shows })).toEqual(["blocker certificate-is-ca"]);
});

const withChain = {
  role: "presenter",
  shows: {
    certificate: chained.certificate.sha256,
    chain: chained.chain.map(({ sha256 }) => sha256),
    secret: chained.secret,
  },
} as const;

test("realiseState refuses a chain unless the target agrees to send it, and a root in it always", () => {
  expect(codes(bare, withChain)).toEqual(["blocker chain-undocumented"]);
  expect(codes(bare, withChain, { sendChain: true })).toEqual([]);
  const shows = { ...withChain.shows, chain: [...withChain.shows.chain, root.sha256] };
  expect(codes(bare, { role: "presenter", shows }, { sendChain: true })).toEqual([
    "blocker chain-holds-root",
  ]);
});

test("realiseState says that a deployment failed, and that a certificate has its hostnames", () => {
  const failed = [{ ...edgeBundle, others: "none" as const, failed: true as const }];
  expect(codes({ ...bare, store: failed }, wanted)).toEqual(["blocker certificate-deployment-failed"]);
  const taken = [{ ...edgeBundle, others: "full" as const }];
  expect(codes({ ...bare, store: taken }, wanted)).toEqual(["blocker certificate-hostnames-full"]);
  const mine = { enabled: false, certificate: edgeBundle };
  expect(codes({ ...bare, store: taken, association: mine }, wanted)).toEqual([]);
});

test("realiseState refuses a verifier's face", () => {
  expect(codes(bare, { role: "verifier", mode: "off", anchors: [], crls: [] })).toEqual([
    "blocker not-a-verifier",
  ]);
});
