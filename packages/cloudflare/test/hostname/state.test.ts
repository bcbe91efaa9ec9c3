import { expect, test } from "vitest";
import { faceOf, type HostnameState, ownedState } from "../../src/hostname/state.ts";
import { bare, bundle, secret, stored } from "./states.ts";

const a = bundle("a");
const zoneLevel = { enabled: true, shows: bundle("2") };
const shared = { unknown: "Cloudflare's shared certificate" };

const faces: [string, Partial<HostnameState>, unknown][] = [
  ["no association and nothing behind it: nothing", {}, "nothing"],
  ["true: the certificate", { association: { enabled: true, certificate: a } }, a],
  [
    "true beats zone and global",
    { association: { enabled: true, certificate: a }, zone: zoneLevel, global: true },
    a,
  ],
  [
    "false: nothing, whatever the zone shows",
    { association: { enabled: false, certificate: a }, zone: zoneLevel, global: true },
    "nothing",
  ],
  ["null: the zone's certificate", { zone: zoneLevel, global: true }, bundle("2")],
  [
    "null and a zone without a certificate: nobody knows",
    { zone: { enabled: true, shows: null }, global: true },
    { unknown: expect.stringContaining("not documented") },
  ],
  [
    "null and a zone that is off: the shared one",
    { zone: { ...zoneLevel, enabled: false }, global: true },
    shared,
  ],
  [
    "null, a zone without a certificate, global off: nobody knows",
    { zone: { enabled: true, shows: null } },
    { unknown: expect.stringContaining("not documented") },
  ],
  [
    "a certificate that can't be read is unknown",
    { association: { enabled: true, certificate: { unknown: "id-1" } } },
    { unknown: "certificate id-1 can't be read" },
  ],
  [
    "the zone's certificate can't be read",
    { zone: { enabled: true, shows: { unknown: "id-2" } } },
    { unknown: "certificate id-2 can't be read" },
  ],
  [
    "a deployment that timed out is unknown",
    { association: { enabled: false, certificate: a, failed: true } },
    { unknown: "the association's deployment timed out at Cloudflare" },
  ],
];

test.each(faces)("faceOf: %s", (_, state, shows) => {
  expect(faceOf({ ...bare, ...state })).toEqual({ role: "presenter", shows });
});

const here: HostnameState = {
  ...bare,
  association: { enabled: true, certificate: a },
  store: [stored("a"), stored("b")],
  zone: { ...zoneLevel, enabled: false },
};

const same: [string, Partial<HostnameState>][] = [
  ["a certificate is uploaded", { store: [...here.store, stored("c", { secret })] }],
  ["an unused one is deleted", { store: [stored("a")] }],
  ["other hostnames come to the certificate", { store: [stored("a", { others: "full" }), stored("b")] }],
];

test.each(same)("ownedState stays as it is when %s", (_, change) => {
  expect(ownedState({ ...here, ...change })).toEqual(ownedState(here));
});

const other: [string, Partial<HostnameState>][] = [
  ["the association is taken away", { association: null }],
  ["it is turned off", { association: { enabled: false, certificate: a } }],
  ["it gets another certificate", { association: { enabled: true, certificate: bundle("b") } }],
  ["its deployment failed", { association: { enabled: true, certificate: a, failed: true } }],
  ["its certificate is deleted", { store: [stored("b")] }],
  ["its certificate's deployment failed", { store: [stored("a", { failed: true }), stored("b")] }],
  ["zone-level origin pulls are turned on", { zone: zoneLevel }],
  ["the zone shows another certificate", { zone: { enabled: false, shows: bundle("3") } }],
  ["global origin pulls are turned on", { global: true }],
];

test.each(other)("ownedState changes when %s", (_, change) => {
  expect(ownedState({ ...here, ...change })).not.toEqual(ownedState(here));
});
