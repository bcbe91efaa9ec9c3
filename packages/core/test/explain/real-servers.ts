import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:https";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer as createTlsServer, type SecureVersion, type TlsOptions } from "node:tls";
import { certificates, crls, keys } from "../fixtures/certificates.ts";

/** Whether a program is there; says on screen what is skipped without it. */
export function has(program: string, version: string): boolean {
  const there = spawnSync(program, [version]).status === 0;
  if (!there) process.stderr.write(`skipped: symptoms of ${program}, because it is not installed\n`);
  return there;
}

/** What a client shows. */
export type Shows = "nothing" | "a1" | "b1" | "aexp";

export interface Pki {
  readonly dir: string;
  /** Path of a file. */
  at(name: string): string;
  dispose(): void;
}

/** Certificates, lists and keys as files; `ab.pem` holds two roots. `aexp` has the key of `a1`. */
export function writePki(): Pki {
  const dir = mkdtempSync(join(tmpdir(), "handfast-explain-"));
  const at = (name: string): string => join(dir, name);
  for (const [name, pem] of Object.entries(certificates)) writeFileSync(at(`${name}.pem`), pem);
  for (const [name, pem] of Object.entries(crls)) writeFileSync(at(`crl-${name}.pem`), pem);
  for (const [name, pem] of Object.entries(keys)) writeFileSync(at(`${name}.key`), pem);
  writeFileSync(at("ab.pem"), certificates.a + certificates.b);
  return { dir, at, dispose: () => rmSync(dir, { recursive: true, force: true }) };
}

export interface RunningServer {
  readonly port: number;
  /** All that it has logged. */
  log(): string;
  stop(): Promise<void>;
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  child.kill("SIGTERM");
  await gone;
}

/** `openssl s_server` that requires a client certificate. */
export async function startOpenssl(pki: Pki, options: readonly string[]): Promise<RunningServer> {
  const child = spawn(
    "openssl",
    [
      ...["s_server", "-accept", "127.0.0.1:0", "-www", "-cert", "a1.pem", "-key", "a1.key"],
      ...["-Verify", "3", "-verify_return_error", ...options],
    ],
    { cwd: pki.dir, stdio: ["ignore", "pipe", "pipe"] },
  );
  let text = "";
  const port = await new Promise<number>((resolve, reject) => {
    const take = (chunk: Buffer): void => {
      text += chunk.toString();
      const found = /ACCEPT \S*:(\d+)/.exec(text)?.[1];
      if (found !== undefined) resolve(Number(found));
    };
    child.stdout.on("data", take);
    child.stderr.on("data", take);
    child.once("exit", () => reject(new Error(`openssl s_server ended: ${text}`)));
  });
  return { port, log: () => text, stop: () => ended(child) };
}

/** nginx that requires a client certificate. */
export async function startNginx(pki: Pki, verifying: readonly string[]): Promise<RunningServer> {
  const port = await freePort();
  const conf = pki.at("nginx.conf");
  const errors = pki.at("error.log");
  writeFileSync(errors, "");
  const paths = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((name) => {
    return `${name}_temp_path ${pki.at(name)};`;
  });
  writeFileSync(
    conf,
    `daemon off; master_process off; pid ${pki.at("nginx.pid")}; error_log ${errors} info;
events {}
http {
  access_log off; ${paths.join(" ")}
  server {
    listen 127.0.0.1:${port} ssl;
    ssl_certificate ${pki.at("a1.pem")}; ssl_certificate_key ${pki.at("a1.key")};
    ssl_protocols TLSv1.2 TLSv1.3;
    ssl_verify_client on; ssl_verify_depth 3; ${verifying.join(" ")}
    location / { return 200 "served"; }
  }
}
`,
  );
  const child = spawn("nginx", ["-c", conf, "-p", pki.dir, "-e", errors], { stdio: "ignore" });
  await listening(port, child);
  return { port, log: () => readFileSync(errors, "utf8"), stop: () => ended(child) };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function listening(port: number, child: ChildProcess): Promise<void> {
  for (;;) {
    if (child.exitCode !== null) throw new Error("the server ended before it listened");
    const { code } = await curl(port, "nothing", undefined, ["--connect-timeout", "1"]);
    if (code !== 7) return;
  }
}

/** A TLS server of Node's that requires a client certificate. */
export async function startNode(options: TlsOptions): Promise<RunningServer> {
  const server = createTlsServer(
    { key: keys.a1, cert: certificates.a1, requestCert: true, rejectUnauthorized: true, ...options },
    (socket) => socket.end("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"),
  );
  const errors: string[] = [];
  server.on("tlsClientError", (error) => errors.push(`tlsClientError ${error.message}`));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const stop = () => new Promise<void>((resolve) => server.close(() => resolve()));
  return { port, log: () => errors.join("\n"), stop };
}

export interface CurlEnd {
  readonly code: number;
  /** What it printed: body and errors, and with `-v` the trace. */
  readonly text: string;
}

/** Asks with curl, without a look at the server's certificate. */
export async function curl(
  port: number,
  shows: Shows,
  pki: Pki | undefined,
  more: readonly string[] = [],
): Promise<CurlEnd> {
  const identity =
    shows === "nothing" || pki === undefined
      ? []
      : ["--cert", pki.at(`${shows}.pem`), "--key", pki.at(shows === "b1" ? "b1.key" : "a1.key")];
  const child = spawn("curl", ["-sS", "-k", "-m", "10", ...identity, ...more, `https://127.0.0.1:${port}/`]);
  let text = "";
  child.stdout.on("data", (chunk: Buffer) => (text += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (text += chunk.toString()));
  const code = await new Promise<number>((resolve) => child.once("close", (end) => resolve(end ?? -1)));
  return { code, text };
}

/** The error object that a request of Node's ends with. */
export async function nodeError(
  port: number,
  shows: Shows,
  version: SecureVersion,
): Promise<{ readonly code?: string; readonly message: string }> {
  const identity =
    shows === "nothing" ? {} : { cert: certificates[shows], key: shows === "b1" ? keys.b1 : keys.a1 };
  return new Promise((resolve, reject) => {
    const asked = request({
      ...{ host: "127.0.0.1", port, agent: false, rejectUnauthorized: false },
      ...{ minVersion: version, maxVersion: version, ...identity },
    });
    asked.once("error", resolve);
    asked.once("response", ({ statusCode }) => reject(new Error(`served: ${statusCode}`)));
    asked.end();
  });
}
