import { type Adapter, memoryPresenter, memoryVerifier } from "@handfast/core";
import { describe, expect, it } from "vitest";
import { type AdapterCase, runAdapterCase } from "../../src/conformance/adapter/adapter-case.ts";
import type { AdapterUnderTest } from "../../src/conformance/adapter/adapter-world.ts";
import { adapterCases, adapterConformance } from "../../src/conformance/adapter-conformance.ts";
import { bindingSeeds } from "./binding-seeds.ts";
import { memoryUnderTest, memoryWorlds } from "./memory-worlds.ts";
import { planningSeeds } from "./planning-seeds.ts";
import { replaceParts, type Seed } from "./seed.ts";
import { writingSeeds } from "./writing-seeds.ts";

const seeds = [...planningSeeds, ...writingSeeds, ...bindingSeeds];

function caseNamed(start: string): AdapterCase {
  const found = adapterCases.filter(({ title }) => title.startsWith(start));
  const [one, ...more] = found;
  if (one === undefined || more.length > 0)
    throw new TypeError(`${found.length} cases begin with "${start}"`);
  return one;
}

/** The memory adapter with one fault; without one when there is no seed. */
function seeded(kind: Seed["kind"], seed?: Seed): AdapterUnderTest {
  const timing = { atMostMs: 5_000 };
  const instances = new WeakMap<object, number>();
  return memoryUnderTest({
    ...memoryWorlds[kind === undefined ? "verifier" : "presenter"],
    adapter: (world) => {
      const instance = (instances.get(world) ?? 0) + 1;
      instances.set(world, instance);
      const batch = kind === "fleet" ? 2 : undefined;
      const right =
        kind === undefined ? memoryVerifier(world, timing) : memoryPresenter(world, { ...timing, batch });
      return seed === undefined ? right : replaceParts(right, seed.change(right.definition, world, instance));
    },
  });
}

describe("adapterConformance", () => {
  it.each(seeds)('catches $name by "$caught …"', async (seed) => {
    const one = caseNamed(seed.caught);
    const right = seed.right === undefined ? undefined : { ...seed, change: seed.right };
    await expect(runAdapterCase(one, seeded(seed.kind, right)), "the right adapter").resolves.toBeUndefined();
    await expect(runAdapterCase(one, seeded(seed.kind, seed)), "the wrong adapter").rejects.toThrow();
  });

  it("catches facts that do not hold, and modes in the wrong order", async () => {
    const one = caseNamed("facts name");
    for (const change of [
      { modes: ["required", "off"] as const },
      { modes: ["off"] as const, version: "" },
    ]) {
      const subject = memoryUnderTest({
        ...memoryWorlds.verifier,
        adapter: (world) => {
          const right = memoryVerifier(world);
          return { ...right, facts: { ...right.facts, ...change } };
        },
      });
      await expect(runAdapterCase(one, subject)).rejects.toThrow();
    }
  });

  it("catches a scope with a secret in it", async () => {
    const one = caseNamed("scope names");
    const secret = "sesame-open-for-me";
    for (const [scope, caught] of [
      [{ region: "memory-1" }, false],
      [{ region: "memory-1", url: `https://me:${secret}@example.com` }, true],
    ] as const) {
      const subject = seeded(undefined);
      const withScope: AdapterUnderTest = {
        ...subject,
        setUp: async () => {
          const world = await subject.setUp();
          const adapter = { ...world.adapter, facts: { ...world.adapter.facts, scope } } as Adapter;
          return { ...world, adapter, again: () => adapter, secrets: [secret] };
        },
      };
      if (caught) await expect(runAdapterCase(one, withScope)).rejects.toThrow();
      else await expect(runAdapterCase(one, withScope)).resolves.toBeUndefined();
    }
  });

  it("catches reads that are not batched", async () => {
    const one = caseNamed("read is batched");
    const counting = (cost: (targets: number) => number): AdapterUnderTest => {
      const right = seeded(undefined);
      return {
        ...right,
        setUp: async () => {
          const world = await right.setUp();
          let calls = 0;
          const adapter = replaceParts(world.adapter, {
            read: (targets, context) => {
              calls += cost(targets.length);
              return world.adapter.definition.read(targets, context);
            },
          });
          return { ...world, adapter, calls: () => calls };
        },
      };
    };
    await expect(
      runAdapterCase(
        one,
        counting(() => 4),
      ),
    ).resolves.toBeUndefined();
    await expect(
      runAdapterCase(
        one,
        counting((targets) => 4 * targets),
      ),
    ).rejects.toThrow();
  });

  it("catches reads that keep no bytes, or can't be called off", async () => {
    const worse = (parts: "keep" | "stop"): AdapterUnderTest => {
      const right = seeded(undefined);
      return {
        ...right,
        setUp: async () => {
          const world = await right.setUp();
          const signal = new AbortController().signal;
          const keep = async () => ({ sha256: "", size: 0 });
          const adapter = replaceParts(world.adapter, {
            read: (targets, context) =>
              world.adapter.definition.read(targets, {
                ...context,
                ...(parts === "stop" ? { signal } : { keep }),
              }),
          });
          return { ...world, adapter };
        },
      };
    };
    for (const [start, parts] of [
      ["read keeps", "keep"],
      ["read ends in an abort", "stop"],
    ] as const) {
      await expect(runAdapterCase(caseNamed(start), seeded(undefined))).resolves.toBeUndefined();
      await expect(runAdapterCase(caseNamed(start), worse(parts))).rejects.toThrow();
    }
  });

  it("catches a check that looks at the world", async () => {
    const one = caseNamed("check is pure");
    const silent = (isLooking: boolean): AdapterUnderTest =>
      memoryUnderTest({
        ...memoryWorlds.verifier,
        adapter: (world) => {
          const right = memoryVerifier(world, { atMostMs: 5_000, silent: true });
          return replaceParts(right, {
            check: (target, step, seen) => {
              const where = right.definition.check(target, step, seen);
              return isLooking && !world.isSettled(step.object) ? "pending" : where;
            },
          });
        },
      });
    await expect(runAdapterCase(one, silent(false))).resolves.toBeUndefined();
    await expect(runAdapterCase(one, silent(true))).rejects.toThrow();
  });

  it("refuses a gap that is no case", () => {
    const gaps = { "read reads": "no such promise" };
    expect(() => adapterConformance("memoryVerifier", memoryUnderTest(memoryWorlds.verifier, gaps))).toThrow(
      /no case named: read reads/,
    );
  });

  it("has a wrong adapter for every case", () => {
    const here = [
      "facts name",
      "scope names",
      "read is batched",
      "read keeps",
      "read ends in an abort",
      "check is pure",
    ];
    const caught = new Set(
      [...here, ...seeds.map((seed) => seed.caught)].map((start) => caseNamed(start).title),
    );
    expect(adapterCases.map(({ title }) => title).filter((title) => !caught.has(title))).toEqual([]);
  });
});
