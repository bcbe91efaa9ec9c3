import type { CertificateFacts, Facts, Finding, Wanted } from "@handfast/core";
import { describe, expect, it } from "vitest";
import { storeName } from "../../src/cloudfront/names.ts";
import type { realiseCloudFront } from "../../src/cloudfront/realise.ts";
import { type CloudFrontState, cloudFrontFace, type Viewer } from "../../src/cloudfront/state.ts";
import { cloudfront } from "../../src/index.ts";
import { factsWhere, key } from "../alb/trust.ts";
import {
  checking,
  digest,
  distribution,
  mode,
  nameOf,
  nothingInTheWay,
  off,
  passthrough,
  policy,
  required,
  revoking,
  state,
  store,
  target,
} from "./states.ts";

const [a, b, x, y] = [digest("a"), digest("b"), digest("x"), digest("y")];
const sound = factsWhere();

const realise = (
  wanted: Wanted,
  base: CloudFrontState,
  { facts = sound, fields = {}, options = {} } = {},
): { state?: CloudFrontState; findings: readonly Finding[] } => {
  const { definition } = cloudfront({
    bucket: { name: "bundles", region: "us-east-1" },
    ...policy,
    ...options,
  });
  const realised = definition.realise({ ...target, ...fields }, wanted, base, facts);
  return { findings: [], ...(realised as ReturnType<typeof realiseCloudFront>) };
};
const codes = (wanted: Wanted, base: CloudFrontState, rest = {}): readonly string[] => {
  const { state: given, findings } = realise(wanted, base, rest);
  expect(given, "a state beside what stands in the way").toBeUndefined();
  expect(findings.map(({ severity }) => severity)).toEqual(findings.map(() => "blocker"));
  return findings.map(({ code }) => code);
};
const viewerOf = (wanted: Wanted, base: CloudFrontState, rest = {}): Viewer | undefined =>
  realise(wanted, base, rest).state?.distribution?.viewer;

const onA = state(checking(storeName([a], false)), { stores: [store([a])] });

describe("realiseCloudFront", () => {
  it.each<[string, Wanted, CloudFrontState, Viewer]>([
    ["off", mode("off"), onA, off],
    ["passthrough for request", mode("request"), state(off), passthrough],
    ["a new store, named by content", required([b, a]), state(off), checking(storeName([a, b], false))],
    [
      "the store in use",
      required([a], [], { mode: "optional" }),
      onA,
      checking(storeName([a], false), { mode: "optional" }),
    ],
    [
      "the store in use of somebody else, when what is in it is known",
      required([a]),
      state(checking("corp"), { stores: { corp: store([a], { ours: false }) } }),
      checking("corp"),
    ],
    [
      "another than one in use that asks OCSP responders",
      required([a]),
      state(checking(storeName([a], true)), { stores: [store([a], { ocsp: true })] }),
      checking(storeName([a], false)),
    ],
    [
      "a further store than one that serves all it may",
      required([a]),
      state(off, { stores: [store([a], { full: true })] }),
      checking(storeName([a], false, 2)),
    ],
    [
      "a further store than one whose bundle is gone",
      required([a]),
      state(off, {
        stores: { [storeName([a], false)]: store([], { anchors: { unknown: "gone", count: 1 } }) },
      }),
      checking(storeName([a], false, 2)),
    ],
  ])("takes %s", (_name, wanted, base, viewer) => {
    expect(viewerOf(wanted, base)).toEqual(viewer);
  });

  it("takes flags from what is wanted, else from the target, else none", () => {
    const fields = { ignoreExpiry: true, advertiseNames: true, ocsp: true };
    expect(viewerOf(required([a]), state(off), { fields })).toEqual(
      checking(storeName([a], true), { ignoreExpiry: true, advertiseNames: true }),
    );
    const no = { ignoreExpiry: false, advertiseNames: false, ocsp: false };
    expect(viewerOf(required([a], [], no), state(off), { fields })).toEqual(checking(storeName([a], false)));
  });

  it("waits for a store that somebody is making", () => {
    const base = state(off, { stores: [store([a], { ready: false })] });
    const { state: to } = realise(required([a]), base);
    expect(to?.stores[storeName([a], false)]).toEqual(store([a]));
  });

  it("spreads distributions over as many stores of the same content as the options say", () => {
    const names = Array.from({ length: 40 }, (_, index) => {
      const fields = { distribution: `${distribution}${index}` };
      const viewer = viewerOf(required([a]), state(off), { fields, options: { storesPerTrust: 3 } });
      return viewer !== undefined && "store" in viewer ? viewer.store : "";
    });
    const all = [1, 2, 3].map((turn) => storeName([a], false, turn));
    expect([...new Set(names)].toSorted()).toEqual(all.toSorted());
  });

  it("says that OCSP lags, and that responders decide", () => {
    const { findings } = realise(required([a], [], { ocsp: true }), state(off));
    expect(findings).toMatchObject([{ code: "ocsp-lag", severity: "warning" }]);
  });

  it("leaves alone what is off already, whatever stands in the way", () => {
    const base = state(off, { obstacles: { http3: true } });
    expect(realise(mode("off"), base)).toEqual({ state: base, findings: [] });
    expect(realise(mode("off"), { ...base, distribution: null }).findings).toEqual([]);
  });
});

describe("realiseCloudFront, with CRLs", () => {
  const atX = revoking([x]);
  const onAx = state(checking(storeName([a], false)), { stores: [store([a])], ...atX.parts });

  it("makes a list and a connection function for them", () => {
    const { state: to } = realise(required([a], [x]), onA);
    expect(to?.distribution?.connectionFunction).toBe(atX.connectionFunction);
    expect(to && cloudFrontFace(to)).toMatchObject({ mode: "required", crls: { known: [x] } });
  });

  it("writes the list in use in place when nothing else changes", () => {
    const { state: to } = realise(required([a], [y]), onAx);
    expect(to?.distribution).toEqual(onAx.distribution);
    expect(to?.lists[atX.name]?.crls).toEqual({ known: [y] });
  });

  it("makes another list beside it when whom it trusts changes too", () => {
    const { state: to } = realise(required([b], [y]), onAx);
    expect(to?.distribution?.connectionFunction).toBe(revoking([y]).connectionFunction);
    expect(to?.lists[atX.name]?.crls).toEqual({ known: [x] });
  });

  it("keeps list and function when only the mode changes", () => {
    const { state: to } = realise(required([a], [x], { mode: "optional" }), onAx);
    expect(to?.distribution?.connectionFunction).toBe(atX.connectionFunction);
    expect(to?.lists).toEqual(onAx.lists);
  });

  it("takes another function on the same list when the store asks OCSP responders", () => {
    const { state: to } = realise(required([a], [x], { ocsp: true }), onAx);
    expect(to?.lists).toEqual(onAx.lists);
    expect(to?.distribution?.connectionFunction).toBe(revoking([x], true).connectionFunction);
    expect(to?.distribution?.connectionFunction).not.toBe(atX.connectionFunction);
  });

  it("goes away from a function that somebody edited", () => {
    const edited = { ...onAx, functions: { [atX.connectionFunction]: "edited" as const } };
    expect(cloudFrontFace(edited).crls).toEqual({
      unknown: expect.stringContaining("not what its name says"),
    });
    const { state: to } = realise(required([a], [x]), edited);
    expect(to?.distribution?.connectionFunction).not.toBe(atX.connectionFunction);
    expect(to && cloudFrontFace(to).crls).toEqual({ known: [x] });
  });

  it("takes the function off when there are no CRLs any more, and where nothing is checked", () => {
    for (const wanted of [required([a]), mode("request"), mode("off")])
      expect(realise(wanted, onAx).state?.distribution?.connectionFunction).toBeNull();
  });

  it("leaves the function of somebody else, with a word, unless it needs its place", () => {
    const theirs = {
      ...onA,
      distribution: onA.distribution && { ...onA.distribution, connectionFunction: "geo" },
    };
    const { state: to, findings } = realise(required([b]), theirs);
    expect(to?.distribution?.connectionFunction).toBe("geo");
    expect(findings).toMatchObject([{ code: "connection-function-of-others", severity: "warning" }]);
    expect(codes(required([a], [x]), theirs)).toEqual(["connection-function-taken"]);
    expect(realise(mode("off"), theirs)).toMatchObject({
      state: { distribution: { connectionFunction: null } },
      findings: [{ code: "connection-function-taken-off", severity: "warning" }],
    });
  });
});

describe("realiseCloudFront, where it can't be had", () => {
  const many = Array.from({ length: 26 }, (_, index) => digest(`many ${index}`));
  const some = (facts: Partial<CertificateFacts>) => ({ facts: factsWhere({ [a]: facts }) });
  const endless: Facts = {
    ...sound,
    crl: (crl) => ({ ...sound.crl(crl), revoked: new Set(["ab".repeat(300)]) }),
  };
  const theWay = (passes: Partial<typeof nothingInTheWay.passthrough>) =>
    state(off, { obstacles: { passthrough: { ...nothingInTheWay.passthrough, ...passes } } });

  it.each<[string, Wanted, CloudFrontState, object]>([
    ["distribution-not-found", required([a]), { ...state(off), distribution: null }, {}],
    ["tenant-only", required([a]), state(off, { obstacles: { tenantOnly: true } }), {}],
    ["http3-on", required([a]), state(off, { obstacles: { http3: true } }), {}],
    ["http3-on", mode("request"), state(off, { obstacles: { http3: true } }), {}],
    ["behaviour-allows-http", required([a]), state(off, { obstacles: { plainHttp: ["/api/*", "*"] } }), {}],
    ["passthrough-cached", mode("request"), theWay({ cached: ["*"] }), {}],
    ["passthrough-unforwarded", mode("request"), theWay({ unforwarded: ["*"] }), {}],
    ["passthrough-lambda-at-edge", mode("request"), theWay({ lambdaAtEdge: ["*"] }), {}],
    ["passthrough-origin-shield", mode("request"), theWay({ shielded: ["app"] }), {}],
    ["not-a-verifier", { role: "presenter", shows: "nothing" }, state(off), {}],
    ["no-anchors", required([]), state(off), {}],
    ["too-many-anchors", required(many), state(off), {}],
    ["not-a-ca", required([a]), state(off), some({ ca: false })],
    ["key-unsuitable", required([a]), state(off), some(key("ec-secp521r1"))],
    ["key-unsuitable", required([a]), state(off), some(key("rsa-8192"))],
    [
      "signature-unsuitable",
      required([a]),
      state(off),
      some({ signature: "sha1WithRSAEncryption", signatureHash: "sha1" }),
    ],
    ["certificate-too-large", required([a]), state(off), some({ der: new Uint8Array(12_500) })],
    [
      "bundle-too-large",
      required([a, b, x, y, ...many.slice(0, 4)]),
      state(off),
      {
        facts: factsWhere(
          Object.fromEntries([a, b, x, y, ...many].map((one) => [one, { der: new Uint8Array(6_200) }])),
        ),
      },
    ],
    ["too-many-crls", required([a], many.slice(0, 16)), state(off), {}],
    ["too-many-revoked", required([a], [x]), state(off), { facts: endless }],
    ["no-room-for-store", required([a]), state(off, { otherStores: 20 }), {}],
    [
      "store-failed",
      required([a]),
      state(off, { stores: [store([a], { ready: false, failed: "no CA in it" })] }),
      {},
    ],
  ])("says %s", (code, wanted, base, rest) => {
    expect(codes(wanted, base, rest)).toEqual([code]);
  });

  it("names the behaviours that are in the way, and what to do", () => {
    const base = state(off, { obstacles: { plainHttp: ["/api/*", "*"] } });
    const { findings } = realise(required([a]), base);
    expect(findings[0]?.message).toContain(
      `${distribution} answers plain HTTP (viewer protocol policy allow-all) at "/api/*", "*"`,
    );
    expect(findings[0]?.mend).toContain("redirect-to-https");
  });

  it("does not mind what only passing certificates through minds", () => {
    const base = theWay({ cached: ["*"], unforwarded: ["*"], lambdaAtEdge: ["*"], shielded: ["app"] });
    expect(viewerOf(required([a]), base)).toEqual(checking(storeName([a], false)));
  });

  it("needs no room for a store that is there", () => {
    const base = state(off, { stores: [store([a])], otherStores: 19 });
    expect(viewerOf(required([a]), base)).toEqual(checking(nameOf(store([a]))));
  });
});
