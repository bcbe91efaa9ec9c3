import { type Clock, HandfastError, systemClock } from "@handfast/core";
import type { ProbeRequest } from "./ask-http.ts";
import { checkOptions } from "./check-options.ts";
import { type ContextOptions, checkAnchors, checkUnshown, makeContext } from "./make-context.ts";
import { makeStranger, type ProbeIdentity } from "./make-stranger.ts";
import type { ProbeConnect } from "./open-way.ts";
import { type Attempt, probeOnce } from "./probe-once.ts";
import type { ProbeReason, ProbeResult } from "./probe-result.ts";
import { readProxy } from "./read-proxy.ts";

/** Whom to ask, how, and what to show. */
export interface ProbeOptions extends Omit<ContextOptions, "identity"> {
  /** Name or address to connect to. */
  readonly host: string;
  readonly port: number;
  /** Name for SNI and for the Host header. @default host, unless that is an address */
  readonly servername?: string | undefined;
  /**
   * Whether the server's certificate must be for `servername`: one that is not belongs to another site, whose rules
   * may be other ones. @default true
   */
  readonly checkName?: boolean | undefined;
  /** Protocols to offer, `http/1.1` or `h2`; an empty list offers none. @default ["http/1.1"] */
  readonly alpn?: readonly string[] | undefined;
  /**
   * What to show when asked. `"stranger"` is a certificate made for this probe that nobody issued: whether a verifier
   * verifies at all. @default nothing
   */
  readonly identity?: ProbeIdentity | "stranger" | undefined;
  /** @default "TLSv1.2" */
  readonly minVersion?: "TLSv1.2" | "TLSv1.3" | undefined;
  /** @default "TLSv1.3" */
  readonly maxVersion?: "TLSv1.2" | "TLSv1.3" | undefined;
  /** @default a GET for "/" */
  readonly request?: ProbeRequest | undefined;
  /**
   * The status by which the server shows that it serves. Needed only where that is 400 or 403, which otherwise may be
   * the refusal of a certificate.
   */
  readonly expect?: number | undefined;
  /** For the whole probe, retries included, in milliseconds. @default 10000 */
  readonly timeoutMs?: number | undefined;
  /**
   * How often to try again when nothing could be known and that may pass: no connection, a connection that broke
   * before the question of certificates was settled. A verdict is never asked for twice.
   *
   * @default 0: who counts successes in a row must see each failure
   */
  readonly retries?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** PEM of CAs that the server's own certificate must lead to. @default it is reported, not checked */
  readonly ca?: string | undefined;
  /**
   * `socks5://host:port` or `http://host:port` (CONNECT), with `user:password@` before the host where it wants that.
   * The proxy looks the name up. @default none; nothing is read from the environment
   */
  readonly proxy?: string | undefined;
  /**
   * Opens the connection (to the proxy, where there is one), or hands out a stream that is connected. Called once for
   * each attempt; the probe closes what it is given. @default net.connect
   */
  readonly connect?: ProbeConnect | undefined;
  /** @default systemClock */
  readonly clock?: Clock | undefined;
}

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
