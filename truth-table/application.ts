import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** What stands behind a verifier: whoever reaches it was let in. */
export interface Application {
  readonly port: number;
  /** Paths that were asked for, without the leading slash. */
  readonly reached: ReadonlySet<string>;
  close(): Promise<void>;
}

/** Plain HTTP on loopback, that notes who came and answers everybody alike. */
export async function startApplication(answer: string): Promise<Application> {
  const reached = new Set<string>();
  const server = createServer((request, response) => {
    reached.add((request.url ?? "").slice(1));
    response.setHeader("connection", "close").end(answer);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    port,
    reached,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
