import { journalConformance } from "@handfast/testing/conformance";
import { makeBucket } from "./bucket.ts";

const runs = "handfast/journal/runs";

/** The lines of a part, and its last, which says who wrote it. */
function cut(part: Buffer): readonly [Buffer, Buffer] {
  const last = part.lastIndexOf("\n", -2) + 1;
  return [part.subarray(0, last), part.subarray(last)];
}

journalConformance("s3Journal over the simulated AWS", async (clock) => {
  const world = await makeBucket({ clock, versioning: "Enabled" });
  const partsOf = async (run: string) =>
    (await world.keys()).filter((key) => key.startsWith(`${runs}/${run}/`)).toSorted();
  return {
    journal: world.journal({ clock }),
    again: () => world.journal({ clock }),
    elsewhere: (host) => world.journal(host),
    idle: world.idle,
    stored: {
      isAtomic: true,
      read: async (run) => {
        const parts = await Promise.all((await partsOf(run)).map((key) => world.get(key)));
        return Buffer.concat(parts.map((part) => cut(part)[0]));
      },
      write: async (run, bytes) => {
        const [first = "", ...others] = await partsOf(run);
        const [, end] = cut(await world.get(first));
        for (const key of others) await world.remove(key);
        await world.put(first, Buffer.concat([bytes, end]));
      },
    },
    dispose: world.close,
  };
});
