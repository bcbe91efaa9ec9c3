import { expect, test } from "vitest";
import { isHandfastError } from "../../src/errors.ts";
import { specDoor } from "../../src/spec/spec-door.ts";
import { secretNames, toyAdapters } from "./toy-adapters.ts";
import { wrongSpecs } from "./wrong-specs.ts";

const handfast = specDoor(toyAdapters, secretNames);

test.each(wrongSpecs)("spec refuses $name at run time too", ({ paths, write }) => {
  let thrown: unknown;
  try {
    write(handfast);
  } catch (error) {
    thrown = error;
  }
  if (!isHandfastError(thrown)) throw new Error("nothing was thrown, or no HandfastError", { cause: thrown });
  expect(thrown.code).toBe("SPEC_INVALID");
  expect((thrown.details.issues ?? []).map(({ path }) => path.join(".")).sort()).toEqual([...paths].sort());
});
