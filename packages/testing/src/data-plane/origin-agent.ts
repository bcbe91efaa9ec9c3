import { X509Certificate } from "node:crypto";
import { Agent, type ClientRequestArgs } from "node:http";
import { connect as connectTcp } from "node:net";
import type { Duplex } from "node:stream";
import { connect as connectTls, type SecureVersion, type TLSSocket } from "node:tls";
import type { Clock } from "@handfast/core";
import { type CertificateFacts, readPresented } from "./certificate-facts.ts";
import { isTrustedServer } from "./check-server.ts";
import type { Address } from "./loopback.ts";
import type { EdgeView } from "./sources.ts";

/** An origin as the edge reaches it. */
export interface EdgeOrigin extends Address {
  /** The name in SNI, which a strict mode looks for in the origin's certificate. */
  readonly servername: string;
  /** Where plain HTTP goes in the SSL modes `off` and `flexible`. @default the same address */
  readonly plain?: Address | undefined;
  /** The best TLS version that the edge offers to the origin. @default "TLSv1.3" */
  readonly maxVersion?: SecureVersion | undefined;
}

/** How long and how often an edge uses a connection to an origin. */
export interface WarmLimits {
  /** Idle connections that each server keeps per hostname; 0 opens one for every request. */
  readonly perServer: number;
  /** @default 100 */
  readonly maxRequests?: number | undefined;
  /** Milliseconds on the clock. @default 60000 */
  readonly maxAgeMs?: number | undefined;
}

/** What is known of an open connection to an origin. */
export interface OriginConnection {
  /** Counts the connections of one edge server to one hostname's origin, from 1. */
  readonly number: number;
  /** Milliseconds since the epoch. */
  readonly openedAt: number;
  /** Serial (upper-case hex) of the certificate that the edge was ready to show; absent for none and for plain HTTP. */
  readonly shown?: string | undefined;
  /** Requests that it has carried. */
  requests: number;
}

/** Why there is no connection to the origin, as the status that a visitor gets. */
export class OriginUnreachable extends Error {
  override readonly name = "OriginUnreachable";
  readonly status: 521 | 522 | 525 | 526;

  constructor(status: 521 | 522 | 525 | 526) {
    super(`no connection to the origin (${status})`);
    this.status = status;
  }
}

/** Everything that an agent needs. */
export interface OriginAgentOptions {
  readonly origin: EdgeOrigin;
  readonly view: () => EdgeView;
  readonly clock: Clock;
  readonly limits: WarmLimits;
  readonly originCa: readonly CertificateFacts[];
  readonly nextNumber: () => number;
}

const connectMs = 10_000;

/**
 * The connections of one edge server to one hostname's origin. Each is opened with what the view shows at that moment
 * and lives on until it has carried enough requests or is too old, whatever is shown by then.
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

  /** Plain and TLS connections are never mixed up. */
  override getName(): string {
    return this.#isPlain() ? "plain" : "tls";
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
    const { origin, view, clock, nextNumber } = this.#options;
    const { shows, sslMode } = view();
    const plain = this.#isPlain();
    const target = plain ? (origin.plain ?? origin) : origin;
    const identity = plain || shows === "nothing" ? undefined : shows;
    const { host, port } = target;
    const socket = plain
      ? connectTcp({ host, port, noDelay: true })
      : connectTls({
          host,
          port,
          servername: origin.servername,
          maxVersion: origin.maxVersion ?? "TLSv1.3",
          // The origin's certificate is judged below, by the given clock.
          ca: [],
          rejectUnauthorized: false,
          ...(identity === undefined ? {} : { cert: identity.certificate, key: identity.key }),
        });
    let reached = false;
    let over = false;
    const fail = (status: 521 | 522 | 525 | 526): void => {
      if (over) return;
      over = true;
      socket.destroy();
      done(new OriginUnreachable(status), socket);
    };
    const late = (): void => fail(reached ? 525 : 522);
    socket.on("error", () => fail(reached ? 525 : 521));
    socket.setTimeout(connectMs, late);
    socket.once("connect", () => {
      reached = true;
    });
    socket.once(plain ? "connect" : "secureConnect", () => {
      const strict = sslMode === "strict" || sslMode === "origin_pull";
      if (strict && !this.#trusts(socket as TLSSocket)) {
        fail(526);
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

  #isPlain(): boolean {
    const { sslMode } = this.#options.view();
    return sslMode === "off" || sslMode === "flexible";
  }

  #isOld(socket: object): boolean {
    const opened = this.#opened.get(socket)?.openedAt ?? 0;
    return this.#options.clock.now() - opened >= (this.#options.limits.maxAgeMs ?? 60_000);
  }

  #trusts(socket: TLSSocket): boolean {
    const { origin, originCa: anchors, clock } = this.#options;
    const presented = readPresented(socket) ?? [];
    return isTrustedServer({ presented, anchors, servername: origin.servername, at: clock.now() });
  }
}
