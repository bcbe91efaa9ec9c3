/** That nothing which leaves an adapter holds a secret. */
import type { Adapter, ErasedDefinition } from "@handfast/core";
import { expect } from "vitest";
import { type AdapterCase, NotEquipped } from "./adapter-case.ts";
import type { WorldFault } from "./adapter-world.ts";
import { Rollout } from "./rollout.ts";
import { findSecret, type Needle, secretsOf } from "./secrecy.ts";
import { Stage } from "./stage.ts";

const faults: readonly WorldFault[] = ["unavailable", "lost", "throttled", "unauthorized"];

export const hidingCases: readonly AdapterCase[] = [
  {
    title: "no secret is in anything that the adapter answers or throws",
    run: async (open) => {
      const { stage, told, needles } = overhear(await open());
      for (const wish of stage.wishes.tour) {
        const { now } = await stage.look();
        if (stage.tryRealise(stage.target(), wish, now) !== undefined) await stage.move(wish);
      }
      expectHidden(told, needles);
    },
  },
  {
    title: "no secret is in an error of a write that fails",
    run: async (open) => {
      let tried = 0;
      for (const fault of faults) {
        const { stage, told, needles } = overhear(await open());
        const { steps } = await stage.plan(stage.wishes.a);
        const inForce = stage.world.faults?.add("writes", fault, { nth: 1, times: Number.POSITIVE_INFINITY });
        if (inForce === undefined) continue;
        tried += 1;
        for (const step of steps) await stage.perform(stage.target(), step, fault).catch(() => undefined);
        expectHidden(told, needles);
      }
      if (tried === 0) throw new NotEquipped("the world has no faults");
    },
  },
  {
    title: "no secret is in a plan, an event, a report or a journal",
    run: async (open) => {
      const { stage, told, needles } = overhear(await open());
      const rollout = new Rollout(stage);
      const handfast = rollout.instance();
      const plan = await handfast.plan(rollout.spec(handfast, "a"));
      const report = await handfast.apply(plan, { onEvent: (event) => told.push(event) });
      const back = await handfast.rollback(report.runId, { mayUnrevoke: true });
      const journals = await Promise.all([report, back].map(({ runId }) => rollout.journal.read(runId)));
      told.push(plan, report, back, journals, await handfast.runs());
      expectHidden(told, needles);
    },
  },
];

function expectHidden(told: readonly unknown[], needles: readonly Needle[]): void {
  expect(told.length, "what was overheard").toBeGreaterThan(0);
  expect(findSecret(told, needles), "the secret that was found").toBeUndefined();
}

/** The same world behind an adapter whose every answer and error is written down, before anybody changes it. */
function overhear(stage: Stage): { stage: Stage; told: unknown[]; needles: readonly Needle[] } {
  const told: unknown[] = [];
  const note = <R>(answer: R): R => {
    told.push(answer);
    return answer;
  };
  const noting =
    <P extends readonly unknown[], R>(call: (...args: P) => R) =>
    (...args: P): R => {
      try {
        return note(call(...args));
      } catch (error) {
        throw note(error);
      }
    };
  const notingLate =
    <P extends readonly unknown[], R>(call: (...args: P) => Promise<R>) =>
    async (...args: P): Promise<R> => {
      try {
        return note(await call(...args));
      } catch (error) {
        throw note(error);
      }
    };
  const inner = stage.definition;
  const definition: ErasedDefinition = {
    schema: inner.schema,
    identify: noting(inner.identify),
    read: notingLate(inner.read),
    face: noting(inner.face),
    realise: noting(inner.realise),
    steps: noting(inner.steps),
    after: noting(inner.after),
    check: noting(inner.check),
    perform: notingLate(inner.perform),
    removals: noting(inner.removals),
    judge: noting(inner.judge),
    owned: noting(inner.owned),
    makes: noting(inner.makes),
    permissions: noting(inner.permissions),
    readCalls: noting(inner.readCalls),
    callsMade: noting(inner.callsMade),
    checkPermissions: notingLate(inner.checkPermissions),
  };
  const adapter: Adapter = { ...stage.adapter, definition };
  return { stage: new Stage(stage.issuers, { ...stage.world, adapter }), told, needles: secretsOf(stage) };
}
