import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { request } from "node:http";
import { createInterface } from "node:readline";
import { connect } from "node:tls";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { probe } from "@handfast/pki";
import type { Bench, BenchCase } from "./bench.ts";
import type { ProbeWorld } from "./probe-server.ts";

const pairs = 100;

/** Starts the server in a process of its own, so that its work is not counted as the client's. */
async function startServer(): Promise<ProbeWorld> {
  const script = fileURLToPath(import.meta.resolve("./probe-server.ts"));
  const child = spawn(process.execPath, [...process.execArgv, script], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const [line] = (await once(createInterface(child.stdout), "line")) as [string];
  // It ends with this process.
  child.unref();
  (child.stdout as unknown as { unref(): void }).unref();
  (child.stdin as unknown as { unref(): void }).unref();
  return JSON.parse(line) as ProbeWorld;
}

type Version = "TLSv1.2" | "TLSv1.3";

/** What a user would write by hand: a TLS connection with the certificate, one request, its status. */
async function connectAndAsk({ port, identity }: ProbeWorld, version: Version): Promise<void> {
  const socket = connect({
    host: "127.0.0.1",
    port,
    cert: identity.chain,
    key: identity.key,
    minVersion: version,
    maxVersion: version,
    ALPNProtocols: ["http/1.1"],
    rejectUnauthorized: false,
  });
  await once(socket, "secureConnect");
  const sent = request({
    createConnection: () => socket,
    method: "GET",
    path: "/",
    headers: { host: "bench" },
  });
  sent.end();
  const [response] = (await once(sent, "response")) as [{ statusCode?: number }];
  if (response.statusCode !== 200) throw new Error(`HTTP ${response.statusCode}`);
  socket.destroy();
  await once(socket, "close");
}

async function probeOnce({ port, identity }: ProbeWorld, version: Version): Promise<void> {
  const seen = await probe({ host: "127.0.0.1", port, identity, minVersion: version, maxVersion: version });
  if (seen.verdict !== "accepted" || seen.asked !== true) throw new Error(seen.explanation);
}

async function wallTime(work: () => Promise<void>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

/** One probe after the other, each beside a connection by hand: whatever slows the machine down slows both. */
function oneProbe(version: Version): BenchCase {
  return {
    name: `a probe with a certificate, ${version}`,
    unit: "ms",
    against: "connect and one request",
    target: 1.25,
    prepare: async () => {
      const world = await startServer();
      let ours = Number.NaN;
      return {
        against: async () => {
          const times: { readonly probes: number[]; readonly connects: number[] } = {
            probes: [],
            connects: [],
          };
          for (let pair = 0; pair < pairs; pair += 1) {
            times.connects.push(await wallTime(() => connectAndAsk(world, version)));
            times.probes.push(await wallTime(() => probeOnce(world, version)));
          }
          ours = median(times.probes);
          return median(times.connects);
        },
        ours: async () => ours,
      };
    },
  };
}

/** By how much a thousand probes, 50 at a time, make a warm process of its own grow. */
function memory(what: "heap" | "rss", name: string, most: number): BenchCase {
  return {
    name,
    unit: "MB",
    against: `${most} MB`,
    target: 1,
    rounds: 2,
    prepare: async () => {
      const world = await startServer();
      const script = fileURLToPath(import.meta.resolve("./probe-memory.ts"));
      return {
        ours: async () => {
          const run = promisify(execFile);
          const { stdout } = await run(process.execPath, [
            ...process.execArgv,
            script,
            JSON.stringify(world),
          ]);
          return (JSON.parse(stdout) as Readonly<Record<typeof what, number>>)[what];
        },
        against: async () => most,
      };
    },
  };
}

export const bench: Bench = {
  name: "probe",
  cases: [
    oneProbe("TLSv1.2"),
    oneProbe("TLSv1.3"),
    memory("heap", "1,000 probes, 50 at a time: growth of heap", 2),
    memory("rss", "1,000 probes, 50 at a time: growth of process", 10),
  ],
};
