import { X509Certificate } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import type { Application } from "./application.ts";
import type { Certificates } from "./certificates.ts";
import { type ForeignProcess, startProcess } from "./foreign-process.ts";
import type { Endpoint, ForeignServer, Site } from "./foreign-server.ts";
import { answersWith, pickPorts } from "./ports.ts";

/** What all servers of a run share. */
export interface Surroundings {
  /** Where each server gets a folder of its own. */
  readonly folder: string;
  readonly certificates: Certificates;
  readonly application: Application;
  readonly answer: string;
  /** Every process that was started. */
  readonly processes: Set<ForeignProcess>;
}

/** A server that listens on all of its endpoints. */
export interface RunningServer {
  readonly server: ForeignServer;
  readonly endpoints: readonly Endpoint[];
  /** Makes the page of this name, where the server has its pages itself. */
  prepare(page: string): Promise<void>;
  /** Pages that were served, as the server or the application behind it says. */
  served(): Promise<ReadonlySet<string>>;
  close(): Promise<void>;
}

/** Long, for a loaded machine. */
const readyMs = 20_000;
const attempts = 5;
/** Ports are free when they are picked; until they are bound, others may take them. */
const taken = /address already in use/i;

/** Starts a server in all of its modes, each with a CRL and without. */
export async function startServer(server: ForeignServer, surroundings: Surroundings): Promise<RunningServer> {
  for (let attempt = 1; ; attempt += 1) {
    const started = await tryToStart(
      server,
      surroundings,
      join(surroundings.folder, `${server.name}-${attempt}`),
    );
    if (typeof started !== "string") return started;
    if (attempt === attempts || !taken.test(started))
      throw new Error(`${server.name} did not start:\n${started.slice(-4_000)}`);
  }
}

/** The running server, or what it said instead. */
async function tryToStart(
  server: ForeignServer,
  { certificates, application, answer, processes: allProcesses }: Surroundings,
  folder: string,
): Promise<RunningServer | string> {
  await mkdir(folder);
  const ports = await pickPorts(server.modes.length * 2);
  const endpoints = server.modes.flatMap((mode, index) =>
    [false, true].map((crl) => ({ mode, crl, port: ports[2 * index + (crl ? 1 : 0)] ?? 0 })),
  );
  const { ca, crl, certificate, key, certificateAndKey } = certificates;
  const site: Site = {
    ...{ folder, ca, crl, certificate, key, certificateAndKey, answer },
    application: application.port,
  };
  const commands = await server.configure(site, endpoints);
  const processes = await Promise.all(
    commands.map((command, index) => startProcess(command, join(folder, `log-${index}`))),
  );
  for (const process of processes) allProcesses.add(process);
  const logs = async (): Promise<string> => (await Promise.all(processes.map(({ log }) => log()))).join("\n");
  const close = async (): Promise<void> => {
    await Promise.all(processes.map(({ end }) => end()));
  };
  const own = new X509Certificate(await readFile(certificate));
  if (!(await becomesReady(own, processes, endpoints))) {
    await close();
    return logs();
  }
  return {
    server,
    endpoints,
    prepare: async (page) => {
      if (server.servesItself) await writeFile(join(folder, "pages", page), answer);
    },
    served: async () =>
      server.servesItself
        ? new Set([...(await logs()).matchAll(/^FILE:(.+)$/gm)].map(([, page = ""]) => page))
        : application.reached,
    close,
  };
}

async function becomesReady(
  own: X509Certificate,
  processes: readonly ForeignProcess[],
  endpoints: readonly Endpoint[],
): Promise<boolean> {
  const deadline = performance.now() + readyMs;
  for (const { port } of endpoints) {
    while (!(await answersWith(own, port))) {
      if (processes.some(({ hasEnded }) => hasEnded) || performance.now() > deadline) return false;
      await setTimeout(20);
    }
  }
  return processes.every(({ hasEnded }) => !hasEnded);
}
