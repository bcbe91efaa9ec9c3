import { isIP, connect as netConnect, type Socket } from "node:net";
import { type Clock, HandfastError, systemClock } from "@handfast/core";
import { alertName } from "./alerts.ts";
import type { ProbeRequest } from "./ask-http.ts";
import { conversation } from "./conversation.ts";
import { handshakeWatcher } from "./handshake-watcher.ts";
import { type IdentityContextOptions, identityContext } from "./identity-context.ts";
import { judge, type ProbeEnd } from "./judge.ts";
import { makeStranger, type ProbeIdentity } from "./make-stranger.ts";
import type { ProbeResult } from "./probe-result.ts";

/** Whom to ask, how, and what to show. */
export interface ProbeOptions extends Omit<IdentityContextOptions, "identity"> {
  /** Name or address to connect to. */
  readonly host: string;
  readonly port: number;
  /** Name for SNI and for the Host header. @default host, unless that is an address */
  readonly servername?: string | undefined;
  /** Protocols to offer, `http/1.1` or `h2`. @default ["http/1.1"] */
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
  /** @default a HEAD for "/" after a short wait for a refusal */
  readonly request?: ProbeRequest | undefined;
  /** For the whole probe, in milliseconds. @default 10000 */
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** PEM of CAs that the server's own certificate must lead to. @default it is reported, not checked */
  readonly ca?: string | undefined;
  /** Opens the connection, for a proxy or a test. @default net.connect */
  readonly connect?: ((target: { readonly host: string; readonly port: number }) => Socket) | undefined;
  /** @default systemClock */
  readonly clock?: Clock | undefined;
}

/**
 * Makes one fresh connection and reports whether the server asks for a client certificate and whether it serves
 * this client. The verdict never rests on the handshake alone: under TLS 1.3 the client is done before the server
 * has looked at the certificate, so only an answer, an alert or the end of the connection counts.
 *
 * Renegotiation (TLS 1.2) and post-handshake authentication (TLS 1.3) hide the request from the wire: `asked` is
 * false then.
 *
 * @throws HandfastError `CERTIFICATE_UNREADABLE`, `CERTIFICATE_UNSUITABLE`, `KEY_ENCRYPTED`, `KEY_UNREADABLE` or
 *   `KEY_MISMATCH` for an identity that can't be shown; `ABORTED` when the signal aborts. Whatever the network
 *   does is a result.
 * @example
 * ```ts
 * import { probe } from "@handfast/pki";
 *
 * const seen = await probe({ host: "shop.example.com", port: 443, request: { method: "GET", path: "/healthz" } });
 * export const line = `asked: ${seen.asked}, ${seen.verdict}: ${seen.explanation}`;
 * ```
 */
export async function probe(options: ProbeOptions): Promise<ProbeResult> {
  const { host, port, clock = systemClock, timeoutMs = 10_000, signal } = options;
  const identity = options.identity === "stranger" ? await makeStranger(clock) : options.identity;
  const secureContext = identityContext({ ...options, identity });
  if (signal?.aborted) throw aborted(host, port);
  const stop = new AbortController();
  const started = clock.now();
  const watcher = handshakeWatcher();
  const talk = conversation({
    socket: (options.connect ?? netConnect)({ host, port }),
    host,
    port,
    servername: options.servername ?? (isIP(host) === 0 ? host : undefined),
    alpn: options.alpn ?? ["http/1.1"],
    secureContext,
    checkServer: options.ca !== undefined,
    request: options.request,
    clock,
    watcher,
  });
  const deadline = clock.sleep(timeoutMs, stop.signal).then(
    () => "timeout" as const,
    () => "timeout" as const,
  );
  const abort = new Promise<"aborted">((resolve) => {
    signal?.addEventListener("abort", () => resolve("aborted"), { once: true, signal: stop.signal });
  });
  let end: ProbeEnd | "aborted";
  try {
    end = await Promise.race([talk.run(stop.signal), deadline, abort]);
  } finally {
    stop.abort();
    await talk.close();
  }
  if (end === "aborted") throw aborted(host, port);

  const { connectedAt, handshakeAt, replied, answer, session } = talk.seen;
  const { asked, request, version, notTls, ...view } = watcher.view();
  const alert = talk.seen.alert ?? view.alert;
  const errno = talk.errno();
  const judgement = judge({
    end,
    connected: connectedAt !== undefined,
    handshake: handshakeAt !== undefined,
    asked,
    replied,
    alert,
    errno,
    notTls,
    httpStatus: answer?.status,
    shows: identity !== undefined,
  });
  const since = (moment: number | undefined): number | undefined =>
    moment === undefined ? undefined : moment - started;
  return {
    asked: asked === undefined ? undefined : asked === "request",
    caNames: request?.caNames ?? [],
    caNamesDer: request?.caNamesDer ?? [],
    signatureAlgorithms: request?.signatureAlgorithms ?? [],
    ...judgement,
    alert: alert === undefined ? undefined : { number: alert, name: alertName(alert) },
    errno,
    httpStatus: answer?.status,
    headers: answer?.headers ?? {},
    protocol: version,
    ...session,
    timings: {
      connected: since(connectedAt),
      handshake: since(handshakeAt),
      total: clock.now() - started,
    },
  };
}

function aborted(host: string, port: number): HandfastError {
  return new HandfastError("ABORTED", `probe failed [host=${host}, port=${port}]: the signal aborted it`);
}
