/** What one would try by hand to see who is let in: by handfast's own probe, and by curl where that is installed. */
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { probe } from "@handfast/pki";
import { securityHeaders } from "./site.ts";
import type { ClientCertificate } from "./viewers-ca.ts";
import type { EdgePlace } from "./viewers-place.ts";

/** Who comes with what, and what is due. */
export interface Visitor {
  readonly name: string;
  readonly due: "served" | "refused";
  readonly identity: ClientCertificate | undefined;
}

/** What came of one check. */
export interface Check {
  readonly name: string;
  readonly by: "probe" | "curl";
  readonly due: "served" | "refused" | "redirected";
  readonly ok: boolean;
  /** In a few words, for people. */
  readonly found: string;
}

/** Tries all visitors in both ways. */
export async function checkVisitors(
  domain: string,
  edge: EdgePlace,
  visitors: readonly Visitor[],
): Promise<Check[]> {
  const checks: Check[] = [];
  for (const visitor of visitors) checks.push(await byProbe(domain, edge, visitor));
  const curl = await hasCurl();
  if (curl) for (const visitor of visitors) checks.push(await byCurl(domain, edge, visitor));
  return checks;
}

/** Served is: by TLS 1.3 and HTTP/2, with status 200 and every security header. */
async function byProbe(domain: string, { tls, ca }: EdgePlace, visitor: Visitor): Promise<Check> {
  const { name, due, identity } = visitor;
  const seen = await probe({
    ...tls,
    servername: domain,
    ca,
    identity,
    alpn: ["h2", "http/1.1"],
    request: { method: "GET" },
  });
  const { verdict, asked, httpStatus, protocol, alpn, explanation } = seen;
  const missing = missingHeaders(seen.headers);
  const isServed =
    verdict === "accepted" &&
    httpStatus === 200 &&
    protocol === "TLSv1.3" &&
    alpn === "h2" &&
    missing.length === 0;
  const ok = due === "served" ? isServed : verdict === "refused" && asked === true;
  const answer = `HTTP ${httpStatus} over ${alpn} and ${protocol}`;
  const headers = missing.length === 0 ? "with the security headers" : `without ${missing.join(", ")}`;
  const found = httpStatus === undefined ? explanation : `${answer}, ${headers}`;
  return { name, by: "probe", due, ok, found };
}

function missingHeaders(headers: Readonly<Record<string, string>>): string[] {
  return Object.entries(securityHeaders).flatMap(([name, value]) => (headers[name] === value ? [] : [name]));
}

/** Plain HTTP is sent to HTTPS, and TLS 1.2 is not spoken. */
export async function checkTransport(domain: string, { tls, plain, ca }: EdgePlace): Promise<Check[]> {
  const location = await askPlain(domain, plain);
  const old = await probe({ ...tls, servername: domain, ca, maxVersion: "TLSv1.2" });
  return [
    {
      name: "by plain HTTP",
      by: "probe",
      due: "redirected",
      ok: location === `https://${domain}/`,
      found: `to ${location}`,
    },
    {
      name: "by TLS 1.2",
      by: "probe",
      due: "refused",
      ok: old.verdict !== "accepted" && old.protocol !== "TLSv1.2",
      found: old.explanation,
    },
  ];
}

function askPlain(domain: string, { host, port }: EdgePlace["plain"]): Promise<string> {
  return new Promise((resolve, reject) => {
    const sent = request({ host, port, headers: { host: domain }, agent: false }, (response) => {
      response.resume();
      resolve(response.headers.location ?? `nowhere: HTTP ${response.statusCode}`);
    });
    sent.on("error", reject);
    sent.end();
  });
}

/** `--connect-to` stands in for a name server. What curl is shown lies in files for as long as it runs. */
async function byCurl(domain: string, { tls, ca }: EdgePlace, visitor: Visitor): Promise<Check> {
  const { name, due, identity } = visitor;
  const folder = await mkdtemp(join(tmpdir(), "handfast-curl-"));
  try {
    const write = async (file: string, text: string): Promise<string> => {
      const path = join(folder, file);
      await writeFile(path, text, { mode: 0o600 });
      return path;
    };
    const shown =
      identity === undefined
        ? []
        : ["--cert", await write("chain.pem", identity.chain), "--key", await write("key.pem", identity.key)];
    const { code, text } = await runCurl([
      "--silent",
      "--show-error",
      "--tlsv1.3",
      "--max-time",
      "20",
      "--connect-to",
      `${domain}:443:${tls.host}:${tls.port}`,
      "--cacert",
      await write("ca.pem", ca),
      ...shown,
      "--output",
      "-",
      "--write-out",
      "\n%{http_code}",
      `https://${domain}/`,
    ]);
    const status = text.trimEnd().split("\n").at(-1);
    const isServed = code === 0 && status === "200" && text.includes("Hello, member");
    const ok = due === "served" ? isServed : code !== 0 && status === "000";
    const found = code === 0 ? `HTTP ${status}` : `curl: (${code})`;
    return { name, by: "curl", due, ok, found };
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function hasCurl(): Promise<boolean> {
  return (await runCurl(["--version"])).code === 0;
}

function runCurl(args: readonly string[]): Promise<{ readonly code: number; readonly text: string }> {
  return new Promise((resolve) => {
    execFile("curl", [...args], (error, stdout) => {
      const code = error === null ? 0 : typeof error.code === "number" ? error.code : 127;
      resolve({ code, text: stdout });
    });
  });
}
