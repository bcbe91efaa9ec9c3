import { execFile, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { createWriteStream, readFileSync } from "node:fs";
import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { createAuthority, generateKey } from "@handfast/pki";
import { type Bench, type BenchCase, cpuTime } from "./bench.ts";
import { revokedStream } from "./revoked.ts";

const entries = 500_000;

/** What a process took until its end. */
interface Cost {
  readonly ms: number;
  readonly megabytes: number;
}

/** A CA in a folder, and the database of openssl with everything that it revoked. */
let made: Promise<string> | undefined;
function folderOf(): Promise<string> {
  made ??= makeFolder();
  return made;
}

async function makeFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "handfast-bench-crl-"));
  process.once("exit", () => execFileSync("rm", ["-r", folder]));
  const key = await generateKey({ type: "ec", curve: "P-256" });
  const { certificate } = await createAuthority({ subject: "CN=Bench Root", key });
  await writeFile(join(folder, "ca.crt"), certificate.pem);
  await writeFile(join(folder, "ca.key"), key.export(), { mode: 0o600 });
  await writeFile(join(folder, "crlnumber"), "01\n");
  await writeFile(
    join(folder, "ca.cnf"),
    "[ca]\ndefault_ca=d\n[d]\ndatabase=index.txt\ndefault_md=sha256\ndefault_crl_days=30\ncrlnumber=crlnumber\n" +
      "crl_extensions=x\n[x]\nauthorityKeyIdentifier=keyid\n",
  );
  const rows = Readable.from(
    (function* () {
      for (const { serial, reason } of revokedStream(entries))
        yield `R\t400101000000Z\t260101000000Z,${reason}\t${Buffer.from(serial).toString("hex").toUpperCase()}\tunknown\t/CN=gone\n`;
    })(),
  );
  await pipeline(rows, createWriteStream(join(folder, "index.txt")));
  return folder;
}

/** Runs openssl and looks at what Linux counts for it until it is gone: if anything, too little is seen. */
async function runOpenssl(folder: string, ...args: readonly string[]): Promise<Cost> {
  const child = spawn("openssl", args, { cwd: folder, stdio: "ignore" });
  let cost: Cost = { ms: 0, megabytes: 0 };
  const look = setInterval(() => {
    try {
      const [, , , , , , , , , , , user = 0, system = 0] = readFileSync(`/proc/${child.pid}/stat`, "latin1")
        .replace(/^.*\) /, "")
        .split(" ")
        .map(Number);
      const peak = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${child.pid}/status`, "latin1"))?.[1];
      if (peak !== undefined) cost = { ms: (user + system) * 10, megabytes: (Number(peak) * 1_024) / 1e6 };
    } catch {
      // it has just ended
    }
  }, 5);
  const [status] = (await once(child, "exit")) as [number | null];
  clearInterval(look);
  if (status !== 0 || cost.ms === 0) throw new Error(`openssl ${args[0]} ended with ${status}`);
  return cost;
}

async function runOurs(folder: string, task: "write" | "read"): Promise<Cost> {
  const script = fileURLToPath(import.meta.resolve("./pki-crl-process.ts"));
  const args = [...process.execArgv, script, task, folder, String(entries)];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  return JSON.parse(stdout) as Cost;
}

const sign = [
  "ca",
  "-config",
  "ca.cnf",
  "-gencrl",
  "-cert",
  "ca.crt",
  "-keyfile",
  "ca.key",
  "-out",
  "theirs.pem",
];
const print = ["crl", "-in", "ours.pem", "-noout", "-text"];

function costCase(
  name: string,
  what: keyof Cost,
  task: "write" | "read",
  openssl: readonly string[],
  target: number,
): BenchCase {
  return {
    name,
    unit: what === "ms" ? "ms" : "MB",
    against: `openssl ${openssl[0]} ${task === "write" ? "-gencrl" : "-text"}`,
    target,
    rounds: 2,
    prepare: async () => {
      const folder = await folderOf();
      await runOurs(folder, "write");
      return {
        ours: async () => (await runOurs(folder, task))[what],
        against: async () => (await runOpenssl(folder, ...openssl))[what],
      };
    },
  };
}

/** Nanoseconds a look-up, half of them of serials that are not there, in no order of the list. */
async function lookUps(count: number): Promise<() => Promise<number>> {
  const key = await generateKey({ type: "ec", curve: "P-256" });
  const root = await createAuthority({ subject: "CN=Bench Root", key });
  const { facts } = await root.createCrl({ revoked: revokedStream(count), number: 1 });
  const step = Math.max(1, Math.floor(count / 1_000));
  const serials = [...facts.revoked].filter((_, index) => index % step === 0).slice(0, 1_000);
  const asked = serials.flatMap((serial) => [serial, serial.replace(/^../, "3f")]);
  const rounds = 100;
  return async () => {
    let found = 0;
    const ms = await cpuTime(() => {
      for (let round = 0; round < rounds; round += 1)
        for (const serial of asked) if (facts.revoked.has(serial)) found += 1;
    });
    if (found !== rounds * serials.length) throw new Error(`${found} are found`);
    return (ms * 1e6) / (rounds * asked.length);
  };
}

export const bench: Bench = {
  name: "pki-crl",
  cases: [
    costCase("a list of 500,000 signed, in PEM", "ms", "write", sign, 0.1),
    costCase("memory for it", "megabytes", "write", sign, 0.5),
    costCase("a list of 500,000 read and indexed", "ms", "read", print, 0.1),
    {
      name: "a look-up in a list of 500,000",
      unit: "ns",
      against: "the same in one of 1,000",
      // A search by halves would need twice the steps, each of them far away in memory; a walk 500 times as many.
      target: 2,
      rounds: 10,
      prepare: async () => ({ ours: await lookUps(entries), against: await lookUps(1_000) }),
    },
  ],
};
