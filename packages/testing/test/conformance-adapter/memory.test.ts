import { memoryVerifier } from "@handfast/core";
import { adapterConformance } from "../../src/conformance/adapter-conformance.ts";
import { memoryUnderTest, memoryWorlds } from "./memory-worlds.ts";

const { verifier, presenter, zone } = memoryWorlds;

/** What the memory adapters do not keep to, and why. */
const gaps = {
  "read keeps the bytes of the certificates and lists that it speaks of": "it holds digests only",
  "read ends in an abort when it is called off": "it does not look at the signal",
};
const looking = {
  "check is pure: it judges what was read, whatever happened since":
    "it asks the world whether it is settled",
};
const unnamed = {
  "realise gives a state with the face that was wanted, or says why not": "it takes advertiseNames for false",
};

adapterConformance("memoryVerifier", memoryUnderTest(verifier, { ...gaps, ...looking, ...unnamed }));
adapterConformance(
  "memoryVerifier with fewer modes, room for two, and nodes that say nothing",
  memoryUnderTest(
    {
      ...verifier,
      adapter: (world) =>
        memoryVerifier(world, {
          modes: ["off", "request", "required"],
          room: 2,
          silent: true,
          atMostMs: 5_000,
        }),
    },
    {
      ...gaps,
      ...unnamed,
      "realise refuses the impossible with findings, and never throws": "it grants a mode that it has not",
    },
  ),
);
adapterConformance(
  "memoryPresenter",
  memoryUnderTest(presenter, {
    ...gaps,
    ...looking,
    "steps say what they cost and how they settle, in a line that a person can read":
      "a summary holds a digest",
  }),
);
adapterConformance(
  "memoryZone",
  memoryUnderTest(zone, {
    ...gaps,
    ...looking,
    "read says so when a target does not exist": "it reads a missing zone as an empty state",
  }),
);
