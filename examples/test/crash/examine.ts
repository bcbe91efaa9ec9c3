import { type Holdings, readHoldings } from "./holdings.ts";
import type { Scene } from "./world.ts";

/** What was found out of a cell. */
export interface Findings {
  /** What is not as it must be, in words. */
  readonly problems: readonly string[];
  readonly requestsFailed: number;
  readonly duplicates: number;
  readonly leftovers: number;
  /** Combinations that the acceptance function judged. */
  readonly judged: number;
}

/** Looks at the providers while a cell goes on, and writes down what is not as it must be. */
export interface Examination {
  /** What is there now; whatever is there twice is noted. */
  look(): Holdings;
  /** The same once what is on its way has arrived. */
  settle(): Promise<Holdings>;
  same(what: string, found: readonly string[], due: readonly string[]): void;
  /** After going on: all is as after an undisturbed run, and nothing was made beside. */
  arrived(goal: Holdings): Promise<void>;
  /** After retire: what is left is what is due. */
  retired(due: Holdings): Promise<void>;
  complain(problem: string): void;
  read(): Findings;
}

/** Begins to look. */
export function examine({ providers, pass, judge }: Scene): Examination {
  const problems: string[] = [];
  const twice = new Set<string>();
  let leftovers = 0;
  const look: Examination["look"] = () => {
    const holdings = readHoldings(providers);
    for (const one of holdings.twice) twice.add(one);
    return holdings;
  };
  const settle: Examination["settle"] = async () => {
    await pass(5_000);
    return look();
  };
  const same: Examination["same"] = (what, found, due) => {
    const more = found.filter((one) => !due.includes(one));
    const less = due.filter((one) => !found.includes(one));
    if (more.length > 0 || less.length > 0)
      problems.push(`${what}: too much [${more.join("; ")}], missing [${less.join("; ")}]`);
  };
  return {
    look,
    settle,
    same,
    arrived: async (goal) => {
      const reached = await settle();
      same("arrived", reached.all, goal.all);
      for (const one of reached.alike) twice.add(one);
    },
    retired: async (due) => {
      const left = (await settle()).all;
      leftovers += left.filter((one) => !due.all.includes(one)).length;
      same("retired", left, due.all);
    },
    complain: (problem) => void problems.push(problem),
    read: () => {
      const { looked, refused, leaks } = judge.read();
      return {
        problems: [
          ...problems,
          ...[...twice].map((one) => `made twice: ${one}`),
          ...refused.map((one) => `refused: ${one}`),
          ...leaks,
        ],
        requestsFailed: refused.length,
        duplicates: twice.size,
        leftovers,
        judged: looked,
      };
    },
  };
}
