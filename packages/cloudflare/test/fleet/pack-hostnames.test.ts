import fc from "fast-check";
import { expect, test } from "vitest";
import { packHostnames } from "../../src/index.ts";

const hostname = fc.integer({ min: 0, max: 400 }).map((at) => `h${at}.example.com`);
const fleet = fc.uniqueArray(hostname, { maxLength: 60 });
const identities = ["a", "b", "c", "d"] as const;
const options = { identities, most: 30 } as const;

type Groups = Readonly<Record<string, readonly string[]>>;
const whereOf = (groups: Groups): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(groups).flatMap(([name, own]) => own.map((one) => [one, name])));

test("packHostnames has every hostname once, and no group too large", () => {
  fc.assert(
    fc.property(fleet, (hostnames) => {
      const groups = packHostnames(hostnames, { identities, most: Math.ceil(hostnames.length / 4) || 1 });
      expect(Object.values(groups).flat().sort()).toEqual([...hostnames].sort());
      for (const own of Object.values(groups)) {
        expect(own.length).toBeLessThanOrEqual(Math.ceil(hostnames.length / 4));
        expect(own).toEqual([...own].sort());
      }
    }),
  );
});

test("packHostnames moves nobody who is somewhere, whoever comes or goes", () => {
  fc.assert(
    fc.property(fleet, fleet, fc.integer({ min: 15, max: 30 }), (before, after, most) => {
      const first = whereOf(packHostnames(before, { identities, most }));
      const second = whereOf(packHostnames(after, { identities, most, now: first }));
      for (const one of after) if (first[one] !== undefined) expect(second[one]).toBe(first[one]);
    }),
  );
});

test("packHostnames needs no memory as long as no group is full", () => {
  fc.assert(
    fc.property(fleet, fleet, (before, after) => {
      const wide = { identities, most: 60 };
      const [first, second] = [whereOf(packHostnames(before, wide)), whereOf(packHostnames(after, wide))];
      for (const one of after) if (first[one] !== undefined) expect(second[one]).toBe(first[one]);
    }),
  );
});

test("packHostnames does not hang on the order of what it is given, nor on repetitions", () => {
  fc.assert(
    fc.property(fleet, (hostnames) => {
      const again = packHostnames([...hostnames, ...hostnames].reverse(), options);
      expect(again).toEqual(packHostnames(hostnames, options));
    }),
  );
});

test("packHostnames takes a hundred for an identity, and says how many more identities it takes", () => {
  const many = Array.from({ length: 230 }, (_, at) => `h${at}.example.com`);
  expect(Object.values(packHostnames(many, { identities: ["a", "b", "c"] })).flat()).toHaveLength(230);
  expect(() => packHostnames(many, { identities: ["a"] })).toThrow(
    /230 hostnames do not fit into 1 identities of 100 each; name 2 more/,
  );
});

test("packHostnames leaves out of account where nobody is any more, and odd names", () => {
  const now = { "h1.example.com": "gone", __proto__: "a" };
  expect(
    Object.values(packHostnames(["h1.example.com", "__proto__"], { identities, now })).flat(),
  ).toHaveLength(2);
});
