import { isIP } from "node:net";
import type { ProbeRequest } from "./ask-http.ts";
import type { ProbeIdentity } from "./make-stranger.ts";
import type { ProbeOptions } from "./probe-options.ts";

const versions = ["TLSv1.2", "TLSv1.3"] as const;
const protocols: readonly unknown[] = ["http/1.1", "h2"];

/** Names that stand in DNS, in SNI and in a proxy's request: nothing in them may end a line or begin another part. */
const hostName = /^[^\s\p{C}/\\?#@:[\]<>"]{1,253}$/u;
/** RFC 9110, 5.6.2. */
const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** RFC 9110, 5.5. */
const fieldValue = /^[\t\x20-\x7e\x80-\xff]*$/;
const path = /^\/[\x21\x22\x24-\x7e]*$/;

/** Fields that speak of the connection, which is the probe's own (RFC 9110, 7.6.1; RFC 9113, 8.2.2), or of a body. */
const reserved: ReadonlySet<string> = new Set([
  "connection",
  "content-length",
  "expect",
  "http2-settings",
  "keep-alive",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/**
 * What no server can be blamed for: a probe that was called with what can't be.
 *
 * @throws TypeError
 */
export function checkOptions(options: ProbeOptions): void {
  const { host, port, servername, timeoutMs = 1, retries = 0, alpn = [], expect, signal } = options;
  if (!isHost(host)) throw wrong("host", host, "give a name or an address alone, without port or brackets");
  if (!isWhole(port, 1, 65_535)) throw wrong("port", port, "give a number from 1 to 65535");
  if (servername !== undefined && !isHost(servername))
    throw wrong("servername", servername, "give a host name, or leave it out");
  if (typeof timeoutMs !== "number" || !(timeoutMs > 0))
    throw wrong("timeoutMs", timeoutMs, "give more than 0 milliseconds");
  if (!isWhole(retries, 0, Number.MAX_SAFE_INTEGER)) throw wrong("retries", retries, "give 0 or more");
  if (!Array.isArray(alpn) || !alpn.every((one) => protocols.includes(one)))
    throw wrong("alpn", alpn, 'give "http/1.1", "h2" or both');
  if (expect !== undefined && !isWhole(expect, 200, 599))
    throw wrong("expect", expect, "give a status from 200 to 599");
  if (signal !== undefined && typeof signal.addEventListener !== "function")
    throw wrong("signal", signal, "give an AbortSignal");
  checkVersions(options);
  checkShape(options.identity);
  checkRequest(options.request ?? {});
}

function checkVersions({ minVersion = "TLSv1.2", maxVersion = "TLSv1.3" }: ProbeOptions): void {
  for (const [name, version] of Object.entries({ minVersion, maxVersion }))
    if (!versions.includes(version)) throw wrong(name, version, 'give "TLSv1.2" or "TLSv1.3"');
  if (minVersion > maxVersion) throw wrong("minVersion", minVersion, `it is above maxVersion, ${maxVersion}`);
}

/**
 * What an identity must look like; whether it can be shown is found out by the handshake's own library.
 *
 * @throws TypeError
 */
export function checkShape(identity: ProbeIdentity | "stranger" | undefined, name = "identity"): void {
  if (identity === undefined || identity === "stranger") return;
  const { chain, key } = (identity ?? {}) as Partial<ProbeIdentity>;
  if (typeof identity !== "object" || typeof chain !== "string" || typeof key !== "string")
    // Without the value: it may hold a key.
    throw new TypeError(`probe: ${name} is none; give { chain, key } as PEM, or "stranger"`);
}

function checkRequest(request: ProbeRequest): void {
  if (typeof request !== "object" || request === null)
    throw wrong("request", request, "give { method, path, headers }");
  const { method = "GET", path: at = "/", headers = {} } = request;
  if (typeof method !== "string" || !token.test(method) || method.toUpperCase() === "CONNECT")
    throw wrong("request.method", method, "give a method that asks for an answer, such as GET");
  if (typeof at !== "string" || !path.test(at))
    throw wrong("request.path", at, "begin with /, and write blanks and other letters URL-encoded");
  for (const [name, value] of Object.entries(headers)) {
    if (!token.test(name)) throw wrong("request.headers", name, "give names of HTTP fields");
    if (reserved.has(name.toLowerCase()))
      throw wrong("request.headers", name, "leave it out: it speaks of the connection, or of a body");
    // Without the value: it may be a credential.
    if (typeof value !== "string" || !fieldValue.test(value))
      throw new TypeError(`probe: the value of request.headers ${name} can't be sent; give one line of text`);
  }
}

function isHost(value: unknown): boolean {
  return typeof value === "string" && (hostName.test(value) || isIP(value) !== 0);
}

function isWhole(value: unknown, least: number, most: number): boolean {
  return typeof value === "number" && Number.isInteger(value) && value >= least && value <= most;
}

function wrong(name: string, value: unknown, advice: string): TypeError {
  return new TypeError(`probe: ${name} is ${quote(value)}; ${advice}`);
}

/** Short, and on one line. */
function quote(value: unknown): string {
  const text =
    typeof value === "string"
      ? JSON.stringify(value)
      : Array.isArray(value)
        ? `[${value.map(quote).join(", ")}]`
        : String(value);
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
