import { HandfastError, isHandfastError } from "@handfast/core";
import { issuers } from "./issuers.ts";
import {
  type Listener,
  listenerIn,
  mapSteps,
  remake,
  removeAll,
  rethrow,
  type Seed,
  type State,
} from "./seed.ts";

const [{ key }] = issuers;
/** What stands between the lines that frame the key, as one line. */
const body = key.split("\n").slice(1, -2).join("");

/** Faults of what checks, writes and removes. */
export const writingSeeds: readonly Seed[] = [
  { name: "done from the start", caught: "check says todo", change: () => ({ check: () => "done" }) },
  { name: "never done", caught: "check says todo", change: () => ({ check: () => "todo" }) },
  {
    name: "done before all nodes have it",
    caught: "check says done no sooner",
    change: ({ check }) => ({
      check: (...asked) => {
        const where = check(...asked);
        return where === "pending" ? "done" : where;
      },
    }),
  },
  {
    name: "what was read before handed to those who wait",
    caught: "check says the same by what is read for progress",
    change: ({ read }) => {
      const known = new Map<string, Awaited<ReturnType<typeof read>>[number]>();
      return {
        read: async (targets, context) => {
          const fresh = await read(targets, context);
          return fresh.map((seen, at) => {
            const key = targets[at]?.key ?? "";
            const last = context.only === "progress" ? known.get(key) : undefined;
            known.set(key, last ?? seen);
            return last ?? seen;
          });
        },
      };
    },
  },
  {
    name: "somebody else's write overlooked",
    caught: "check says moved",
    change: ({ check }) => ({
      check: (...asked) => {
        const where = check(...asked);
        return typeof where === "string" ? where : "todo";
      },
    }),
  },
  {
    name: "a write that does nothing",
    caught: "perform converges",
    change: () => ({ perform: async (steps) => steps.map(() => ({})) }),
  },
  {
    name: "a write that stops after the third",
    caught: "perform walks",
    change: ({ perform }) => {
      let left = 3;
      return {
        perform: async (steps, context) => {
          left -= 1;
          return left < 0 ? steps.map(() => ({})) : await perform(steps, context);
        },
      };
    },
  },
  {
    name: "made again",
    caught: "perform of what is done already",
    change: ({ perform }, world) => ({
      perform: async (steps, context) => {
        world.set(`store/${world.names("store/").length}`, { kind: "store", anchors: [], crls: [] });
        return await perform(steps, context);
      },
    }),
  },
  {
    name: "a batch taken for done of which some failed",
    caught: "perform of steps that go together",
    kind: "fleet",
    change: ({ perform }) => ({
      perform: async (steps, context) => {
        const answers = await perform(steps, context);
        return answers.map((answer) => (isHandfastError(answer) && steps.length > 1 ? {} : answer));
      },
    }),
  },
  {
    name: "the first of a batch alone",
    caught: "perform answers for each step",
    change: ({ perform }) => ({
      perform: async (steps, context) => {
        const [outcome = {}] = await perform(steps.slice(0, 1), context);
        return steps.map(() => outcome);
      },
    }),
  },
  {
    name: "failures swallowed",
    caught: "perform ends right when the provider fails",
    change: ({ perform }) => ({
      perform: async (steps, context) => await perform(steps, context).catch(() => steps.map(() => ({}))),
    }),
  },
  {
    name: "something left behind by each failure",
    caught: "perform ends right, and makes nothing twice",
    change: ({ perform }, world) => ({
      perform: async (steps, context) =>
        await rethrow(perform(steps, context), (error) => {
          world.set("store/left-behind", { kind: "store", anchors: [], crls: [] });
          return error;
        }),
    }),
  },
  {
    name: "a rate limit taken for a refusal",
    caught: "perform tells a rate limit",
    change: ({ perform }) => ({
      perform: (steps, context) =>
        rethrow(perform(steps, context), (error) => remake(error, "REMOTE_REJECTED")),
    }),
  },
  {
    name: "refused credentials taken for an outage",
    caught: "perform tells refused credentials",
    change: ({ perform }) => ({
      perform: (steps, context) =>
        rethrow(perform(steps, context), (error) => remake(error, "REMOTE_UNAVAILABLE")),
    }),
  },
  {
    name: "a lost answer taken for a failure",
    caught: "perform says that the outcome is unknown",
    change: ({ perform }) => ({
      perform: (steps, context) =>
        rethrow(perform(steps, context), ({ code, message }) => new HandfastError(code, message)),
    }),
  },
  {
    name: "an error without a code",
    caught: "read tells failures",
    change: ({ read }) => ({
      read: (targets, context) => rethrow(read(targets, context), ({ message }) => new Error(message)),
    }),
  },
  {
    name: "no way to turn off again",
    caught: "steps lead back from every place",
    change: ({ steps }) => ({
      steps: (target, from, to) =>
        listenerIn(target, to).mode === "off" && listenerIn(target, from).mode !== "off"
          ? { steps: [], findings: [{ code: "no-way", severity: "blocker", message: "it stays on" }] }
          : steps(target, from, to),
    }),
  },
  {
    name: "no way back past what was prepared",
    caught: "steps lead back from behind every single step",
    change: ({ steps }) => ({
      steps: (target, from, to) => {
        const extra = Object.keys(from as State).filter((name) => !(name in (to as State)));
        const finding = {
          code: "no-way",
          severity: "blocker",
          message: `${extra[0]} stands in the way`,
        } as const;
        return extra.length > 0 ? { steps: [], findings: [finding] } : steps(target, from, to);
      },
    }),
  },
  {
    name: "removals of what is in use",
    caught: "removals take",
    change: () => ({ removals: (_target, seen, { made }) => removeAll(seen.now, made) }),
  },
  {
    name: "removals of what nobody made",
    caught: "removals take",
    change: ({ removals }) => ({
      removals: (target, seen, { keep }) =>
        removals(target, seen, {
          keep,
          made: Object.keys(seen.now as State).filter((name) => name.startsWith("store/")),
        }),
    }),
  },
  {
    name: "removals of what an image needs",
    caught: "removals leave what an image",
    change: ({ removals }) => ({
      removals: (target, seen, { made }) => removals(target, seen, { keep: [], made }),
    }),
  },
  {
    name: "removals of what another target uses",
    caught: "removals leave what another",
    change: () => ({
      removals: (target, seen, { made }) => {
        const { store } = listenerIn(target, seen.now) as Listener & { readonly store: string };
        return removeAll(
          seen.now,
          made.filter((name) => name !== `store/${store}`),
        );
      },
    }),
  },
  {
    name: "a key in a finding",
    caught: "no secret is in anything",
    change: ({ read }) => ({
      read: async (...asked) =>
        (await read(...asked)).map((seen) => ({
          ...seen,
          findings: [{ code: "key-seen", severity: "info", message: key }],
        })),
    }),
  },
  {
    name: "part of a key in an error",
    caught: "no secret is in an error",
    change: ({ perform }) => ({
      perform: (steps, context) =>
        rethrow(perform(steps, context), ({ code, message, details }) => {
          return new HandfastError(code, message, { ...details, facts: { body } });
        }),
    }),
  },
  {
    name: "a key in a plan",
    caught: "no secret is in a plan",
    change: (right) =>
      mapSteps(right, (steps) => steps.map((step) => ({ ...step, summary: `${step.summary} with ${body}` }))),
  },
  {
    name: "nothing ever removed",
    caught: "createHandfast rolls out",
    change: () => ({ removals: () => ({ steps: [], findings: [] }) }),
  },
  {
    name: "a reading from before somebody else's write",
    caught: "createHandfast refuses a plan",
    change: ({ read }) => {
      let last: unknown;
      return {
        read: async (targets, context) =>
          (await read(targets, context)).map((seen, index) => {
            const target = targets[index]?.target;
            if (!listenerIn(target, seen.now).ignoreExpiry) last = seen.now;
            return { ...seen, now: last };
          }),
      };
    },
  },
  ...["createHandfast stops", "createHandfast resumes", "createHandfast goes back"].map(
    (caught): Seed => ({
      name: "what is known to one process alone",
      caught,
      change: ({ perform }, _world, instance) => ({
        perform: async (steps, context) =>
          instance > 1 ? steps.map(() => ({ adopted: true })) : await perform(steps, context),
      }),
    }),
  ),
];
