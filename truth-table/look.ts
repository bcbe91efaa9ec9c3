import type { Ask, Look, Question } from "./cell.ts";
import type { Certificates } from "./certificates.ts";
import type { Protocol } from "./foreign-server.ts";
import type { RunningServer } from "./start-server.ts";

/** Long, so that a loaded machine makes nothing inconclusive. */
const timeoutMs = 30_000;

/** Names for pages, each used once, so that a request is known by its path. */
export function pageNames(prefix: string): () => string {
  let count = 0;
  return () => `${prefix}-${++count}`;
}

/** One probe. */
export async function look(
  ask: Ask,
  running: RunningServer,
  { identities }: Certificates,
  { endpoint, shows, version }: Question,
  { protocol, page }: { readonly protocol: Protocol; readonly page: string },
): Promise<Look> {
  await running.prepare(page);
  const result = await ask({
    host: "127.0.0.1",
    port: endpoint.port,
    identity: identities[shows],
    minVersion: version,
    maxVersion: version,
    timeoutMs,
    alpn: protocol === "HTTP/2" ? ["h2"] : ["http/1.1"],
    request: { method: "GET", path: `/${page}` },
  });
  return { protocol, page, result };
}
