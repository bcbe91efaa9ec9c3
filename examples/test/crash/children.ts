import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Report, RunSummary } from "@handfast/core";
import type { Job, JobEnd, Place } from "./kill-child.ts";
import type { Hands } from "./prepare.ts";

type JobWish = Job extends infer J ? (J extends unknown ? Omit<J, "id" | "place" | "folder"> : never) : never;

/** A real process that works on a journal on the disk. */
export interface Child {
  /** Its calls, as an instance would have them; they fail when the process ends. */
  readonly hands: Hands;
  /** SIGKILL: it has no say in it. */
  kill(): void;
  isDead(): boolean;
  /** Resolves when it is gone. */
  readonly gone: Promise<void>;
}

/** Error of a call whose process was killed. */
class Killed extends Error {
  override readonly name = "Killed";
}

/** Starts processes ahead, since starting is what takes long. */
export interface Nursery extends AsyncDisposable {
  /** A process that is ready, at work in this folder: one that was given back, or a new one. */
  take(folder: string): Promise<Child>;
  /** What is still alive may be used again. */
  giveBack(child: Child): void;
  /** How many were killed. */
  killed(): number;
}

interface Started {
  readonly process: ChildProcess;
  readonly ready: Promise<void>;
  readonly gone: Promise<void>;
}

/** @param cache folder for compiled code, which makes starting quicker */
export function startNursery(place: Place, cache: string): Nursery {
  const all = new Set<Started>();
  const free: Started[] = [];
  const taken = new Map<Child, Started>();
  let ids = 0;
  let killed = 0;

  const start = (): Started => {
    const child = fork(fileURLToPath(new URL("./kill-child.ts", import.meta.url)), [], {
      execArgv: ["--conditions=@handfast/source"],
      env: { PATH: process.env.PATH, NODE_COMPILE_CACHE: cache },
      serialization: "json",
    });
    const gone = new Promise<void>((resolve) => child.once("exit", () => resolve()));
    const ready = new Promise<void>((resolve, reject) => {
      child.once("message", () => resolve());
      gone.then(() => reject(new Error("a child ended before it was ready")));
    });
    ready.catch(() => undefined);
    const started = { process: child, ready, gone };
    all.add(started);
    void gone.then(() => all.delete(started));
    return started;
  };

  const ask = async <T>({ process: child, gone }: Started, folder: string, wish: JobWish): Promise<T> => {
    ids += 1;
    const id = ids;
    const end = await new Promise<JobEnd>((resolve, reject) => {
      const hear = (message: JobEnd): void => {
        if (message.id !== id) return;
        child.off("message", hear);
        resolve(message);
      };
      child.on("message", hear);
      void gone.then(() => reject(new Killed(`killed during ${wish.call}`)));
      child.send({ ...wish, id, place, folder }, (error) => error && reject(new Killed(error.message)));
    });
    if ("result" in end) return end.result as T;
    throw Object.assign(new Error(end.error.message), { code: end.error.code });
  };

  return {
    take: async (folder) => {
      const started = free.shift() ?? start();
      if (free.length === 0) free.push(start());
      await started.ready;
      const child: Child = {
        hands: {
          apply: (plan) => ask<Report>(started, folder, { call: "apply", plan }),
          rollback: (runId) => ask<Report>(started, folder, { call: "rollback", runId }),
          resume: (runId) => ask<Report>(started, folder, { call: "resume", runId }),
          retire: (runId) => ask<Report>(started, folder, { call: "retire", runId }),
          runs: () => ask<readonly RunSummary[]>(started, folder, { call: "runs" }),
        },
        kill: () => {
          if (started.process.kill("SIGKILL")) killed += 1;
        },
        isDead: () => started.process.signalCode !== null || started.process.exitCode !== null,
        gone: started.gone,
      };
      taken.set(child, started);
      return child;
    },
    giveBack: (child) => {
      const started = taken.get(child);
      taken.delete(child);
      if (started !== undefined && !child.isDead()) free.unshift(started);
    },
    killed: () => killed,
    [Symbol.asyncDispose]: async () => {
      for (const { process: child } of all) child.kill("SIGKILL");
      await Promise.all([...all].map(({ gone }) => gone));
    },
  };
}
