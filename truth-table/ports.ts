import type { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { connect } from "node:tls";

/** Ports of 127.0.0.1 on which nobody listens at the moment. */
export async function pickPorts(count: number): Promise<readonly number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, "127.0.0.1"));
  await Promise.all(servers.map((server) => once(server, "listening")));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  for (const server of servers) server.close();
  await Promise.all(servers.map((server) => once(server, "close")));
  return ports;
}

/** So long for one handshake, before it is tried again. */
const patienceMs = 1_000;

/** Whether a server with this certificate answers on the port: whoever else may have taken it has another. */
export function answersWith(certificate: X509Certificate, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: "127.0.0.1", port, rejectUnauthorized: false, timeout: patienceMs });
    const settle = (answers: boolean): void => {
      socket.destroy();
      resolve(answers);
    };
    socket.once("secureConnect", () =>
      settle(socket.getPeerX509Certificate()?.fingerprint256 === certificate.fingerprint256),
    );
    socket.once("error", () => settle(false));
    socket.once("timeout", () => settle(false));
    socket.once("close", () => settle(false));
  });
}
