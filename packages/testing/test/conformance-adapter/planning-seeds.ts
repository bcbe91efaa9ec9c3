import { z } from "zod";
import {
  actionOf,
  type Listener,
  listenerIn,
  mapSteps,
  own,
  type Seed,
  type State,
  withListener,
} from "./seed.ts";

/** Faults of what only reads and plans. */
export const planningSeeds: readonly Seed[] = [
  { name: "one name for all targets", caught: "identify", change: () => ({ identify: () => "listener" }) },
  {
    name: "a date in an action",
    caught: "schema takes",
    change: (right) =>
      mapSteps(right, (steps) =>
        steps.map((step) => ({ ...step, action: { ...actionOf(step), at: new Date(0) } })),
      ),
  },
  {
    name: "a schema that takes anything",
    caught: "schema refuses",
    change: ({ schema }) => ({ schema: { ...schema, state: z.any() } }),
  },
  {
    name: "answers in another order",
    caught: "read answers",
    change: ({ read }) => ({ read: async (...asked) => (await read(...asked)).toReversed() }),
  },
  {
    name: "a date in the state",
    caught: "read changes nothing",
    change: ({ read }, world) => ({
      read: async (...asked) =>
        (await read(...asked)).map((seen) => ({
          ...seen,
          now: {
            ...(seen.now as State),
            "store/read": { kind: "store", anchors: [`${world.clock.now()}`], crls: [] },
          },
        })),
    }),
  },
  {
    name: "a read that writes",
    caught: "read changes nothing",
    change: ({ read }, world) => ({
      read: async (...asked) => {
        world.set(`store/${world.names("store/").length}`, { kind: "store", anchors: [], crls: [] });
        return await read(...asked);
      },
    }),
  },
  {
    name: "what is missing read as off",
    caught: "read says so",
    change: ({ read }) => ({
      read: async (targets, context) => {
        try {
          return await read(targets, context);
        } catch {
          return targets.map(() => ({
            objects: [],
            now: {},
            may: [],
            settled: true,
            owner: "us",
            findings: [],
          }));
        }
      },
    }),
  },
  {
    name: "a face that depends on the day",
    caught: "face is pure",
    change: ({ face }) => {
      let calls = 0;
      return {
        face: (target, state) => {
          calls += 1;
          const right = face(target, state);
          return right.role === "verifier" ? { ...right, advertiseNames: calls % 2 === 0 } : right;
        },
      };
    },
  },
  {
    name: "a wish granted by the state as it is",
    caught: "realise gives",
    kind: "presenter",
    change: () => ({ realise: (_target, _wanted, base) => ({ state: base }) }),
  },
  {
    name: "a wish granted differently each time",
    caught: "realise of the present face",
    change: ({ realise }) => ({
      realise: (target, wanted, base, facts) => {
        const right = realise(target, wanted, base, facts);
        if (!("state" in right)) return right;
        const ignoreExpiry = !listenerIn(target, base).ignoreExpiry;
        return { state: withListener(target, right.state, { ignoreExpiry }) };
      },
    }),
  },
  {
    name: "a new store each time",
    caught: "realise takes what exists",
    change: ({ realise }) => ({
      realise: (target, wanted, base, facts) => {
        const right = realise(
          target,
          wanted,
          Object.fromEntries([[own(target), listenerIn(target, base)]]),
          facts,
        );
        if (!("state" in right) || wanted.role !== "verifier" || wanted.anchors.length === 0) return right;
        const fresh = `fresh-${Object.keys(base as State).length}`;
        const held = { kind: "store", anchors: wanted.anchors, crls: wanted.crls };
        const state = withListener(target, base, {
          ...listenerIn(target, right.state),
          store: fresh,
        } as Listener);
        return { state: { ...state, [`store/${fresh}`]: held } };
      },
    }),
  },
  {
    name: "an exception for what can't be had",
    caught: "realise refuses",
    change: ({ realise }) => ({
      realise: (...asked) => {
        const right = realise(...asked);
        if (!("state" in right)) throw new TypeError("can't be had");
        return right;
      },
    }),
  },
  {
    name: "two switches",
    caught: "steps switch once",
    change: (right) =>
      mapSteps(right, (steps) => [...steps, ...steps.map((step) => ({ ...step, key: `${step.key} again` }))]),
  },
  {
    name: "keys that count",
    caught: "steps are the same",
    change: (right) => {
      let count = 0;
      return mapSteps(right, (steps) =>
        steps.map((step) => {
          count += 1;
          return { ...step, key: `${step.key} ${count}` };
        }),
      );
    },
  },
  {
    name: "a step where nothing is to be done",
    caught: "steps from a state to itself",
    change: ({ steps }) => ({
      steps: (target, from, to) => {
        const move = steps(target, from, to);
        const [least] = steps(target, withListener(target, to, { mode: "request" }), to).steps;
        return move.steps.length > 0 || least === undefined ? move : { ...move, steps: [least] };
      },
    }),
  },
  {
    name: "a digest in a summary",
    caught: "steps say what they cost",
    change: (right) =>
      mapSteps(right, (steps) =>
        steps.map((step) => ({ ...step, summary: `set ${"0123456789abcdef".repeat(4)}` })),
      ),
  },
  {
    name: "an effect that is not foreseen",
    caught: "after, folded",
    change: () => ({ after: (_target, state) => state }),
  },
  {
    name: "a preparation that switches",
    caught: "after changes the face by the switch alone",
    change: ({ after }) => ({
      after: (target, state, step) =>
        step.effect === "none"
          ? withListener(target, after(target, state, step), { mode: "request" })
          : after(target, state, step),
    }),
  },
  {
    name: "another target's step taken for one's own",
    caught: "after leaves the face",
    change: ({ after }) => ({
      after: (target, state, step) => {
        const next = after(target, state, step) as State;
        return step.effect === "switch" ? { ...next, [own(target)]: actionOf(step).to } : next;
      },
    }),
  },
];
