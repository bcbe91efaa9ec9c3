import { memoryPresenter, memoryVerifier } from "@handfast/core";
import { adapterConformance } from "../../src/conformance/adapter-conformance.ts";
import { memoryUnderTest, memoryWorlds } from "./memory-worlds.ts";

const { verifier, presenter, zone } = memoryWorlds;

adapterConformance("memoryVerifier", memoryUnderTest(verifier));
adapterConformance(
  "memoryVerifier with fewer modes, room for two, and nodes that say nothing",
  memoryUnderTest({
    ...verifier,
    adapter: (world) =>
      memoryVerifier(world, {
        modes: ["off", "request", "required"],
        room: 2,
        silent: true,
        atMostMs: 5_000,
      }),
  }),
);
adapterConformance("memoryPresenter", memoryUnderTest(presenter));
adapterConformance(
  "memoryPresenter that takes two associations in one call",
  memoryUnderTest({
    ...presenter,
    adapter: (world) => memoryPresenter(world, { atMostMs: 5_000, batch: 2 }),
  }),
);
adapterConformance("memoryZone", memoryUnderTest(zone));
