import type { ReadContext, Target } from "@handfast/core";
import type { HostnamePort } from "./port.ts";
import type { HostnameTarget } from "./target.ts";
import { readProgress, readZoneWorld, type ZoneWorld } from "./world.ts";

/** How long what was read of a zone may serve while only progress is asked for. */
const longestMs = 10 * 60_000;

/** Reads zones, in parallel. While somebody waits for writes, only what they move is read again. */
export class ZoneReader {
  readonly #port: HostnamePort;
  readonly #last = new Map<string, { readonly world: ZoneWorld; readonly at: number }>();

  constructor(port: HostnamePort) {
    this.#port = port;
  }

  /** What there is of each zone that a target is in. */
  async read(
    targets: readonly Target<HostnameTarget>[],
    context: ReadContext,
  ): Promise<ReadonlyMap<string, ZoneWorld>> {
    const zones = Map.groupBy(
      targets.map(({ target }) => target),
      ({ zone }) => zone,
    );
    const read = [...zones].map(
      async ([zone, own]) => [zone, await this.#readOne(zone, own, context)] as const,
    );
    return new Map(await Promise.all(read));
  }

  async #readOne(zone: string, targets: readonly HostnameTarget[], context: ReadContext): Promise<ZoneWorld> {
    const hostnames = new Set(targets.flatMap((target) => target.hostnames));
    const last = context.only === "progress" ? this.#last.get(zone) : undefined;
    if (last !== undefined && context.clock.now() - last.at < longestMs) {
      const withSsl = targets.some(({ ssl }) => ssl !== undefined);
      return await readProgress(this.#port, zone, { hostnames, withSsl }, last.world, context);
    }
    const world = await readZoneWorld(this.#port, zone, hostnames, context);
    this.#last.set(zone, { world, at: context.clock.now() });
    return world;
  }
}
