import { spawn, spawnSync } from "node:child_process";

/** How a program ended, and all that it said. */
export interface ProgramEnd {
  /** Exit code; null when a signal ended it. */
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Both outputs, the errors last. */
  readonly text: string;
  /** Real milliseconds. */
  readonly tookMs: number;
}

/** The repository's root. */
export const root = new URL("../../", import.meta.url);

/** What a program is given beside its arguments. */
export interface ProgramOptions {
  readonly input?: string;
  /** It is killed after so many real milliseconds. Default 60000. */
  readonly timeoutMs?: number;
}

/** Runs a program in the repository's root, and waits for it while this process goes on serving. */
export function runProgram(
  program: string,
  args: readonly string[],
  { input = "", timeoutMs = 60_000 }: ProgramOptions = {},
): Promise<ProgramEnd> {
  const started = performance.now();
  return new Promise((resolve, reject) => {
    const { PATH } = process.env;
    const child = spawn(program, args, { cwd: root, timeout: timeoutMs, env: { PATH } });
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
      stdout += chunk;
    });
    child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
      stderr += chunk;
    });
    child.once("error", reject);
    child.once("close", (status) => {
      resolve({ status, stdout, stderr, text: stdout + stderr, tookMs: performance.now() - started });
    });
    // a program that ended already has no use for its input
    child.stdin.on("error", () => undefined);
    child.stdin.end(input);
  });
}

/** Runs one of the examples on the sources, as the scripts in package.json do. */
export function runExample(name: string, ...args: readonly string[]): Promise<ProgramEnd> {
  return runProgram(process.execPath, ["--conditions=@handfast/source", `examples/${name}`, ...args]);
}

/** Whether a program is there. Prints why its tests are skipped when it is not. */
export function hasProgram(name: string, versionFlag: string): boolean {
  if (spawnSync(name, [versionFlag]).status === 0) return true;
  process.stderr.write(`skipped: tests with ${name}, because the program is not installed\n`);
  return false;
}
