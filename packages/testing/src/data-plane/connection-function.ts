import { createHash, createHmac } from "node:crypto";
import { promiseHooks } from "node:v8";
import { constants, createContext, Script } from "node:vm";
import { systemClock } from "@handfast/core";
import type { ConnectionEvent } from "./connection-event.ts";
import { type SandboxHost, sandboxSource, wrapModule } from "./connection-sandbox.ts";

/** One run of a connection function. */
export interface ConnectionFunctionRun {
  /** Its source: `import cf from 'cloudfront'` where it reads a store, and a function `connectionHandler`. */
  readonly code: string;
  /** What it gets; JSON-safe. The older name `clientCertInfo` of the leaf is added. */
  readonly event: ConnectionEvent | Readonly<Record<string, unknown>>;
  /** What the associated key value store holds. @default no store, and `cf.kvs()` throws */
  readonly keyValues?: ReadonlyMap<string, string> | undefined;
  /** What `Date` says, in milliseconds since the epoch. @default the machine's time */
  readonly at?: number | undefined;
  /** The run is ended after so many real milliseconds. AWS allows 5 on its machines. @default 1000 */
  readonly timeoutMs?: number | undefined;
}

/** What came of a run. */
export interface ConnectionFunctionResult {
  /** What the function called; `deny` when it called both. */
  readonly decision: "allow" | "deny" | "none";
  /** Why the run did not end well: what was thrown, a syntax error, the time limit, a promise that nothing settles. */
  readonly error?: string | undefined;
  /** Lines of `console.log`. */
  readonly logs: readonly string[];
  /** What the last `logCustomData` said, cut to 800 bytes. */
  readonly customData?: string | undefined;
}

const prepare = new Script(sandboxSource, { filename: "runtime" });
const customBytes = 800;
const algorithms = new Set(["md5", "sha1", "sha256"]);
const encodings = new Set(["hex", "base64", "base64url"]);

/**
 * Runs a connection function once, in a context of its own, with what CloudFront offers (developer guide pages "Write
 * CloudFront Connection Function code for mutual TLS (viewer) validation" and "Helper methods for key value stores"):
 * the module `cloudfront` with `kvs()`, `crypto` for hashes, and nothing else: no timers, no network, no evaluation of
 * text. Time stands still during a run. Whatever the code does, this returns.
 *
 * @example
 * ```ts
 * import { makeConnectionEvent, runConnectionFunction } from "@handfast/testing";
 *
 * export const isRefused = (code: string, leaf: string, keyValues: ReadonlyMap<string, string>): boolean =>
 *   runConnectionFunction({ code, keyValues, event: makeConnectionEvent({ certificates: [leaf] }) }).decision !== "allow";
 * ```
 */
export function runConnectionFunction(run: ConnectionFunctionRun): ConnectionFunctionResult {
  const { code, event, keyValues, at = systemClock.now(), timeoutMs = 1_000 } = run;
  const logs: string[] = [];
  let decision: ConnectionFunctionResult["decision"] = "none";
  let customData: string | undefined;
  let error: string | undefined = "the function waits for something that never comes";
  const host: SandboxHost = {
    event: JSON.stringify(event),
    now: at,
    hasStore: keyValues !== undefined,
    has: (key) => keyValues?.has(key) === true,
    read: (key) => keyValues?.get(key),
    readBytes: (key) => Buffer.from(keyValues?.get(key) ?? "").toString("hex"),
    count: () => keyValues?.size ?? 0,
    digest: (algorithm, key, data, encoding) => {
      if (!algorithms.has(algorithm) || !encodings.has(encoding)) return undefined;
      const hash = key === undefined ? createHash(algorithm) : createHmac(algorithm, key);
      return hash.update(data).digest(encoding as "hex" | "base64" | "base64url");
    },
    decide: (called) => {
      if (decision !== "deny") decision = called;
    },
    custom: (text) => {
      customData = cutToBytes(text, customBytes);
    },
    log: (line) => logs.push(line),
    ended: () => {
      error = undefined;
    },
    failed: (message) => {
      error = message;
    },
  };
  // The context has a queue of microtasks of its own, which is run empty before `runInContext` returns. So a run is
  // over when it returns, promises and all, and its time limit counts for all of it.
  const context = createContext(constants.DONT_CONTEXTIFY, {
    microtaskMode: "afterEvaluate",
    codeGeneration: { strings: false, wasm: false },
  });
  const promises: Promise<unknown>[] = [];
  const stop = promiseHooks.onInit((promise) => promises.push(promise));
  try {
    prepare.runInContext(context)(host);
    const script = new Script(wrapModule(code), { filename: "connection-function" });
    script.runInContext(context, { timeout: timeoutMs });
  } catch (thrown) {
    error = thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown);
  } finally {
    stop();
  }
  // A promise that the function left rejected must not end the process.
  for (const promise of promises) Promise.prototype.then.call(promise, undefined, () => undefined);
  return { decision, error, logs, customData };
}

/** The longest beginning that takes no more than so many bytes of UTF-8. */
function cutToBytes(text: string, most: number): string {
  const bytes = Buffer.from(text);
  let end = Math.min(most, bytes.length);
  while (end < bytes.length && ((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return bytes.toString("utf8", 0, end);
}
