import { createServer, type Socket } from "node:net";
import { type Address, listenOnLoopback, openSockets, stopListening } from "./loopback.ts";

/** Several nodes that listen on loopback, and one address in front of them. */
export interface NodeListeners {
  /** Each node's own address. */
  readonly addresses: readonly Address[];
  /** One address whose connections go to the nodes in turn. */
  readonly front: Address;
  /** The nodes' addresses in turn, as a name server would give them. */
  resolve(): Address;
  /** Stops listening and cuts every connection. */
  close(): Promise<void>;
}

/** Listens for each node, and for all of them. `nodes` says what each does with a connection. */
export async function listenForNodes(nodes: readonly ((raw: Socket) => void)[]): Promise<NodeListeners> {
  const sockets = openSockets();
  const servers = nodes.map((accept) =>
    createServer((raw) => {
      sockets.add(raw);
      accept(raw);
    }),
  );
  let connected = 0;
  const frontServer = createServer((raw) => {
    sockets.add(raw);
    nodes[connected++ % nodes.length]?.(raw);
  });
  const addresses = await Promise.all(servers.map(listenOnLoopback));
  const front = await listenOnLoopback(frontServer);
  let resolved = 0;
  return {
    addresses,
    front,
    resolve: () => addresses[resolved++ % addresses.length] ?? front,
    close: async () => {
      const closed = [frontServer, ...servers].map(stopListening);
      sockets.destroyAll();
      await Promise.all(closed);
    },
  };
}
