/**
 * `node probe-memory.ts <world>`: 1,000 probes, 50 at a time, after 2,000 to warm up; writes by how many megabytes they make
 * the heap (after collection) and the process grow, as JSON. The allocators take what they will ever need during the first
 * two thousand; the next six thousand were seen to add half a megabyte.
 */
import { probe } from "@handfast/pki";
import type { ProbeWorld } from "./probe-server.ts";

const count = 1_000;
const parallel = 50;

const { port, identity } = JSON.parse(process.argv[2] ?? "") as ProbeWorld;

async function probeMany(): Promise<void> {
  let left = count;
  const worker = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      const { verdict, explanation } = await probe({ host: "127.0.0.1", port, identity, timeoutMs: 60_000 });
      if (verdict !== "accepted") throw new Error(explanation);
    }
  };
  await Promise.all(Array.from({ length: parallel }, worker));
}

async function memory(): Promise<{ readonly heap: number; readonly rss: number }> {
  // What ends with a connection is let go a turn later.
  await new Promise((resolve) => setImmediate(resolve));
  globalThis.gc?.();
  const { heapUsed, rss } = process.memoryUsage();
  return { heap: heapUsed / 1e6, rss: rss / 1e6 };
}

await probeMany();
await probeMany();
const before = await memory();
await probeMany();
const after = await memory();
process.stdout.write(JSON.stringify({ heap: after.heap - before.heap, rss: after.rss - before.rss }));
