import type { IncomingMessage } from "node:http";
import type { Clock } from "@handfast/core";
import type { CertificateFacts } from "./certificate-facts.ts";
import { type Forwarding, forwardRequest } from "./forward-request.ts";
import { OriginAgent, type OriginTarget, type WarmLimits } from "./origin-agent.ts";

/** The connection that carried a request to its origin. */
export interface UsedConnection {
  /** Counts this server's connections to the origin, from 1. */
  readonly number: number;
  /** Milliseconds since the epoch: proof that dates from before a change tells nothing about it. */
  readonly openedAt: number;
  /** Serial (upper-case hex) of the certificate that was ready to be shown on it; absent for none. */
  readonly shown?: string | undefined;
  /** It had carried a request before. */
  readonly reused: boolean;
}

/** An answer from the origin whose body is still to be read. */
export interface Sent {
  readonly response: IncomingMessage;
  readonly connection: UsedConnection | undefined;
  /** A kept connection was found closed, and the request was sent again over a fresh one. */
  readonly retried: boolean;
}

/** One server's connections to one origin. */
export interface OriginConnections {
  /** Sends a request. Rejects with an `OriginUnreachable`, an `AnswerTimeout`, or the error of the connection. */
  send(request: Omit<Forwarding, "to" | "kept" | "fresh">): Promise<Sent>;
  close(): void;
}

/** Keeps connections warm within limits, and opens fresh ones for what a kept one failed to carry. */
export function originConnections(options: {
  readonly target: () => OriginTarget;
  readonly clock: Clock;
  readonly limits: WarmLimits;
  readonly originCa: readonly CertificateFacts[];
}): OriginConnections {
  let opened = 0;
  const agent = { ...options, nextNumber: (): number => ++opened };
  const kept = new OriginAgent(agent);
  const fresh = new OriginAgent({ ...agent, limits: { perServer: 0 } });
  return {
    send: async (request) => {
      kept.dropOld();
      // The agents file their connections under the host of the request.
      const to = { host: kept.target().name };
      const { response, reused, retried } = await forwardRequest({ ...request, to, kept, fresh });
      const found = (retried ? fresh : kept).connectionOf(response.socket);
      const connection = found && {
        number: found.number,
        openedAt: found.openedAt,
        shown: found.shown,
        reused,
      };
      return { response, connection, retried };
    },
    close: () => {
      kept.destroy();
      fresh.destroy();
    },
  };
}
