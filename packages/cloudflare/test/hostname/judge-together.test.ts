import { expect, test } from "vitest";
import { type HostnameEnds, judgeTogether } from "../../src/hostname/judge-together.ts";
import type { HostnameState, StoredCertificate } from "../../src/hostname/state.ts";
import { bare, bundle, stored } from "./states.ts";

const zone = "a".repeat(32);

/** A hostname that shows nothing of its own now, in a zone with this store, and is to show a certificate. */
function end(
  at: number,
  to: string,
  from: {
    readonly store?: readonly StoredCertificate[];
    readonly shows?: string;
    readonly zone?: string;
  } = {},
): HostnameEnds {
  const { store = [], shows } = from;
  const association = (name: string) => ({ enabled: true, certificate: bundle(name) });
  const state: HostnameState = {
    ...bare,
    store,
    association: shows === undefined ? null : association(shows),
  };
  const known = store.some((entry) => entry.certificate === bundle(to).certificate);
  return {
    target: { zone: from.zone ?? zone, hostnames: [`h${at}.example.com`] },
    from: state,
    to: { ...state, association: association(to), store: known ? store : [...store, stored(to)] },
  };
}
const times = (count: number, make: (at: number) => HostnameEnds): HostnameEnds[] =>
  Array.from({ length: count }, (_, at) => make(at));
const digits = [..."0123456789ab"];
const full = (count: number) => digits.slice(0, count).map((name) => stored(name));

test.each<[string, readonly HostnameEnds[], readonly string[]]>([
  ["a hundred on one new certificate", times(100, (at) => end(at, "c")), []],
  ["a hundred and one", times(101, (at) => end(at, "c")), ["certificate-hostnames-full"]],
  ["two hundred on two", times(200, (at) => end(at, at < 100 ? "c" : "d")), []],
  [
    "as many in each of two zones",
    [...times(100, (at) => end(at, "c")), ...times(100, (at) => end(at, "c", { zone: "b".repeat(32) }))],
    [],
  ],
  [
    "sixty beside forty that are not in the plan",
    times(60, (at) => end(at, "c", { store: [stored("c", { others: "some", hostnames: 40 })] })),
    [],
  ],
  [
    "sixty-one beside forty",
    times(61, (at) => end(at, "c", { store: [stored("c", { others: "some", hostnames: 40 })] })),
    ["certificate-hostnames-full"],
  ],
  [
    "a hundred that show it already",
    times(100, (at) => end(at, "c", { store: [stored("c", { others: "some", hostnames: 99 })], shows: "c" })),
    [],
  ],
  [
    "three new certificates in three slots",
    times(3, (at) => end(at, "cde"[at] ?? "", { store: full(7) })),
    [],
  ],
  [
    "four new certificates in three slots",
    times(4, (at) => end(at, "cdef"[at] ?? "", { store: full(7) })),
    ["certificate-slots-full"],
  ],
])("judgeTogether of %s", (_, ends, codes) => {
  expect(judgeTogether(ends).map(({ code }) => code)).toEqual(codes);
});

test("judgeTogether tells how many are held, needed and free, and in how many runs it goes", () => {
  const [finding] = judgeTogether(times(5, (at) => end(at, "cdef0"[at] ?? "", { store: full(8).slice(1) })));
  expect(finding).toMatchObject({ severity: "blocker" });
  expect(finding?.message).toContain(
    "holds 7 certificates and takes 10; this plan uploads 5 more, and 3 fit",
  );
  expect(finding?.mend).toContain("in 2 runs of at most 3");
});
