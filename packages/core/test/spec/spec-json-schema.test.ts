import { Ajv2020, type AnySchemaObject } from "ajv/dist/2020.js";
import { expect, test } from "vitest";
import { z } from "zod";
import { specDoor, specJsonSchema } from "../../src/spec/spec-door.ts";
import { cases } from "./cases.ts";
import { secretNames, toyAdapters, verifier } from "./toy-adapters.ts";
import { wrongSpecs } from "./wrong-specs.ts";

const schema: AnySchemaObject = specJsonSchema(toyAdapters);
const validate = new Ajv2020({ strict: true, allErrors: true }).compile(schema);

/** The object that a case hands to `spec`. */
function written(write: (typeof cases)[number]["write"]): unknown {
  let input: unknown;
  const door = specDoor(toyAdapters, secretNames);
  try {
    write({
      parseSpec: door.parseSpec,
      spec: (given) => {
        input = given;
        return door.parseSpec(given);
      },
    });
  } catch {
    // A wrong spec is refused after it was given.
  }
  return JSON.parse(JSON.stringify(input));
}

test("specJsonSchema is of draft 2020-12 and stays small", () => {
  expect(schema.$schema).toBe("https://json-schema.org/draft/2020-12/schema");
  expect(JSON.stringify(schema)).not.toMatch(/\$ref|\$defs|"readOnly"/);
  expect(JSON.stringify(schema).length).toBeLessThan(8_200);
});

test.each(cases)("specJsonSchema takes $name, with an editor's key", ({ write }) => {
  const input = written(write);
  expect(validate(input), JSON.stringify(validate.errors)).toBe(true);
  expect(validate({ $schema: "./handfast.schema.json", ...(input as object) })).toBe(true);
});

/** What no schema can see: names, and what depends on them. */
const beyond = new Set([
  "a trust that is not declared",
  "a trust that is not declared, in a list",
  "an identity that is not declared",
  "inherited where there is nothing to inherit from",
  "a secret that was not given",
  "a presenter with the name of a verifier",
  "a population with the name of a presenter",
  "a link to a verifier that is not declared",
  "a link from a presenter that is not declared",
  "a link where nothing is declared",
  "a consent to a name that is not declared",
  "a consent to a name that means two things",
  "a probe that shows what is not declared",
  "a population's probe that shows nothing",
  "a direct probe that shows what is not declared",
  "a direct probe of clients",
  "a population issued by what is not declared",
  "a population with an identity that is not declared",
  "a wave of what is not declared",
]);

test.each(wrongSpecs)("specJsonSchema and $name", ({ name, write }) => {
  expect(validate(written(write))).toBe(beyond.has(name));
});

test("specJsonSchema marks the field of another adapter", () => {
  const entry = { adapter: "aws.alb", listener: "a", mode: "off", distribution: "E2" };
  expect(validate({ trust: {}, verifiers: { shop: entry }, links: [] })).toBe(false);
  expect(JSON.stringify(validate.errors)).toContain('"additionalProperty":"distribution"');
});

test("specJsonSchema compiles for adapters without a checking mode, and for none", () => {
  const asking = verifier("toy.asking", ["off", "request"], "crl", z.object({}), () => "");
  for (const adapters of [[asking], []]) {
    const small: AnySchemaObject = specJsonSchema(adapters);
    expect(new Ajv2020({ strict: true }).compile(small)({ trust: {}, verifiers: {}, links: [] })).toBe(true);
  }
});
