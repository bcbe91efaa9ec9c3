import type { AddressInfo, Server, Socket } from "node:net";

/** Where something listens. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/** Lets a server listen on a free port of loopback. */
export function listenOnLoopback(server: Server): Promise<Address> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      server.off("error", reject);
      const { address, port } = server.address() as AddressInfo;
      resolve({ host: address, port });
    });
  });
}

/** A server together with its open connections, so that closing it does not wait for clients. */
export interface OpenSockets {
  add(socket: Socket): void;
  /** Cuts every open connection. */
  destroyAll(): void;
}

/** Keeps account of open connections. */
export function openSockets(): OpenSockets {
  const sockets = new Set<Socket>();
  return {
    add: (socket) => {
      sockets.add(socket);
      socket.once("close", () => sockets.delete(socket));
    },
    destroyAll: () => {
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** Stops listening; resolves when the last connection is gone. */
export function stopListening(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
  });
}
