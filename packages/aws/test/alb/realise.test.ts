import type { Facts, Wanted } from "@handfast/core";
import { describe, expect, it } from "vitest";
import type { realiseAlb } from "../../src/alb/realise.ts";
import { type AlbState, albFace, storeName } from "../../src/alb/state.ts";
import type { AlbTarget } from "../../src/alb/target.ts";
import { alb } from "../../src/index.ts";
import {
  digest,
  listener,
  mode,
  off,
  passthrough,
  required,
  state,
  store,
  target,
  verify,
} from "./states.ts";
import { factsWhere, key } from "./trust.ts";

const [a, b, crl] = [digest("a"), digest("b"), digest("crl")];
const many = (count: number): string[] => Array.from({ length: count }, (_, index) => digest(`${index}`));

const { realise: ofAdapter } = alb({ region: "eu-west-1", bucket: { name: "bundles" } }).definition;
const realise = (on: AlbTarget, wanted: Wanted, base: AlbState, facts: Facts) =>
  ofAdapter(on, wanted, base, facts) as ReturnType<typeof realiseAlb>;

function realised(wanted: Wanted, base: AlbState, facts: Facts = factsWhere(), on = target): AlbState {
  const result = realise(on, wanted, base, facts);
  if ("state" in result) return result.state;
  throw new Error(`refused: ${result.findings.map(({ code }) => code).join()}`);
}

function refused(wanted: Wanted, base: AlbState, facts: Facts = factsWhere()): readonly string[] {
  const result = realise(target, wanted, base, facts);
  const blockers = (result.findings ?? []).filter(({ severity }) => severity === "blocker");
  return "state" in result ? [] : blockers.map(({ code }) => code);
}

describe("realiseAlb", () => {
  it.each([
    ["off", "off"],
    ["request", "passthrough"],
  ] as const)("turns mode %s into %s without a store", (wanted, native) => {
    const mine = store([a]);
    const base = state(verify(storeName([a], [])), [mine]);
    expect(realised(mode(wanted), base)).toEqual({
      ...base,
      listener: { protocol: "HTTPS", authentication: { mode: native } },
    });
  });

  it("names a new store by its content, whatever the order", () => {
    const one = realised(required([a, b], [crl]), state(off));
    const other = realised(required([b, a, b], [crl]), state(off));
    expect(other).toEqual(one);
    const name = storeName([a, b], [crl]);
    expect(name).toMatch(/^hf-[0-9a-f]{28}$/);
    expect(one).toEqual(state(verify(name), [store([a, b], [crl])]));
  });

  it.each([
    ["anchors", storeName([a], [])],
    ["CRLs", storeName([a, b], [])],
    ["which is which", storeName([a, crl], [b])],
  ])("gives other content another name: %s", (_what, other) => {
    expect(storeName([a, b], [crl])).not.toBe(other);
  });

  it("keeps the listener's own store when it holds the same, whoever made it", () => {
    const base = state(verify("from-terraform"), {
      "from-terraform": store([a], [crl], { ours: false, taken: true }),
    });
    expect(realised(required([a], [crl]), base)).toEqual(base);
  });

  it("takes a store of ours with the same content before it makes one", () => {
    const name = storeName([a], []);
    const base = state(off, [store([a], [], { taken: true }), store([b])]);
    expect(realised(required([a]), base)).toEqual(state(verify(name), base.stores));
  });

  it.each([
    ["is still being created", store([a], [], { ready: false })],
    ["is another's", store([a], [], { ours: false })],
    ["has more CAs", store([a, b])],
    ["has CRLs besides", store([a], [crl])],
    ["can't be read", store([], [], { anchors: { unknown: "denied", count: 1 } })],
  ])("makes its own store beside one that %s", (_why, other) => {
    const made = realised(required([a]), state(off, { other }));
    expect(made).toEqual(state(verify(storeName([a], [])), { other, [storeName([a], [])]: store([a]) }));
  });

  it("makes its own store when the one in use was cut away", () => {
    const base = state(verify("shared", { cut: true }), { shared: store([a], [], { ours: false }) });
    expect(realised(required([a]), base).listener?.authentication).toEqual(verify(storeName([a], [])));
  });

  it.each([
    [
      "is being created",
      store([], [], { ready: false, anchors: { unknown: "creating" }, crls: { unknown: "creating" } }),
    ],
    ["lacks a CRL", store([a])],
  ])("finishes a store of a stopped run that %s", (_how, left) => {
    const name = storeName([a], [crl]);
    expect(realised(required([a], [crl]), state(off, { [name]: left })).stores[name]).toEqual(
      store([a], [crl]),
    );
  });

  it.each([
    ["with other CAs", store([b])],
    ["that others use while a CRL is missing", store([a], [], { taken: true })],
    ["that is not ours", store([a], [], { ours: false })],
  ])("refuses to write to a store of the right name %s", (_how, there) => {
    expect(refused(required([a], [crl]), state(off, { [storeName([a], [crl])]: there }))).toEqual([
      "store-name-taken",
    ]);
  });

  it.each([
    ["wanted", { ignoreExpiry: true }, {}, true],
    ["the target", {}, { ignoreExpiry: true }, true],
    ["wanted, over the target", { ignoreExpiry: false }, { ignoreExpiry: true }, false],
    ["the default", {}, {}, false],
  ])("takes ignoreExpiry from %s", (_where, wanted, fields, expected) => {
    const { listener: seen } = realised(required([a], [], wanted), state(off), factsWhere(), {
      ...target,
      ...fields,
    });
    expect(seen?.authentication).toMatchObject({ mode: "verify", ignoreExpiry: expected });
  });

  it("takes advertiseNames from the target", () => {
    const seen = realised(required([a]), state(off), factsWhere(), { ...target, advertiseNames: true });
    expect(seen.listener?.authentication).toMatchObject({ advertiseNames: true });
  });

  it.each([
    ["no anchor", "no-anchors", required([]), factsWhere()],
    ["26 anchors", "too-many-anchors", required(many(26)), factsWhere()],
    ["31 CRLs", "too-many-crls", required([a], many(31)), factsWhere()],
    ["a leaf", "not-a-ca", required([a]), factsWhere({ [a]: { ca: false } })],
    ["an Ed25519 key", "key-unsuitable", required([a]), factsWhere({ [a]: key("ed25519") })],
    ["a 1024-bit key", "key-unsuitable", required([a]), factsWhere({ [a]: key("rsa-1024") })],
    ["a 16384-bit key", "key-unsuitable", required([a]), factsWhere({ [a]: key("rsa-16384") })],
    ["a key on secp256k1", "key-unsuitable", required([a]), factsWhere({ [a]: key("ec-secp256k1") })],
    [
      "a huge certificate",
      "certificate-too-large",
      required([a]),
      factsWhere({ [a]: { der: new Uint8Array(13_000) } }),
    ],
    ["long names", "subjects-too-long", required([a]), factsWhere({ [a]: { subject: "x".repeat(10_001) } })],
    [
      "too many revoked",
      "too-many-revoked",
      required([a], [crl]),
      factsWhere({}, { [crl]: { revoked: 500_001 } }),
    ],
    ["mode optional", "mode-unsupported", mode("optional"), factsWhere()],
    ["a presenter's wish", "not-a-verifier", { role: "presenter", shows: "nothing" } as const, factsWhere()],
  ])("refuses %s before anything is sent", (_what, code, wanted, facts) => {
    expect(refused(wanted, state(off), facts)).toEqual([code]);
  });

  it.each(["rsa-2048", "rsa-8192", "ec-prime256v1", "ec-secp384r1", "ec-secp521r1"])(
    "takes a CA with key %s",
    (name) => {
      expect(refused(required([a]), state(off), factsWhere({ [a]: key(name) }))).toEqual([]);
    },
  );

  it("takes 25 anchors and 30 CRLs", () => {
    expect(refused(required(many(25), many(30)), state(off))).toEqual([]);
  });

  it("says who mends a listener without TLS, unless it is only to be off", () => {
    const plain: AlbState = { listener: { protocol: "HTTP", authentication: off }, stores: {} };
    const result = realise(target, required([a]), plain, factsWhere());
    expect(result).toEqual({
      findings: [
        {
          code: "listener-not-https",
          severity: "blocker",
          message: `listener ${listener} speaks HTTP; only an HTTPS listener can ask for client certificates`,
          mend: "the load balancer's owner gives the listener protocol HTTPS and a server certificate, or the spec names another",
        },
      ],
    });
    expect(realised(mode("off"), plain)).toBe(plain);
  });

  it("refuses a listener that is not there, unless it is only to be off", () => {
    const nowhere: AlbState = { listener: null, stores: {} };
    expect(refused(mode("request"), nowhere)).toEqual(["listener-not-found"]);
    expect(realised(mode("off"), nowhere)).toBe(nowhere);
  });
});

describe("albFace", () => {
  it.each([
    ["off", off, "off"],
    ["passthrough", passthrough, "request"],
  ] as const)("shows %s as a mode that checks nothing", (_name, authentication, expected) => {
    const face = albFace(state(authentication, [store([a])]));
    expect(face).toEqual({
      role: "verifier",
      mode: expected,
      anchors: { known: [] },
      crls: { known: [] },
      ignoreExpiry: false,
      advertiseNames: false,
    });
  });

  it("shows what is in the store that is verified with", () => {
    const flags = { ignoreExpiry: true, advertiseNames: true };
    const face = albFace(state(verify("own", flags), { own: store([a], [crl]) }));
    expect(face).toMatchObject({
      mode: "required",
      anchors: { known: [a] },
      crls: { known: [crl] },
      ...flags,
    });
  });

  it("never shows a store that was not seen, or not read, as empty", () => {
    expect(albFace(state(verify("own"))).anchors).toEqual({ unknown: "trust store own was not seen" });
    const unread = { unknown: "denied", count: 3 };
    expect(albFace(state(verify("own"), { own: store([], [], { anchors: unread }) })).anchors).toEqual(
      unread,
    );
  });

  it("trusts nobody through a store that was cut away", () => {
    expect(albFace(state(verify("own", { cut: true }), { own: store([a], [crl]) }))).toMatchObject({
      mode: "required",
      anchors: { known: [] },
      crls: { known: [] },
    });
  });
});
