import { X509Certificate } from "node:crypto";
import { Agent, type ClientRequestArgs } from "node:http";
import { connect as connectTcp } from "node:net";
import type { Duplex } from "node:stream";
import { connect as connectTls, type SecureVersion, type TLSSocket } from "node:tls";
import type { Clock } from "@handfast/core";
import { type CertificateFacts, readPresented } from "./certificate-facts.ts";
import { isTrustedServer } from "./check-server.ts";
import type { Address } from "./loopback.ts";
import type { TlsPair } from "./tls-pair.ts";

/** How long and how often a connection to an origin is used. */
export interface WarmLimits {
  /** Idle connections that each server keeps per origin; 0 opens one for every request. */
  readonly perServer: number;
  /** @default 100 */
  readonly maxRequests?: number | undefined;
  /** Milliseconds on the clock. @default 60000 */
  readonly maxAgeMs?: number | undefined;
}

/** What is known of an open connection to an origin. */
export interface OriginConnection {
  /** Counts the connections of one server to one origin, from 1. */
  readonly number: number;
  /** Milliseconds since the epoch. */
  readonly openedAt: number;
  /** Serial (upper-case hex) of the certificate that was ready to be shown; absent for none and for plain HTTP. */
  readonly shown?: string | undefined;
  /** Requests that it has carried. */
  requests: number;
}

/** What a connection that is opened now is opened to, and with. */
export interface OriginTarget {
  /** Connections to targets of different names are never mixed up. */
  readonly name: string;
  /** Where the origin is reached; `undefined` when nothing is known of it. Asked for each new connection. */
  address(): Address | undefined;
  /** Absent for plain HTTP. */
  readonly tls?:
    | {
        /** The name in SNI, and the one that a judged certificate must have. */
        readonly servername: string;
        readonly maxVersion?: SecureVersion | undefined;
        readonly shows: TlsPair | "nothing";
        /** Whether the origin's certificate is judged, or any is taken. */
        readonly judged: boolean;
      }
    | undefined;
}

/** Why there is no connection to the origin: no TCP, none in time, TLS broke off, or its certificate is not good. */
export type OriginFailure = "refused" | "late" | "handshake" | "untrusted";

/** There is no connection to the origin. */
export class OriginUnreachable extends Error {
  override readonly name = "OriginUnreachable";
  readonly failure: OriginFailure;

  constructor(failure: OriginFailure) {
    super(`no connection to the origin (${failure})`);
    this.failure = failure;
  }
}

/** Everything that an agent needs. */
export interface OriginAgentOptions {
  readonly target: () => OriginTarget;
  readonly clock: Clock;
  readonly limits: WarmLimits;
  /** Whom a judged certificate may come from. */
  readonly originCa: readonly CertificateFacts[];
  readonly nextNumber: () => number;
}

const connectMs = 10_000;

/**
 * The connections of one server to one origin. Each is opened with what the target is at that moment and lives on
 * until it has carried enough requests or is too old, whatever is shown by then.
 */
export class OriginAgent extends Agent {
  readonly #options: OriginAgentOptions;
  readonly #opened = new WeakMap<object, OriginConnection>();

  constructor(options: OriginAgentOptions) {
    super({
      keepAlive: options.limits.perServer > 0,
      maxFreeSockets: options.limits.perServer,
      scheduling: "fifo",
    });
    this.#options = options;
  }

  /** What a connection that is opened now would be opened to. */
  target(): OriginTarget {
    return this.#options.target();
  }

  /** What is known of a connection that this agent opened. */
  connectionOf(socket: object | null | undefined): OriginConnection | undefined {
    return socket === null || socket === undefined ? undefined : this.#opened.get(socket);
  }

  /** Closes idle connections that are past their age. */
  dropOld(): void {
    for (const sockets of Object.values(this.freeSockets)) {
      for (const socket of sockets ?? []) if (this.#isOld(socket)) socket.destroy();
    }
  }

  override keepSocketAlive(socket: Duplex): boolean {
    const connection = this.#opened.get(socket);
    const { maxRequests = 100 } = this.#options.limits;
    if (connection !== undefined) connection.requests += 1;
    if (connection === undefined || connection.requests >= maxRequests || this.#isOld(socket)) return false;
    // Node's own part: the idle socket must not keep the process alive.
    super.keepSocketAlive(socket);
    return true;
  }

  override createConnection(
    _options: ClientRequestArgs,
    done: (error: Error | null, socket: Duplex) => void,
  ): undefined {
    const { clock, nextNumber } = this.#options;
    const target = this.target();
    const { tls } = target;
    const identity = tls === undefined || tls.shows === "nothing" ? undefined : tls.shows;
    // Where nothing is known of the origin, nothing listens either.
    const { host, port } = target.address() ?? { host: "127.0.0.1", port: 0 };
    const socket =
      tls === undefined
        ? connectTcp({ host, port, noDelay: true })
        : connectTls({
            host,
            port,
            servername: tls.servername,
            maxVersion: tls.maxVersion ?? "TLSv1.3",
            // The origin's certificate is judged below, by the given clock.
            ca: [],
            rejectUnauthorized: false,
            ...(identity === undefined ? {} : { cert: identity.certificate, key: identity.key }),
          });
    let reached = false;
    let over = false;
    const fail = (failure: OriginFailure): void => {
      if (over) return;
      over = true;
      socket.destroy();
      done(new OriginUnreachable(failure), socket);
    };
    const late = (): void => fail(reached ? "handshake" : "late");
    socket.on("error", () => fail(reached ? "handshake" : "refused"));
    socket.setTimeout(connectMs, late);
    socket.once("connect", () => {
      reached = true;
    });
    socket.once(tls === undefined ? "connect" : "secureConnect", () => {
      if (tls?.judged === true && !this.#trusts(socket as TLSSocket, tls.servername)) {
        fail("untrusted");
        return;
      }
      over = true;
      socket.setTimeout(0);
      socket.off("timeout", late);
      this.#opened.set(socket, {
        number: nextNumber(),
        openedAt: clock.now(),
        shown: identity === undefined ? undefined : new X509Certificate(identity.certificate).serialNumber,
        requests: 0,
      });
      done(null, socket);
    });
    return undefined;
  }

  #isOld(socket: object): boolean {
    const opened = this.#opened.get(socket)?.openedAt ?? 0;
    return this.#options.clock.now() - opened >= (this.#options.limits.maxAgeMs ?? 60_000);
  }

  #trusts(socket: TLSSocket, servername: string): boolean {
    const { originCa: anchors, clock } = this.#options;
    const presented = readPresented(socket) ?? [];
    return isTrustedServer({ presented, anchors, servername, at: clock.now() });
  }
}
