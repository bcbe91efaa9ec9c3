import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";

export interface Answer {
  readonly done?: unknown;
  readonly code?: string;
  readonly message?: string;
  readonly seq?: number;
  readonly defect?: string;
}

export interface JournalProcess {
  readonly child: ChildProcess;
  /** Sends a line. */
  tell(line: string): void;
  /** The next line of the process; undefined when it has ended. */
  next(): Promise<Answer | undefined>;
  /** Sends a line and gives the answer. */
  ask(line: string): Promise<Answer | undefined>;
  /** Kills the process as a loss of power would, and waits until it is gone. */
  kill(): Promise<void>;
}

export interface StartOptions {
  /** User and group that it runs as. */
  readonly user?: number | undefined;
  /** Largest file that it may write, in blocks of 512 bytes (ulimit -f). */
  readonly fileBlocks?: number | undefined;
}

const script = fileURLToPath(new URL("journal-process.ts", import.meta.url));

/** Starts a process that works on the journal in `dir`; undefined when it can't be started like that. */
export async function startProcess(
  dir: string,
  options: StartOptions = {},
): Promise<JournalProcess | undefined> {
  const node = [process.execPath, "--conditions=@handfast/source", script, dir];
  const { user, fileBlocks } = options;
  const [command = "", ...args] =
    fileBlocks === undefined
      ? node
      : ["/bin/sh", "-c", `ulimit -f ${fileBlocks} && exec "$@"`, "sh", ...node];
  const as = user === undefined ? {} : { uid: user, gid: user };
  const child = spawn(command, args, { stdio: ["pipe", "pipe", "ignore"], ...as });
  const exited = once(child, "exit");
  const kill = async (): Promise<void> => {
    child.kill("SIGKILL");
    await exited;
  };
  onTestFinished(kill);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async (): Promise<Answer | undefined> => {
    const { value, done } = await lines.next();
    return done === true ? undefined : JSON.parse(value);
  };
  const tell = (line: string): void => {
    child.stdin.write(`${line}\n`);
  };
  const ask = (line: string): Promise<Answer | undefined> => {
    tell(line);
    return next();
  };
  return (await next()) === undefined ? undefined : { child, tell, next, ask, kill };
}
