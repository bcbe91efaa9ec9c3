import { once } from "node:events";
import { createServer as createHttpServer } from "node:http";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer, type TLSSocket, type TlsOptions } from "node:tls";
import { type Authority, createCsr, type Leaf } from "@handfast/pki";
import { onTestFinished } from "vitest";
import { ecKey } from "../world.ts";

/** Certificate and key of a server on loopback, PEM. */
export interface ServerIdentity {
  readonly cert: string;
  readonly key: string;
  readonly leaf: Leaf;
}

export async function serverIdentity(authority: Authority): Promise<ServerIdentity> {
  const key = await ecKey();
  const csr = await createCsr({ subject: "CN=localhost", key, names: ["localhost", "127.0.0.1"] });
  const leaf = await authority.issue(csr, { profile: "server" });
  return { cert: leaf.chain, key: key.export(), leaf };
}

/** Opens a server on loopback for the length of one test; its port. */
export async function listen(server: Server): Promise<number> {
  const open = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    open.add(socket);
    socket.on("error", () => undefined);
    socket.on("close", () => open.delete(socket));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(async () => {
    for (const socket of open) socket.destroy();
    server.close();
    await once(server, "close");
  });
  return (server.address() as AddressInfo).port;
}

/** A TLS server that answers HTTP, or does what `serve` says once the handshake is over. */
export function tlsServer(options: TlsOptions, serve?: (socket: TLSSocket) => void): Promise<number> {
  const http = createHttpServer((request, response) => {
    response.setHeader("x-path", request.url ?? "");
    response.setHeader("x-host", request.headers.host ?? "");
    response.setHeader("set-cookie", ["a=1", "b=2"]);
    response.end("body");
  });
  const server = createTlsServer(options, serve ?? ((socket) => http.emit("connection", socket)));
  server.on("tlsClientError", () => undefined);
  return listen(server);
}

/** A server that speaks bare TCP. */
export function tcpServer(serve: (socket: Socket) => void): Promise<number> {
  return listen(createServer(serve));
}
