import { expect, test } from "vitest";
import { faceOf, type HostnameState } from "../../src/hostname/state.ts";
import { bare, bundle } from "./states.ts";

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
    "null and a zone without a certificate: the shared one",
    { zone: { enabled: true, shows: null }, global: true },
    shared,
  ],
  [
    "null and a zone that is off: the shared one",
    { zone: { ...zoneLevel, enabled: false }, global: true },
    shared,
  ],
  [
    "null, a zone without a certificate, global off: nothing",
    { zone: { enabled: true, shows: null } },
    "nothing",
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
