import type { Clock } from "@handfast/core";
import type { ProbeRequest } from "./ask-http.ts";
import type { ContextOptions } from "./make-context.ts";
import type { ProbeIdentity } from "./make-stranger.ts";
import type { ProbeConnect } from "./open-way.ts";

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
