import fc from "fast-check";
import { expect, test } from "vitest";
import { isHandfastError } from "../../src/errors.ts";
import { readSpec } from "../../src/spec/read-spec.ts";
import { specDoor } from "../../src/spec/spec-door.ts";
import { cases } from "./cases.ts";
import { secretNames, toyAdapters } from "./toy-adapters.ts";

const handfast = specDoor(toyAdapters, secretNames);

/** Issues, or undefined when it was taken. Anything but `SPEC_INVALID` is thrown on. */
function refusal(parse: (input: unknown) => unknown, input: unknown): readonly unknown[] | undefined {
  try {
    parse(input);
    return undefined;
  } catch (error) {
    if (!isHandfastError(error) || error.code !== "SPEC_INVALID") throw error;
    const issues = error.details.issues ?? [];
    expect(issues.length).toBeGreaterThan(0);
    expect(issues.every(({ path, message }) => Array.isArray(path) && message !== "")).toBe(true);
    return issues;
  }
}

const anything = fc.anything({
  withBigInt: true,
  withDate: true,
  withMap: true,
  withNullPrototype: true,
  withObjectString: true,
  withSet: true,
  withSparseArray: true,
  withTypedArray: true,
});

/** Rubbish of nearly the right shape, so that it gets past the first gate. */
const word = fc.oneof(
  fc.constantFrom(
    "edge",
    "shop",
    "leaf",
    "viewers",
    "nothing",
    "inherited",
    "constructor",
    "__proto__",
    "aws.alb",
  ),
  fc.constantFrom("aws.cloudfront-viewer", "cloudflare.hostname", "edge-key", "https://{hostname}/", "30m"),
  anything,
);
const keys = fc.constantFrom(
  ...[
    "adapter",
    "mode",
    "trust",
    "shows",
    "hostnames",
    "zone",
    "listener",
    "anchors",
    "crls",
    "chain",
    "key",
  ],
  ...["secret", "mayShow", "issuedBy", "from", "to", "probe", "url", "show", "name", "bake", "withoutCrls"],
);
const entry = fc.dictionary(
  keys,
  fc.oneof(word, fc.array(word, { maxLength: 3 }), fc.dictionary(keys, word)),
);
const section = fc.oneof(
  fc.dictionary(fc.constantFrom("edge", "shop", "leaf", "viewers", "__proto__", "toString"), entry),
  fc.array(entry, { maxLength: 3 }),
  anything,
);
const nearly = fc.record(
  {
    trust: section,
    identities: section,
    verifiers: section,
    presenters: section,
    populations: section,
    links: section,
    waves: section,
  },
  { requiredKeys: [] },
);

test("parseSpec and readSpec answer any input with SPEC_INVALID or a spec", () => {
  fc.assert(
    fc.property(fc.oneof(anything, nearly), (input) => {
      refusal(handfast.parseSpec, input);
      refusal(readSpec, input);
    }),
    { numRuns: 1_000 },
  );
});

const hostile: readonly [name: string, message: string, make: () => unknown][] = [
  [
    "an object that contains itself",
    "contains itself",
    () => {
      const loop: Record<string, unknown> = { verifiers: {}, links: [] };
      loop.trust = loop;
      return loop;
    },
  ],
  [
    "a getter that throws",
    "could not be read",
    () => ({
      get trust(): never {
        throw new Error("PRIVATE KEY");
      },
    }),
  ],
  [
    "a proxy that throws",
    "could not be read",
    () =>
      new Proxy(
        {},
        {
          ownKeys: () => {
            throw new Error("no");
          },
        },
      ),
  ],
  [
    "a revoked proxy",
    "could not be read",
    () => {
      const { proxy, revoke } = Proxy.revocable({}, {});
      revoke();
      return { trust: proxy };
    },
  ],
  ["a list without end", "more than 100000 items", () => ({ links: new Array(2 ** 32 - 1) })],
  [
    "a nest without end",
    "more than 32 levels",
    () => Array.from({ length: 100_000 }).reduce((inner) => ({ trust: inner }), {}),
  ],
  [
    "copies of copies",
    "is missing",
    () =>
      Array.from({ length: 30 }).reduce<unknown>(
        (inner) => ({ trust: inner, links: inner, waves: inner }),
        {},
      ),
  ],
];

test.each(hostile)("parseSpec refuses %s", (_name, message, make) => {
  const issues = refusal(handfast.parseSpec, make());
  expect(issues).toBeDefined();
  expect(JSON.stringify(issues)).toContain(message);
  expect(JSON.stringify(issues)).not.toContain("PRIVATE KEY");
});

/** A correct case with one value somewhere replaced. */
const inputs = cases.map(({ write }) => {
  let input: unknown;
  write({
    parseSpec: handfast.parseSpec,
    spec: (given) => {
      input = given;
      return handfast.parseSpec(given);
    },
  });
  return JSON.stringify(input);
});

test("parseSpec is deterministic, and what it takes survives JSON", () => {
  fc.assert(
    fc.property(fc.constantFrom(...inputs), fc.nat(), word, (text, where, other) => {
      const count = { left: 0 };
      JSON.parse(text, (_key, value) => {
        count.left += 1;
        return value;
      });
      const at = where % (count.left * 2);
      let index = -1;
      const input: unknown = JSON.parse(text, (_key, value) => {
        index += 1;
        return index === at ? other : value;
      });
      const first = refusal(handfast.parseSpec, input);
      expect(refusal(handfast.parseSpec, input)).toEqual(first);
      if (first !== undefined) return;
      const spec = handfast.parseSpec(input);
      expect(JSON.stringify(handfast.parseSpec(input))).toBe(JSON.stringify(spec));
      expect(readSpec(JSON.parse(JSON.stringify(spec)))).toEqual(spec);
      const placed = spec.waves.flatMap(({ from }) => from);
      expect([...placed].sort()).toEqual(
        [...Object.keys(spec.presenters), ...Object.keys(spec.populations)].sort(),
      );
    }),
    { numRuns: 1_000 },
  );
});

test("parseSpec never repeats a private key, wherever it stands", () => {
  const key = ["-----BEGIN RSA", "PRIVATE KEY-----MIIEpAIBAAKCAQEA"].join(" ");
  fc.assert(
    fc.property(fc.constantFrom(...inputs), fc.nat(), fc.boolean(), (text, where, asName) => {
      let index = -1;
      const input: unknown = JSON.parse(text, (name, value) => {
        index += 1;
        if (name === "" || index % 7 !== where % 7) return value;
        return asName && typeof value === "object" && !Array.isArray(value)
          ? { ...value, [key]: value }
          : key;
      });
      let thrown: unknown;
      try {
        handfast.parseSpec(input);
      } catch (error) {
        thrown = error;
      }
      expect(isHandfastError(thrown)).toBe(true);
      expect(`${thrown}${JSON.stringify(thrown)}`).not.toContain("MIIEpAIBAAKCAQEA");
    }),
  );
});
