import { spawn } from "node:child_process";
import { join } from "node:path";
import type { ProbeShows } from "@handfast/pki";
import type { Version } from "./foreign-server.ts";

/** What a client that others wrote saw of one connection. */
export interface ForeignLook {
  /** The application's answer came. */
  readonly served: boolean;
  /** A certificate request was read. */
  readonly asked: boolean;
  /** Names of the CAs that the server accepts, as it sent them; `CN=Root`. */
  readonly caNames: readonly string[];
  /** How OpenSSL names the end of it: an alert, or the first line of an HTTP answer. */
  readonly end: string;
}

export interface ForeignQuestion {
  readonly port: number;
  readonly version: Version;
  readonly shows: ProbeShows;
  readonly page: string;
  /** Where the certificates lie. */
  readonly folder: string;
  /** What the application answers with. */
  readonly answer: string;
}

const patienceMs = 20_000;

/** One request by `openssl s_client`, which waits for the answer. */
export async function askOpenssl({
  port,
  version,
  shows,
  page,
  folder,
  answer,
}: ForeignQuestion): Promise<ForeignLook> {
  const identity =
    shows === "none" ? [] : ["-cert", join(folder, `${shows}.pem`), "-key", join(folder, `${shows}.key`)];
  const { stdout, stderr } = await say(
    ["s_client", "-connect", `127.0.0.1:${port}`, flagOf(version), "-ign_eof", "-state", ...identity],
    `GET /${page} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`,
  );
  return {
    served: stdout.includes(answer),
    asked: /read server certificate request$/m.test(stderr),
    caNames: readNames(stdout),
    end:
      (/HTTP\/1\.\d \d+[^\r\n]*/.exec(stdout) ?? /SSL alert number \d+|errno=\d+/.exec(stderr))?.[0].trim() ??
      "closed",
  };
}

/** The list that s_client prints one to a line, until it goes on to something else. */
function readNames(stdout: string): readonly string[] {
  const [, list = ""] = /^Acceptable client certificate CA names\n((?:\w+ ?= ?.*\n)+)/m.exec(stdout) ?? [];
  return list
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => line.replace(/ = /g, "="));
}

function flagOf(version: Version): string {
  return version === "TLSv1.2" ? "-tls1_2" : "-tls1_3";
}

/** One run of openssl; its outputs apart, since each may come in pieces. */
function say(
  args: readonly string[],
  input: string,
): Promise<{ readonly stdout: string; readonly stderr: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn("openssl", args, { timeout: patienceMs });
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("latin1").on("data", (chunk: string) => {
      stdout += chunk;
    });
    child.stderr.setEncoding("latin1").on("data", (chunk: string) => {
      stderr += chunk;
    });
    child.once("error", reject);
    child.once("close", () => resolve({ stdout, stderr }));
    // It may have been refused, and be gone, before it reads.
    child.stdin.on("error", () => undefined);
    child.stdin.end(input);
  });
}
