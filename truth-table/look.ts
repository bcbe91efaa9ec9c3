import type { Ask, Look, Manner, Question } from "./cell.ts";
import type { Certificates } from "./certificates.ts";
import type { RunningServer } from "./start-server.ts";

/** Long, so that a loaded machine makes nothing inconclusive. */
const timeoutMs = 30_000;

/** The ways in which a server can be asked: one that serves by itself knows GET alone. */
export function mannersOf({ server }: RunningServer): readonly Manner[] {
  return server.servesItself ? ["at once"] : ["at once", "after a wait"];
}

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
  manner: Manner,
  name: string,
): Promise<Look> {
  const page = manner === "at once" ? name : undefined;
  if (page !== undefined) await running.prepare(page);
  const result = await ask({
    host: "127.0.0.1",
    port: endpoint.port,
    identity: identities[shows],
    minVersion: version,
    maxVersion: version,
    timeoutMs,
    ...(page === undefined ? {} : { request: { method: "GET", path: `/${page}` } }),
  });
  return { manner, page, result };
}
