import { spawn, spawnSync } from "node:child_process";
import { open, readFile } from "node:fs/promises";
import { delimiter } from "node:path";
import type { Command } from "./foreign-server.ts";

/** A process that this one started. */
export interface ForeignProcess {
  /** It ended, by itself or otherwise. */
  readonly hasEnded: boolean;
  /** All that it said so far. */
  log(): Promise<string>;
  /** Asks it to end, makes it end when it does not, and waits until it has. */
  end(): Promise<void>;
  /** Makes it end, and waits for nothing. */
  kill(): void;
}

/** How long a server may take to end when asked. */
const graceMs = 2_000;

/** Servers lie in /usr/sbin, which not every path has. */
const path = [process.env.PATH ?? "", "/usr/sbin"].join(delimiter);

/** How a program names its version; undefined when it can't be run here. */
export function versionOf(program: string, versionFlag: string): string | undefined {
  const { error, stdout, stderr } = spawnSync(program, [versionFlag], {
    env: { PATH: path },
    encoding: "utf8",
  });
  if (error !== undefined) return undefined;
  return (
    `${stdout}\n${stderr}`
      .split("\n")
      .find((line) => /\d\.\d/.test(line))
      ?.trim() ?? program
  );
}

/** Starts a program; both its outputs go to the file. */
export async function startProcess(
  { program, args, cwd }: Command,
  logFile: string,
): Promise<ForeignProcess> {
  const log = await open(logFile, "a");
  const child = spawn(program, args, { cwd, env: { PATH: path }, stdio: ["ignore", log.fd, log.fd] });
  let hasEnded = false;
  const ended = new Promise<void>((resolve) => {
    const note = (): void => {
      hasEnded = true;
      resolve();
    };
    child.once("exit", note);
    child.once("error", note);
  });
  await log.close();
  return {
    get hasEnded() {
      return hasEnded;
    },
    log: () => readFile(logFile, "utf8"),
    kill: () => {
      child.kill("SIGKILL");
    },
    end: async () => {
      if (hasEnded) return;
      child.kill("SIGTERM");
      const late = setTimeout(() => child.kill("SIGKILL"), graceMs);
      await ended;
      clearTimeout(late);
    },
  };
}
