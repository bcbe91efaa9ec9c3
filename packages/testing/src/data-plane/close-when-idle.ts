import type { Server } from "node:http";
import type { Socket } from "node:net";

/** Ends a connection that is idle, and never one that has a request under way. `idleMs` is in real milliseconds. */
export function closeWhenIdle(http: Server, idleMs: number): void {
  const busy = new WeakMap<Socket, number>();
  http.keepAliveTimeout = 0;
  http.timeout = idleMs;
  http.prependListener("request", ({ socket }, response) => {
    busy.set(socket, (busy.get(socket) ?? 0) + 1);
    response.once("close", () => busy.set(socket, (busy.get(socket) ?? 1) - 1));
  });
  http.on("timeout", (socket: Socket) => {
    if ((busy.get(socket) ?? 0) === 0) socket.end();
  });
}
