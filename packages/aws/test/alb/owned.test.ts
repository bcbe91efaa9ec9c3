import { canonicalText } from "@handfast/core";
import { describe, expect, it } from "vitest";
import type { AlbAction } from "../../src/alb/actions.ts";
import { bundleKey, crlKey } from "../../src/alb/keys.ts";
import { madeByAlb, ownedByAlb } from "../../src/alb/owned.ts";
import type { AlbState } from "../../src/alb/state.ts";
import { digest, listener, nameOf, off, passthrough, state, store, verify } from "./states.ts";

const [a, b, crl] = [digest("a"), digest("b"), digest("crl")];
const own = store([a], [crl]);
const other = store([b]);
const now = state(verify(nameOf(own)), [own, other]);
const with_ = (change: Partial<typeof own>): AlbState =>
  state(verify(nameOf(own)), { [nameOf(own)]: { ...own, ...change }, [nameOf(other)]: other });

describe("ownedByAlb", () => {
  it.each([
    [
      "a store of ours that nothing refers to is made",
      state(verify(nameOf(own)), [own, other, store([a, b])]),
    ],
    ["one is deleted", state(verify(nameOf(own)), [own])],
    ["another listener comes to the same store", with_({ taken: true })],
    ["the store gets a tag", with_({ ours: false })],
  ])("stays as it is when %s", (_what, then) => {
    expect(canonicalText(ownedByAlb(then))).toBe(canonicalText(ownedByAlb(now)));
  });

  it.each([
    ["the mode changes", state(passthrough, [own, other])],
    ["verification is turned off", state(off, [own, other])],
    ["the listener gets another store", state(verify(nameOf(other)), [own, other])],
    ["a flag changes", state(verify(nameOf(own), { ignoreExpiry: true }), [own, other])],
    ["the store is cut away", state(verify(nameOf(own), { cut: true }), [own, other])],
    ["the listener is gone", { ...now, listener: null }],
    ["its protocol changes", { ...now, listener: { protocol: "HTTP", authentication: off } }],
    ["the store's CAs change", with_({ anchors: other.anchors })],
    ["the store's CRLs change", with_({ crls: { known: [] } })],
    ["the store can't be read any more", with_({ anchors: { unknown: "refused" } })],
    ["the store is being created again", with_({ ready: false })],
    ["the store is not visible any more", state(verify(nameOf(own)), [other])],
  ])("changes when %s", (_what, then) => {
    expect(canonicalText(ownedByAlb(then))).not.toBe(canonicalText(ownedByAlb(now)));
  });
});

describe("madeByAlb", () => {
  const name = nameOf(own);
  const arn = `arn:aws:elasticloadbalancing:eu-west-1:111122223333:truststore/${name}`;
  const [bundle, file] = [bundleKey([a], "handfast"), crlKey(crl, "handfast")];
  it.each<[string, AlbAction, readonly string[]]>([
    [
      "a store and its bundle",
      { kind: "create-store", store: name, anchors: [a], bundle },
      [arn, `arn:aws:s3:::bundles/${bundle}`],
    ],
    ["the file of a CRL", { kind: "add-crl", store: name, crl, file }, [`arn:aws:s3:::bundles/${file}`]],
    ["nothing by a switch", { kind: "set-listener", from: off, to: verify(name) }, []],
    ["nothing by a removal", { kind: "delete-store", store: name, files: [bundle] }, []],
  ])("names %s", (_what, action, keys) => {
    expect(madeByAlb(listener, action, "bundles")).toEqual(keys);
  });
});
