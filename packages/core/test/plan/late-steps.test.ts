import { expect, it } from "vitest";
import { z } from "zod";
import type { Step } from "../../src/adapter/contract.ts";
import { type Adapter, defineAdapter } from "../../src/adapter/define-adapter.ts";
import { memoryVerifier } from "../../src/memory/memory-verifier.ts";
import { reachOf } from "../../src/plan/reach.ts";
import { type Ask, leaf, link, planFor, shows, wants } from "./world.ts";
import { atMostMs, laggingWorld, setListener } from "./worlds.ts";

interface Site {
  readonly site: string;
}
type Action = { readonly kind: "tls" } | { readonly kind: "pointer"; readonly site: string };
interface State {
  readonly tls: boolean;
  readonly pointer: "here" | "gone";
}

/** Sites with one switch for all, which turns TLS off; then each one's pointer is taken away, which nobody sees. */
function sites(late: true | undefined): Adapter {
  const steps = (site: string, from: State, to: State): readonly Step<Action>[] => {
    const common = {
      back: "exact",
      settles: { by: "call" },
      cost: { budget: "sites", calls: 1 },
    } as const;
    const turn: Step<Action> = {
      ...common,
      key: "tls",
      object: "zone",
      action: { kind: "tls" },
      effect: "switch",
      summary: "turn TLS off",
    };
    const take: Step<Action> = {
      ...common,
      key: "pointer",
      object: site,
      action: { kind: "pointer", site },
      effect: "none",
      ...(late === undefined ? {} : { late }),
      ...(from.tls === to.tls ? {} : { after: ["tls"] }),
      summary: `take the pointer of ${site} away`,
    };
    return [...(from.tls === to.tls ? [] : [turn]), ...(from.pointer === to.pointer ? [] : [take])];
  };
  return defineAdapter<string, true, Site, State, Action>(
    { name: "memory.sites", version: "1", role: "presenter", inherits: true },
    {
      schema: {
        target: z.strictObject({ site: z.string() }),
        state: z.strictObject({ tls: z.boolean(), pointer: z.enum(["here", "gone"]) }),
        action: z.discriminatedUnion("kind", [
          z.strictObject({ kind: z.literal("tls") }),
          z.strictObject({ kind: z.literal("pointer"), site: z.string() }),
        ]),
      },
      identify: ({ site }) => site,
      read: async (targets) =>
        targets.map(({ target: { site } }) => ({
          objects: [site, "zone"],
          now: { tls: true, pointer: "here" },
          may: [],
          settled: true,
          owner: "us",
          findings: [],
        })),
      face: (_, { tls, pointer }) => ({
        role: "presenter",
        shows: tls && pointer === "here" ? leaf("a1") : "nothing",
      }),
      realise: () => ({ state: { tls: false, pointer: "gone" } }),
      steps: ({ site }, from, to) => ({ steps: steps(site, from, to), findings: [] }),
      after: ({ site }, state, { action }) => {
        if (action.kind === "tls") return { ...state, tls: false };
        return action.site === site && !state.tls ? { ...state, pointer: "gone" } : state;
      },
      check: () => "todo",
      perform: async () => [],
      removals: () => ({ steps: [], findings: [] }),
    },
  );
}

it.each([true, undefined] as const)(
  "makePlan has a step wait for the switch of another endpoint only where it says that it is late: %s",
  async (late) => {
    const { clock, world } = laggingWorld();
    setListener(world, "shop", "off");
    const adapter = sites(late);
    const asks: Ask[] = [
      {
        key: "shop",
        adapter: memoryVerifier(world, { atMostMs }),
        target: { listener: "shop" },
        want: wants("off"),
      },
      ...["edge", "app"].map((site) => ({ key: site, adapter, target: { site }, want: shows("nothing") })),
    ];
    const plan = await planFor(asks, [link("edge", "shop"), link("app", "shop")], clock);
    const writes = plan.steps.filter((step) => step.kind === "write");
    const [turn] = writes.filter(({ step }) => step.key === "tls");
    const taken = writes.filter(({ step }) => step.key === "pointer");
    expect(writes).toHaveLength(3);
    expect(turn?.target).toBe("edge");
    const { isBefore } = reachOf(plan.steps);
    const waits = taken.map(({ target, id }) => [target, isBefore(turn?.id ?? "", id)]);
    // its own switch is waited for in any case, by an edge of the move
    expect(waits.toSorted()).toEqual([
      ["app", late === true],
      ["edge", true],
    ]);
  },
);
