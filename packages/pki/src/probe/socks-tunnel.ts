import type { Socket } from "node:net";
import { Duplex } from "node:stream";
import { SocksClient } from "socks";
import type { ProxyServer } from "./read-proxy.ts";
import type { Target, Tunnel } from "./tunnel.ts";

/** What the library reports, after RFC 1928 and 1929; anything else is a proxy that speaks something else. */
const socksFailures: readonly (readonly [pattern: RegExp, why: string])[] = [
  [/HostUnreachable/, "it can't reach the host, or finds no such name"],
  [/NetworkUnreachable/, "it can't reach the network of the host"],
  [/ConnectionRefused/, "the host refuses the connection"],
  [/NotAllowed/, "its rules do not allow the connection"],
  [/TTLExpired/, "the way to the host is too long"],
  [/- Failure/, "it failed"],
  [/authentication/i, "it wants credentials, or other ones"],
  [/timed out/, "it did not answer in time"],
  [/closed|ECONN|EPIPE/, "it closed the connection"],
];

/** RFC 1928, with user and password by RFC 1929. */
export async function socksTunnel(
  stream: Duplex,
  proxy: ProxyServer,
  { host, port }: Target,
  timeoutMs: number,
): Promise<Tunnel> {
  const double = standIn(stream);
  try {
    await SocksClient.createConnection({
      proxy: {
        host: proxy.host,
        port: proxy.port,
        type: 5,
        ...(proxy.user === undefined ? {} : { userId: proxy.user, password: proxy.password }),
      },
      command: "connect",
      destination: { host, port },
      existing_socket: double.stream as Socket,
      // The deadline of the probe is the one that counts.
      timeout: Math.min(timeoutMs, 2 ** 31 - 1),
    });
    await double.over();
    return { kind: "open", stream };
  } catch (error) {
    const text = error instanceof Error ? error.message : "";
    const why = socksFailures.find(([pattern]) => pattern.test(text))?.[1] ?? "it does not speak SOCKS 5";
    return { kind: "refused", why };
  } finally {
    double.letGo();
  }
}

/** What the library is given in place of a stream. */
interface StandIn {
  readonly stream: Duplex;
  /** The talk with the proxy is over: what came behind its last word goes back to the stream. */
  over(): Promise<void>;
  letGo(): void;
}

/** The library starts a timer that it never clears, and that holds what it was given: so that is not the stream. */
function standIn(stream: Duplex): StandIn {
  // The only thing that holds the stream: what else is in here lives as long as the timer.
  let below: Duplex | undefined = stream;
  const double = new Duplex({
    read: () => undefined,
    write: (chunk, encoding, done) => {
      if (below === undefined) done();
      else below.write(chunk, encoding, done);
    },
  });
  const received = (chunk: Buffer): void => {
    double.push(chunk);
  };
  const failed = (error: Error): void => {
    double.emit("error", error);
  };
  const closed = (): void => {
    double.emit("close");
  };
  // After the library's own, an error has nobody left who listens.
  double.on("error", () => undefined);
  stream.on("data", received).on("error", failed).on("close", closed);
  const letGo = (): void => {
    below?.off("data", received).off("error", failed).off("close", closed);
    below = undefined;
  };
  return {
    stream: double,
    over: async () => {
      below?.pause().off("data", received);
      const behind: Buffer[] = [];
      double.on("data", (chunk: Buffer) => behind.push(chunk));
      // The library hands that out a turn later.
      await new Promise((resolve) => setImmediate(resolve));
      if (behind.length > 0) below?.unshift(Buffer.concat(behind));
    },
    letGo,
  };
}
