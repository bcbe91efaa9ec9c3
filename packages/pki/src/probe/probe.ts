import { HandfastError, systemClock } from "@handfast/core";
import { checkOptions } from "./check-options.ts";
import { checkAnchors, checkUnshown, makeContext } from "./make-context.ts";
import { makeStranger } from "./make-stranger.ts";
import { type Attempt, probeOnce } from "./probe-once.ts";
import type { ProbeOptions } from "./probe-options.ts";
import type { ProbeReason, ProbeResult } from "./probe-result.ts";
import { readProxy } from "./read-proxy.ts";

export type { ProbeOptions } from "./probe-options.ts";

const firstPauseMs = 200;
const longestPauseMs = 2_000;

/** Reasons that may be gone a moment later. */
const passing: ReadonlySet<ProbeReason> = new Set([
  "name-not-found",
  "unreachable",
  "port-closed",
  "connect-failed",
  "connect-timeout",
  "proxy-unreachable",
  "reset",
  "closed",
  "h2-goaway",
  "h2-reset",
]);

/**
 * Makes one fresh connection and reports whether the server asks for a client certificate and whether it serves
 * this client. The verdict never rests on the handshake alone: under TLS 1.3 the client is done before the server
 * has looked at the certificate, so only an answer, an alert or the end of the connection counts. Nor on any answer:
 * nginx says 400 in HTTP when it refuses a certificate.
 *
 * Renegotiation (TLS 1.2) and post-handshake authentication (TLS 1.3) hide the request from the wire: `asked` is
 * false then.
 *
 * @throws HandfastError `CERTIFICATE_UNREADABLE` for a `ca` without a certificate; that, `CERTIFICATE_UNSUITABLE`,
 *   `KEY_ENCRYPTED`, `KEY_UNREADABLE` or `KEY_MISMATCH` for an identity that can't be shown; `ABORTED` when the signal aborts. Whatever the network
 *   does is a result.
 * @throws TypeError, before anything is connected, for what can't be: no host, port 0, a path with a blank, a proxy of
 *   another kind
 * @example
 * ```ts
 * import { probe } from "@handfast/pki";
 *
 * const seen = await probe({ host: "shop.example.com", port: 443, request: { path: "/healthz" } });
 * export const line = `asked: ${seen.asked}, ${seen.verdict}: ${seen.explanation}`;
 * ```
 */
export async function probe(options: ProbeOptions): Promise<ProbeResult> {
  const { host, port, clock = systemClock, timeoutMs = 10_000, retries = 0, signal } = options;
  checkOptions(options);
  checkAnchors(options.ca);
  const proxy = options.proxy === undefined ? undefined : readProxy(options.proxy);
  const identity = options.identity === "stranger" ? await makeStranger(clock) : options.identity;
  const started = clock.now();
  const fixed = {
    host,
    port,
    servername: options.servername,
    alpn: options.alpn ?? ["http/1.1"],
    shows: identity !== undefined,
    makeContext: () => makeContext({ ...options, identity }),
    checkServer: options.ca !== undefined,
    checkName: options.checkName ?? true,
    request: options.request ?? {},
    expect: options.expect,
    connect: options.connect,
    proxy,
    clock,
    started,
    signal,
  };
  for (
    let attempts = 1, pauseMs = firstPauseMs;
    ;
    attempts += 1, pauseMs = Math.min(2 * pauseMs, longestPauseMs)
  ) {
    if (signal?.aborted) throw aborted(host, port);
    const attempt = await probeOnce({
      ...fixed,
      timeoutMs: timeoutMs - (clock.now() - started),
    });
    if (attempt === "aborted") throw aborted(host, port);
    if (identity !== undefined && attempt.shown === false) checkUnshown(identity);
    const left = timeoutMs - (clock.now() - started);
    if (attempts > retries || !mayPass(attempt) || left <= pauseMs) return { ...attempt, attempts };
    await clock.sleep(pauseMs, signal).catch(() => {
      throw aborted(host, port);
    });
  }
}

function mayPass({ verdict, reason }: Exclude<Attempt, "aborted">): boolean {
  return verdict === "inconclusive" && passing.has(reason);
}

function aborted(host: string, port: number): HandfastError {
  return new HandfastError("ABORTED", `probe failed [host=${host}, port=${port}]: the signal aborted it`);
}
