/** The reference presenter whose upload is the switch, and whose way back is a delete. */
import { z } from "zod";
import type { AdapterDefinition, Finding } from "../adapter/contract.ts";
import { defineAdapter, type PresenterAdapter } from "../adapter/define-adapter.ts";
import { canonicalText } from "../certificate/digest.ts";
import {
  type Action,
  actionSchema,
  look,
  notFound,
  objectParts,
  type State,
  sameValue,
  stateSchema,
  valueAt,
  write,
  wrongRole,
} from "./memory-objects.ts";
import type { MemoryPresenterOptions } from "./memory-presenter.ts";
import type { MemoryWorld } from "./memory-world.ts";

const zoneTarget = z.strictObject({ zone: z.string() });

/** A zone-level presenter in memory: the newest upload is what is shown, and going back is a delete. */
export function memoryZone(
  world: MemoryWorld,
  options: MemoryPresenterOptions = {},
): PresenterAdapter<"memory.zone", z.infer<typeof zoneTarget>, false> {
  type Target = z.infer<typeof zoneTarget>;
  const listOf = (target: Target, state: State) => valueAt(state, `zone/${target.zone}`, "zone").certificates;
  const definition: AdapterDefinition<Target, State, Action> = {
    schema: { target: zoneTarget, state: stateSchema, action: actionSchema },
    identify: (target) => target.zone,
    read: (targets, context) =>
      Promise.all(
        targets.map(async ({ target }) => {
          const own = `zone/${target.zone}`;
          if (world.get(own) === undefined) throw notFound("memory.zone", own);
          return look(
            world,
            {
              own: [own],
              others: [],
              also: options.also?.(own),
              isSilent: options.silent === true,
            },
            context,
          );
        }),
      ),
    face: (target, state) => ({ role: "presenter", shows: listOf(target, state)[0] ?? "nothing" }),
    realise: (target, wanted, base) => {
      if (wanted.role !== "presenter" || wanted.shows === "inherited") return { findings: [wrongRole] };
      const now = listOf(target, base);
      const { shows } = wanted;
      const at =
        shows === "nothing"
          ? now.length
          : now.findIndex(({ certificate }) => certificate === shows.certificate);
      const certificates =
        at >= 0
          ? now.slice(at)
          : [
              {
                certificate: (shows as { certificate: string }).certificate,
                chain: [...(shows as { chain: readonly string[] }).chain],
              },
              ...now,
            ];
      return {
        state: { ...base, [`zone/${target.zone}`]: { kind: "zone", certificates: [...certificates] } },
      };
    },
    steps: (target, from, to) => {
      const name = `zone/${target.zone}`;
      const [before, after] = [listOf(target, from), listOf(target, to)];
      if (sameValue(from[name], to[name])) return { steps: [], findings: [] };
      const uploads =
        after.length === before.length + 1 && canonicalText(after.slice(1)) === canonicalText(before);
      const deletes = canonicalText(before.slice(before.length - after.length)) === canonicalText(after);
      if (!uploads && !deletes) return { steps: [], findings: [refused1406(name)] };
      const back = uploads
        ? ("exact" as const)
        : { never: "a provider gives no private key back: what is deleted must be uploaded anew" };
      return { steps: [{ ...write(name, from, to, "switch", options), back }], findings: [] };
    },
    ...objectParts(world),
    removals: () => ({ steps: [], findings: [] }),
  };
  return defineAdapter({ name: "memory.zone", version: "1", role: "presenter", inherits: false }, definition);
}

const refused1406 = (object: string): Finding => ({
  code: "already-there",
  severity: "blocker",
  message: `${object} refuses a certificate that it has already`,
});
