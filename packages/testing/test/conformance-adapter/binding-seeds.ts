import { own, type Seed, type State } from "./seed.ts";

/** Faults of the optional parts. */
export const bindingSeeds: readonly Seed[] = [
  {
    name: "a whole state that others change",
    caught: "owned is of the state alone",
    change: () => ({ owned: (_target, state) => state }),
  },
  {
    name: "nothing owned",
    caught: "owned is of the state alone",
    change: () => ({ owned: () => null }),
  },
  {
    name: "the owner's count of questions",
    caught: "owned is of the state alone",
    change: () => {
      let asked = 0;
      return {
        owned: (target, state) => {
          asked += 1;
          return { listener: (state as State)[own(target)], asked };
        },
      };
    },
  },
  {
    name: "nothing said of what is made",
    caught: "makes names what perform makes",
    change: () => ({ makes: () => [] }),
  },
  {
    name: "nothing said of what a call makes that nobody hears of",
    caught: "createHandfast retires what",
    change: () => ({ makes: () => [] }),
  },
  {
    name: "more said than is made",
    caught: "makes names what perform makes",
    change: ({ makes }) => ({
      makes: (target, step) => [...makes(target, step), `${step.object} and more`],
    }),
  },
  {
    name: "permissions for reading alone",
    caught: "permissions names something",
    change: () => ({
      permissions: (_target, step) => (step === undefined ? [{ allow: "memory:Read", on: "*" }] : []),
    }),
    right: () => ({ permissions: () => [{ allow: "memory:All", on: "*" }] }),
  },
];
