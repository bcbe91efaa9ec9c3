/**
 * `pnpm truth-table [--servers nginx,openssl] [--repetitions 1000] [--json]`: probes servers that others wrote, in all
 * modes in which they treat client certificates, and holds the verdicts against the servers' documentation, another
 * client, and what arrived behind the server.
 */
import { parseArgs } from "node:util";
import { probe } from "@handfast/pki";
import { versionOf } from "./foreign-process.ts";
import { seededRandom } from "./random.ts";
import { renderTruth } from "./render-table.ts";
import { allServers } from "./servers/all.ts";
import { findTruth, tallyOf } from "./truth.ts";

const { values } = parseArgs({
  options: {
    json: { type: "boolean", default: false },
    servers: { type: "string" },
    repetitions: { type: "string", default: "1000" },
  },
});

const names = values.servers?.split(",") ?? allServers.map(({ name }) => name);
const unknown = names.filter((name) => !allServers.some((server) => server.name === name));
const count = Number(values.repetitions);

if (unknown.length > 0 || !Number.isInteger(count) || count < 0) {
  const known = allServers.map(({ name }) => name).join(", ");
  process.stderr.write(
    unknown.length > 0
      ? `no server is named ${unknown.join(", ")}; known are ${known}\n`
      : `--repetitions ${values.repetitions}: give a number, 0 or more\n`,
  );
  process.exitCode = 2;
} else {
  const servers = allServers.filter(({ name, program, versionFlag }) => {
    if (!names.includes(name)) return false;
    const version = versionOf(program, versionFlag);
    process.stdout.write(
      version === undefined ? `skipped: ${name}, because ${program} is not installed\n` : `${version}\n`,
    );
    return version !== undefined;
  });
  process.stdout.write("\n");
  // Ends through the exit handlers, which end the servers.
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));
  const started = performance.now();
  const truth = await findTruth({
    ...{ servers, ask: probe, effort: "full", repetitions: count },
    random: seededRandom(1),
    onProgress: showProgress,
  });
  showProgress("");
  const tally = tallyOf(truth);
  process.stdout.write(`${renderTruth(truth)}\n`);
  process.stdout.write(
    `${tally.cells} cells of ${tally.servers} servers, ${tally.wrong} wrong; ${tally.repetitions} repetitions, ${tally.falseAccepted} falsely accepted (${((performance.now() - started) / 1_000).toFixed(1)} s)\n`,
  );
  if (values.json) process.stdout.write(`${JSON.stringify(tally)}\n`);
  if (tally.servers === 0 || tally.wrong > 0 || tally.falseAccepted > 0) process.exitCode = 1;
}

/** One line that is written over, and only where somebody looks. */
function showProgress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${text}`);
}
