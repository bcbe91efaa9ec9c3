import { describe, test } from "vitest";
import type { AdapterCase } from "./adapter/adapter-case.ts";
import { runAdapterCase } from "./adapter/adapter-case.ts";
import type { AdapterUnderTest } from "./adapter/adapter-world.ts";
import { bindingCases } from "./adapter/binding.ts";
import { checkingCases } from "./adapter/checking.ts";
import { crashingCases } from "./adapter/crashing.ts";
import { declaringCases } from "./adapter/declaring.ts";
import { failingCases } from "./adapter/failing.ts";
import { goingBackCases } from "./adapter/going-back.ts";
import { hidingCases } from "./adapter/hiding.ts";
import { performingCases } from "./adapter/performing.ts";
import { planningCases } from "./adapter/planning.ts";
import { readingCases } from "./adapter/reading.ts";
import { realisingCases } from "./adapter/realising.ts";
import { removingCases } from "./adapter/removing.ts";
import { rollingOutCases } from "./adapter/rolling-out.ts";

/** Every promise of the contract between core and an adapter, one by one; {@link runAdapterCase} runs one. */
export const adapterCases: readonly AdapterCase[] = [
  ...declaringCases,
  ...readingCases,
  ...realisingCases,
  ...planningCases,
  ...checkingCases,
  ...performingCases,
  ...failingCases,
  ...goingBackCases,
  ...removingCases,
  ...bindingCases,
  ...hidingCases,
  ...rollingOutCases,
  ...crashingCases,
];

/**
 * Holds an adapter to every promise of its contract, as vitest tests: reading, translating, planning, writing, failing,
 * going back, removing, keeping secrets, and all of it together under `createHandfast`, with a crash behind every entry of
 * the journal. Call it at the top level of a test file. What the world has no means for is reported as skipped.
 *
 * @param name stands above the tests
 * @throws TypeError when `gaps` names a case that there is not
 * @example
 * ```ts
 * import { MemoryWorld, memoryVerifier } from "@handfast/core";
 * import { turnableClock } from "@handfast/testing";
 * import { adapterConformance, type ConformanceIssuer } from "@handfast/testing/conformance";
 *
 * export function testMemoryVerifier(issuers: readonly [ConformanceIssuer, ConformanceIssuer]): void {
 *   adapterConformance("memoryVerifier", {
 *     issuers,
 *     setUp: () => {
 *       const clock = turnableClock();
 *       const world = new MemoryWorld({ clock });
 *       for (const name of ["shop", "api"]) {
 *         world.set(`listener/${name}`, { kind: "listener", mode: "off", store: null, ignoreExpiry: false });
 *       }
 *       return {
 *         adapter: memoryVerifier(world),
 *         clock,
 *         targets: [{ listener: "shop" }, { listener: "api" }],
 *         close: clock.autoAdvance(),
 *       };
 *     },
 *   });
 * }
 * ```
 */
export function adapterConformance(name: string, subject: AdapterUnderTest): void {
  const gaps = new Map(Object.entries(subject.gaps ?? {}));
  const titles = new Set(adapterCases.map(({ title }) => title));
  const stray = [...gaps.keys()].filter((title) => !titles.has(title));
  if (stray.length > 0) throw new TypeError(`adapterConformance has no case named: ${stray.join("; ")}`);
  describe(name, () => {
    for (const one of adapterCases) {
      const gap = gaps.get(one.title);
      if (gap !== undefined) {
        test.fails(`${one.title} (known gap: ${gap})`, async () => void (await runAdapterCase(one, subject)));
        continue;
      }
      test(one.title, async ({ skip }) => {
        const skipped = await runAdapterCase(one, subject);
        if (skipped !== undefined) skip(skipped);
      });
    }
  });
}
