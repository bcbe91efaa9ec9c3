/** What `perform` and `read` promise when the provider fails. */
import { type HandfastError, isHandfastError, type Step, type Target } from "@handfast/core";
import { expect } from "vitest";
import { type AdapterCase, equipped, NotEquipped } from "./adapter-case.ts";
import type { WorldFault } from "./adapter-world.ts";
import { expectSame } from "./plain.ts";
import type { Stage } from "./stage.ts";

/** More tries than any adapter should need for one fault. */
const mostTries = 6;
const pauseMs = 30_000;
/** Far more writes than a move has: a sweep that gets here does not end. */
const mostWrites = 50;

export const failingCases: readonly AdapterCase[] = [
  {
    title: "perform ends right when the provider fails before any one of its writes",
    run: (open) => sweep(open, "unavailable"),
  },
  {
    title: "perform ends right, and makes nothing twice, when any one of its answers is lost",
    run: (open) => sweep(open, "lost"),
  },
  {
    title:
      "perform of steps that go together ends right for each, whichever of its writes fails or goes unanswered",
    run: async (open) => {
      for (const fault of ["unavailable", "lost"] as const) await sweepTogether(open, fault);
    },
  },
  {
    title: "perform tells a rate limit as one that the executor waits out",
    run: async (open) => {
      const error = await failedWrite(await open(), "throttled");
      expect(error).toMatchObject({ code: "REMOTE_RATE_LIMITED", who: "executor", retryable: true });
      expect(error.details.outcomeUnknown ?? false, "outcomeUnknown").toBe(false);
    },
  },
  {
    title: "perform tells refused credentials as the operator's to mend",
    run: async (open) => {
      const error = await failedWrite(await open(), "unauthorized");
      expect(error).toMatchObject({ code: "REMOTE_UNAUTHORIZED", who: "operator", retryable: false });
      expect(error.details.outcomeUnknown ?? false, "outcomeUnknown").toBe(false);
    },
  },
  {
    title: "perform says that the outcome is unknown when no answer ever comes",
    run: async (open) => {
      const error = await failedWrite(await open(), "lost");
      expect(error.details.outcomeUnknown, `outcomeUnknown of ${error.code}`).toBe(true);
    },
  },
  {
    title: "read tells failures by their code",
    run: async (open) => {
      const wanted = {
        unavailable: { code: "REMOTE_UNAVAILABLE", who: "executor", retryable: true },
        throttled: { code: "REMOTE_RATE_LIMITED", who: "executor", retryable: true },
        unauthorized: { code: "REMOTE_UNAUTHORIZED", who: "operator", retryable: false },
      } as const;
      for (const fault of ["unavailable", "throttled", "unauthorized"] as const) {
        const stage = await open();
        const inForce = add(stage, "reads", fault, { nth: 1, times: Number.POSITIVE_INFINITY });
        expect(await codedError(stage.read()), `a read that is ${fault}`).toMatchObject(wanted[fault]);
        inForce.end();
        await stage.read();
      }
    },
  },
];

function add(
  stage: Stage,
  calls: "reads" | "writes",
  fault: WorldFault,
  which: { nth: number; times: number },
) {
  const faults = equipped(stage.world.faults, "faults");
  const inForce = faults.add(calls, fault, which);
  if (inForce === undefined) throw new NotEquipped(`the world has no ${calls} that are ${fault}`);
  return inForce;
}

/** Moves to the first issuer in world after world, each with a fault at another write, until there is no such write. */
async function sweep(open: () => Promise<Stage>, fault: "unavailable" | "lost"): Promise<void> {
  const clean = await open();
  const { made } = await clean.move(clean.wishes.a);
  const [state, exists] = [(await clean.look()).now, await clean.inventory()];
  for (let nth = 1; ; nth += 1) {
    const stage = await open();
    const target = stage.target();
    const { steps, to } = await stage.plan(stage.wishes.a);
    const inForce = add(stage, "writes", fault, { nth, times: 1 });
    const told: string[] = [];
    for (const step of steps) {
      told.push(...(await persist(stage, target, step)));
      await stage.settle(target, step);
    }
    const where = `after write ${nth} was ${fault}`;
    await stage.expectAt(target, stage.wishes.a.wanted, to);
    expectSame((await stage.look()).now, state, `the state ${where}`);
    expect(await stage.inventory(), `what exists ${where}`).toEqual(exists);
    for (const one of told) expect(made, `what is told as made ${where}`).toContain(one);
    if (fault === "unavailable")
      expect(told.toSorted(), `what is told as made ${where}`).toEqual(made.toSorted());
    if (inForce.hits() === 0) {
      expect(nth, "writes that the fault hit, and one").toBeGreaterThan(1);
      return;
    }
    expect(nth, "writes of one move").toBeLessThan(mostWrites);
  }
}

/** Performs a step until it succeeds, as the executor does for what may be tried again. */
async function persist(
  stage: Stage,
  target: Target<unknown>,
  step: Step<unknown>,
): Promise<readonly string[]> {
  for (let tries = 1; ; tries += 1) {
    try {
      return (await stage.perform(target, step, "sweep")).made ?? [];
    } catch (error) {
      if (!isHandfastError(error)) throw error;
      const again = error.retryable || error.details.outcomeUnknown === true;
      expect(
        again,
        `"${step.summary}" ended in ${error.code}, which is not tried again: ${error.message}`,
      ).toBe(true);
      expect(tries, `tries of "${step.summary}", the last one ending in ${error.code}`).toBeLessThan(
        mostTries,
      );
      await stage.world.clock.sleep(error.details.retryAfterMs ?? pauseMs);
      const where = await stage.check(target, step);
      expect(typeof where, `check of "${step.summary}" after ${error.code}: ${JSON.stringify(where)}`).toBe(
        "string",
      );
    }
  }
}

type Planned = { readonly target: Target<unknown>; readonly step: Step<unknown> };

/** Moves all targets to the first issuer, in world after world, what goes together in one call. */
async function sweepTogether(open: () => Promise<Stage>, fault: "unavailable" | "lost"): Promise<void> {
  for (let nth = 1; ; nth += 1) {
    const stage = await open();
    const { a } = stage.wishes;
    const moves = await Promise.all(stage.targets.map((target) => stage.plan(a, target)));
    const steps = moves.flatMap(({ target, steps }) => steps.map((step): Planned => ({ target, step })));
    const together = [...Map.groupBy(steps, ({ step }) => step.batch?.key)];
    if (together.every(([key]) => key === undefined)) throw new NotEquipped("no step goes with others");
    const alone = steps.filter(({ step }) => step.batch === undefined);
    const behind = alone.filter((one) => isBehindBatch(one, steps));
    for (const { target, step } of alone.filter((one) => !behind.includes(one))) {
      await persist(stage, target, step);
      await stage.settle(target, step);
    }
    const inForce = add(stage, "writes", fault, { nth, times: 1 });
    for (const [key, group] of together) {
      if (key === undefined) continue;
      const most = Math.min(...group.map(({ step }) => step.batch?.most ?? 1));
      for (let at = 0; at < group.length; at += most)
        await persistTogether(stage, group.slice(at, at + most));
      for (const { target, step } of group) await stage.settle(target, step);
    }
    for (const { target, step } of behind) {
      await persist(stage, target, step);
      await stage.settle(target, step);
    }
    for (const { target, to } of moves) await stage.expectAt(target, a.wanted, to);
    if (inForce.hits() === 0) return;
    expect(nth, "writes of one move of all").toBeLessThan(mostWrites);
  }
}

/** Whether a step has to wait for one of the same target that goes together with others. */
function isBehindBatch({ target, step }: Planned, steps: readonly Planned[]): boolean {
  return steps.some(
    (other) =>
      other.target === target &&
      other.step.batch !== undefined &&
      (step.after ?? []).includes(other.step.key),
  );
}

/** Performs steps together until each succeeded; only those that did not are in the next call. */
async function persistTogether(stage: Stage, steps: readonly Planned[]): Promise<void> {
  let left = steps;
  for (let tries = 1; left.length > 0; tries += 1) {
    const answers = await stage.performEach(left, "sweep").catch((error: unknown) => left.map(() => error));
    left = left.filter((_, at) => {
      const answer = answers[at];
      if (!(answer instanceof Error)) return false;
      if (!isHandfastError(answer)) throw answer;
      const again = answer.retryable || answer.details.outcomeUnknown === true;
      expect(again, `a step ended in ${answer.code}, which is not tried again: ${answer.message}`).toBe(true);
      return true;
    });
    expect(tries, "tries of steps that go together").toBeLessThan(mostTries);
    if (left.length > 0) await stage.world.clock.sleep(pauseMs);
  }
}

/** The error that a move ends in while every write fails. Once they no longer do, the same steps must end right. */
async function failedWrite(stage: Stage, fault: WorldFault): Promise<HandfastError> {
  const target = stage.target();
  const { steps, to } = await stage.plan(stage.wishes.a);
  const inForce = add(stage, "writes", fault, { nth: 1, times: Number.POSITIVE_INFINITY });
  let failure: HandfastError | undefined;
  for (const step of steps) {
    try {
      await stage.perform(target, step, "first");
      await stage.settle(target, step);
    } catch (error) {
      if (!isHandfastError(error)) throw error;
      failure = error;
      break;
    }
  }
  inForce.end();
  for (const step of steps) {
    await persist(stage, target, step);
    await stage.settle(target, step);
  }
  await stage.expectAt(target, stage.wishes.a.wanted, to);
  return failure ?? found(fault);
}

/** An adapter may look for itself what came of a lost answer; any other fault must come out. */
function found(fault: WorldFault): never {
  if (fault === "lost") throw new NotEquipped("the adapter finds out by itself what came of a lost answer");
  return expect.fail(`no step fails while every write is ${fault}`);
}

async function codedError(promise: Promise<unknown>): Promise<HandfastError> {
  const thrown = await promise.then(
    () => expect.fail("it answers although the provider fails"),
    (error: unknown) => error,
  );
  if (isHandfastError(thrown)) return thrown;
  throw thrown;
}
