import { createServer, type RequestListener } from "node:http";
import { type Address, listenOnLoopback, stopListening } from "../../src/data-plane/loopback.ts";

/** An HTTP server that does what a test needs. */
export async function plainServer(answer: RequestListener): Promise<Address & { close(): Promise<void> }> {
  const server = createServer(answer);
  const address = await listenOnLoopback(server);
  return {
    ...address,
    close: () => {
      const closed = stopListening(server);
      server.closeAllConnections();
      return closed;
    },
  };
}
