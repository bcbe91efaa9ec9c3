import { probe } from "@handfast/pki";
import { beforeAll, describe, expect, it } from "vitest";
import { versionOf } from "../foreign-process.ts";
import { allShows, versions } from "../foreign-server.ts";
import { seededRandom } from "../random.ts";
import { allServers } from "../servers/all.ts";
import { findTruth, type Truth } from "../truth.ts";

const installed = allServers.filter(
  ({ program, versionFlag }) => versionOf(program, versionFlag) !== undefined,
);
/** `pnpm truth-table` makes 1000, and fills each cell in every protocol. */
const repetitions = 120;
/** Seconds where nothing else runs, more where much does. */
const mostMs = 180_000;

let truth: Truth;

beforeAll(async () => {
  truth = await findTruth({
    ...{ servers: installed, ask: probe, effort: "brief", repetitions },
    random: seededRandom(2),
  });
}, mostMs);

describe("probe", () => {
  it.for(allServers)("is right about $name in every mode, whatever is shown", (server, { skip }) => {
    skip(!installed.includes(server), `${server.program} is not installed`);
    const cells = truth.cells.filter((cell) => cell.server === server.name);
    expect(cells).toHaveLength(server.modes.length * 2 * allShows.length * versions.length);
    const wrong = cells.filter(({ problems }) => problems.length > 0);
    expect(
      wrong.map(({ endpoint: { mode, crl }, shows, version, problems }) => ({
        ...{ mode: mode.name, crl, shows, version, problems },
      })),
    ).toEqual([]);
  });

  it("takes no refusal for a welcome while the event loop is blocked", ({ skip }) => {
    skip(installed.length === 0, "no server is installed");
    const { all, blockedMs } = truth.repetitions;
    expect(all).toHaveLength(repetitions);
    expect(blockedMs).toBeGreaterThan(250);
    expect(all.filter(({ look }) => look.result.verdict === "accepted")).toEqual([]);
  });
});
