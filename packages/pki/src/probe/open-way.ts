import { connect as netConnect, Socket } from "node:net";
import { Duplex } from "node:stream";
import { openTunnel } from "./open-tunnel.ts";
import type { ProbeReason } from "./probe-result.ts";
import type { ProxyServer } from "./read-proxy.ts";
import type { Target } from "./tunnel.ts";

/** Opens a connection, or hands out one that stands. */
export type ProbeConnect = (target: {
  readonly host: string;
  readonly port: number;
}) => Duplex | Promise<Duplex>;

/** The way to the server, as far as TLS is to be spoken over it. */
export interface Way {
  /** Resolves when it is known what came of it. Never rejects. */
  readonly opened: Promise<Opened>;
  /** Ends everything; resolves once the socket is closed. */
  close(): Promise<void>;
}

/** See {@link Way.opened}. */
export type Opened =
  | { readonly kind: "open"; readonly stream: Duplex }
  | { readonly kind: "failed"; readonly failure: WayFailure };

/** Why there is no connection. */
export interface WayFailure {
  readonly reason: ProbeReason;
  readonly why: string;
  readonly errno: string | undefined;
}

/** What a way needs. */
export interface WayOptions {
  readonly target: Target;
  readonly connect: ProbeConnect | undefined;
  readonly proxy: ProxyServer | undefined;
  readonly timeoutMs: number;
}

/** Sets out for the target, through the proxy when there is one. */
export function openWay({ target, connect = netConnect, proxy, timeoutMs }: WayOptions): Way {
  let base: Duplex | undefined;
  let over = false;

  const open = async (): Promise<Opened> => {
    const first = proxy === undefined ? target : { host: proxy.host, port: proxy.port };
    const given = await connect(first);
    if (!(given instanceof Duplex)) throw new TypeError("probe: connect gave no stream");
    base = given;
    if (over) base.destroy();
    const failed = await standing(base);
    if (failed !== undefined)
      return { kind: "failed", failure: explainFailure(failed.error, proxy !== undefined) };
    if (proxy === undefined) return { kind: "open", stream: base };
    const tunnel = await openTunnel(base, proxy, target, timeoutMs);
    if (tunnel.kind === "open") return tunnel;
    return {
      kind: "failed",
      failure: {
        reason: "proxy-refused",
        why: `the proxy gave no connection: ${tunnel.why}`,
        errno: undefined,
      },
    };
  };

  return {
    opened: open().catch((error: unknown): Opened => {
      return { kind: "failed", failure: explainFailure(error, proxy !== undefined) };
    }),
    close: async () => {
      over = true;
      const stream = base;
      if (stream === undefined) return;
      // A socket always says that it is closed; another stream may keep silent about it.
      const closed = new Promise<void>((resolve) => {
        if (stream.closed || !(stream instanceof Socket)) resolve();
        else stream.once("close", () => resolve());
      });
      stream.on("error", () => undefined);
      stream.destroy();
      await closed;
    },
  };
}

/** Waits until a stream is connected; what went wrong when it is not. */
function standing(stream: Duplex): Promise<{ readonly error: unknown } | undefined> {
  return new Promise((resolve) => {
    if (stream.destroyed) return resolve({ error: stream.errored });
    if (!(stream instanceof Socket) || !stream.connecting) return resolve(undefined);
    const settle = (failed: { readonly error: unknown } | undefined): void => {
      stream.off("connect", connected);
      stream.off("close", closed);
      resolve(failed);
    };
    const connected = (): void => settle(undefined);
    const closed = (): void => settle({ error: undefined });
    stream.once("connect", connected);
    stream.once("close", closed);
    // Stays: between here and TLS an error must not go unheard.
    stream.on("error", (error) => settle({ error }));
  });
}

const reasons: ReadonlyMap<string, readonly [ProbeReason, string]> = new Map([
  ["ENOTFOUND", ["name-not-found", "no such name is known"]],
  ["EAI_NONAME", ["name-not-found", "no such name is known"]],
  ["EAI_AGAIN", ["name-not-found", "the name could not be looked up for now"]],
  ["EAI_FAIL", ["name-not-found", "the name could not be looked up"]],
  ["ENODATA", ["name-not-found", "the name has no address"]],
  ["ECONNREFUSED", ["port-closed", "nobody listens on the port"]],
  ["EHOSTUNREACH", ["unreachable", "there is no way to the host"]],
  ["EHOSTDOWN", ["unreachable", "the host is down"]],
  ["ENETUNREACH", ["unreachable", "there is no way to the network of the host"]],
  ["ENETDOWN", ["unreachable", "the network is down"]],
  ["EADDRNOTAVAIL", ["unreachable", "there is no way to the address from here"]],
  ["ETIMEDOUT", ["connect-timeout", "the host does not answer"]],
] as const);

/** Why a connection did not come about, by the error code of the socket. Pure. */
export function explainFailure(error: unknown, toProxy: boolean): WayFailure {
  const { code } = (error ?? {}) as { readonly code?: unknown };
  const errno = typeof code === "string" ? code : undefined;
  const [reason, why] = reasons.get(errno ?? "") ?? ["connect-failed", "no connection could be made"];
  const text = errno === undefined ? why : `${why} (${errno})`;
  return toProxy
    ? { reason: "proxy-unreachable", why: `no connection to the proxy: ${text}`, errno }
    : { reason, why: text, errno };
}
