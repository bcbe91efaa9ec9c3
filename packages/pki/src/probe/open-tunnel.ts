import { request as httpRequest } from "node:http";
import { isIP, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { ProxyServer } from "./read-proxy.ts";
import { socksTunnel } from "./socks-tunnel.ts";
import type { Target, Tunnel } from "./tunnel.ts";

/**
 * Asks a proxy, over a connection to it that stands, for one to the target. The proxy resolves the name. What it says
 * is told in words of our own: its text is foreign, and errors of libraries carry credentials.
 */
export function openTunnel(
  stream: Duplex,
  proxy: ProxyServer,
  target: Target,
  timeoutMs: number,
): Promise<Tunnel> {
  return proxy.kind === "http"
    ? connectTunnel(stream, proxy, target)
    : socksTunnel(stream, proxy, target, timeoutMs);
}

/** RFC 9110, 9.3.6. */
function connectTunnel(stream: Duplex, proxy: ProxyServer, { host, port }: Target): Promise<Tunnel> {
  return new Promise((resolve) => {
    const authority = `${isIP(host) === 6 ? `[${host}]` : host}:${port}`;
    const credentials = Buffer.from(`${proxy.user ?? ""}:${proxy.password}`).toString("base64");
    const sent = httpRequest({
      method: "CONNECT",
      path: authority,
      createConnection: () => stream as Socket,
      headers: {
        host: authority,
        ...(proxy.user === undefined ? {} : { "proxy-authorization": `Basic ${credentials}` }),
      },
    });
    sent.on("connect", ({ statusCode: status = 0 }, _socket, head: Buffer) => {
      if (status < 200 || status > 299) {
        const what = status === 407 ? "wants credentials, or other ones" : "does not connect";
        return resolve({ kind: "refused", why: `it ${what} (HTTP ${status})` });
      }
      if (head.length > 0) stream.unshift(head);
      resolve({ kind: "open", stream });
    });
    sent.on("error", (error: NodeJS.ErrnoException) => {
      const isHttp = error.code?.startsWith("HPE_") !== true;
      resolve({ kind: "refused", why: isHttp ? "it closed the connection" : "it does not speak HTTP" });
    });
    sent.end();
  });
}
