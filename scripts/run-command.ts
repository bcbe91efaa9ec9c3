import { spawn } from "node:child_process";
import { delimiter, join } from "node:path";
import { root } from "./workspace.ts";

/** What a command left behind. */
export interface CommandResult {
  readonly ok: boolean;
  /** Both streams as they came, when they were captured. */
  readonly output: string;
  readonly ms: number;
}

export interface CommandOptions {
  readonly cwd?: string | undefined;
  /** `capture` keeps the output for later; `inherit` lets it through at once. */
  readonly output?: "capture" | "inherit";
}

/** Runs a program of this workspace (or of the system) and waits for its end; it never rejects. */
export function runCommand(
  command: string,
  args: readonly string[],
  { cwd = root, output = "capture" }: CommandOptions = {},
): Promise<CommandResult> {
  const started = performance.now();
  const chunks: Buffer[] = [];
  return new Promise((resolve) => {
    const done = (ok: boolean, extra = ""): void =>
      resolve({ ok, output: Buffer.concat(chunks).toString() + extra, ms: performance.now() - started });
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, PATH: join(root, "node_modules/.bin") + delimiter + process.env.PATH },
      stdio: output === "inherit" ? "inherit" : ["ignore", "pipe", "pipe"],
    });
    child.stdout?.on("data", (chunk: Buffer) => chunks.push(chunk));
    child.stderr?.on("data", (chunk: Buffer) => chunks.push(chunk));
    child.on("error", (error) => done(false, `${command}: ${error.message}\n`));
    child.on("close", (code) => done(code === 0));
  });
}

/** The arguments that run a TypeScript file of this repository on its sources. */
export function onSources(script: string): readonly string[] {
  return ["--conditions=@handfast/source", join(root, script)];
}

/** "1.4 s", for people. */
export function inSeconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
