/** What facts, names and schemas promise. */
import { canonicalText, type Mode } from "@handfast/core";
import { expect } from "vitest";
import type { z } from "zod";
import type { AdapterCase } from "./adapter-case.ts";
import { expectSame, purely, viaJson } from "./plain.ts";
import type { Stage } from "./stage.ts";

const modes: readonly Mode[] = ["off", "request", "optional", "required"];

export const declaringCases: readonly AdapterCase[] = [
  {
    title: "facts name the adapter, and its modes from least to most refusing",
    run: async (open) => {
      const { facts } = (await open()).adapter;
      expectSame(viaJson(facts), facts, "facts through JSON");
      expect(facts.name).toMatch(/^[a-z][a-z0-9]*(\.[a-z][a-z0-9-]*)+$/);
      expect(facts.version).not.toBe("");
      if (facts.role === "presenter") {
        expect(typeof facts.inherits).toBe("boolean");
        return;
      }
      const ranks = facts.modes.map((mode) => modes.indexOf(mode));
      expect(ranks, "modes").toEqual([...new Set(ranks)].toSorted());
      expect(ranks.length, "modes").toBeGreaterThan(0);
      expect(ranks, "modes").not.toContain(-1);
      expect(facts.anchorRoom, "anchorRoom").toBeGreaterThanOrEqual(1);
      expect(facts.maxIntermediates, "maxIntermediates").toBeGreaterThanOrEqual(0);
      expect(["crl", "none"]).toContain(facts.revocation);
      expect(["whole", "covered", "listed"]).toContain(facts.crlRule);
    },
  },
  {
    title: "identify tells targets apart, and knows one again",
    run: async (open) => {
      const { adapter, definition, targets } = await open();
      expect(targets.length, "targets of the world").toBeGreaterThanOrEqual(2);
      const names = targets.map(({ target }) => purely("identify", definition.identify, target));
      expect(new Set(names).size).toBe(targets.length);
      const { facts } = adapter;
      if (facts.role !== "presenter" || facts.each === undefined) return;
      for (const { target } of targets) {
        expect((target as Record<string, unknown>)[facts.each], `${facts.each} of a target`).toHaveLength(1);
      }
    },
  },
  {
    title: "schema takes targets, states and actions through JSON unchanged",
    run: async (open) => {
      for (const { what, value, schema } of await samplesOf(await open())) {
        expect(findForeign(value), `${what} holds what JSON has not`).toBeUndefined();
        expectSame(schema.parse(viaJson(value)), value, what);
      }
    },
  },
  {
    title: "schema refuses what it does not know",
    run: async (open) => {
      for (const { what, value, schema } of await samplesOf(await open())) {
        const wrong: readonly [string, unknown][] = [
          ["a field that nobody knows", { ...(value as object), "no-such-field": 1 }],
          ["null", null],
          ["a number", 42],
          ["a text", canonicalText(value)],
          ["a list", [value]],
        ];
        for (const [name, input] of wrong) {
          expect(schema.safeParse(input).success, `${what}: takes ${name}`).toBe(false);
        }
      }
    },
  },
];

interface Sample {
  readonly what: string;
  readonly value: unknown;
  readonly schema: z.ZodType;
}

/** Every target, and every state and action of a tour, as the adapter itself hands them out. */
async function samplesOf(stage: Stage): Promise<readonly Sample[]> {
  const { definition, targets, wishes, facts } = stage;
  const { schema } = definition;
  const samples: Sample[] = targets.map(({ target }) => ({
    what: "target",
    value: target,
    schema: schema.target,
  }));
  const target = stage.target();
  let [state] = [(await stage.look(target)).now];
  samples.push({ what: "state of read", value: state, schema: schema.state });
  for (const { name, wanted } of wishes.tour) {
    const realised = definition.realise(target.target, wanted, state, facts);
    if (!("state" in realised)) continue;
    samples.push({ what: `state of realise for ${name}`, value: realised.state, schema: schema.state });
    const { steps } = definition.steps(target.target, state, realised.state);
    for (const step of steps) {
      samples.push({ what: `action of "${step.summary}"`, value: step.action, schema: schema.action });
      state = definition.after(target.target, state, step);
      samples.push({ what: `state after "${step.summary}"`, value: state, schema: schema.state });
    }
  }
  return samples;
}

/** Where a value holds something that JSON would drop or change; undefined when nowhere. */
function findForeign(value: unknown, path = "it"): string | undefined {
  if (value === null || typeof value === "string" || typeof value === "boolean" || value === undefined) {
    return undefined;
  }
  if (typeof value === "number") return Number.isFinite(value) ? undefined : `${path} is ${value}`;
  if (typeof value !== "object") return `${path} is a ${typeof value}`;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (!Array.isArray(value) && prototype !== Object.prototype && prototype !== null) {
    return `${path} is a ${value.constructor.name}`;
  }
  for (const [key, inner] of Object.entries(value)) {
    const found = findForeign(inner, `${path}.${key}`);
    if (found !== undefined) return found;
  }
  return undefined;
}
