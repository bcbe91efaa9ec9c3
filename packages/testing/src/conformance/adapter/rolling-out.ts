/** What the parts of a contract promise together: that core can plan, run, take back and retire with them. */
import { isHandfastError, type MtlsPlan } from "@handfast/core";
import { expect } from "vitest";
import { type AdapterCase, equipped } from "./adapter-case.ts";
import { viaJson } from "./plain.ts";
import { Rollout } from "./rollout.ts";

export const rollingOutCases: readonly AdapterCase[] = [
  {
    title: "createHandfast rolls out, rotates, goes back twice and retires",
    run: async (open) => {
      const stage = await open();
      const rollout = new Rollout(stage);
      const handfast = rollout.instance();
      const [start, exists] = [await rollout.faces(), await stage.inventory()];

      const [toA, toB] = [rollout.spec(handfast, "a"), rollout.spec(handfast, "b")];
      const first = await handfast.apply(viaJson(await handfast.plan(toA)) as MtlsPlan);
      Rollout.expectDone(first, "apply");
      expect((await handfast.plan(toA)).steps, "steps of a plan made again").toEqual([]);
      const atA = await rollout.faces();
      expect(atA, "faces after apply").not.toBe(start);

      const second = await handfast.apply(viaJson(await handfast.plan(toB)) as MtlsPlan);
      Rollout.expectDone(second, "rotation");
      expect((await handfast.plan(toB)).steps, "steps of the rotation's plan, made again").toEqual([]);
      expect(await handfast.status(toB)).toMatchObject({ inEffect: true, drift: [] });

      const backToA = await handfast.rollback(second.runId, { mayUnrevoke: true });
      Rollout.expectDone(backToA, "rollback of the rotation");
      expect(await rollout.faces(), "faces after the rollback").toBe(atA);
      expect((await handfast.plan(toA)).steps, "steps after the rollback").toEqual([]);

      const backToStart = await handfast.rollback(first.runId, { mayUnrevoke: true });
      Rollout.expectDone(backToStart, "rollback of the first apply");
      expect(await rollout.faces(), "faces after the second rollback").toBe(start);

      for (const { runId } of [first, second, backToA, backToStart]) {
        Rollout.expectDone(await handfast.retire(runId), `retire ${runId}`);
      }
      expect(await rollout.faces(), "faces after retiring").toBe(start);
      expect(await stage.inventory(), "what exists after retiring").toEqual(exists);
    },
  },
  {
    title: "createHandfast refuses a plan when somebody else moved the target since",
    run: async (open) => {
      const stage = await open();
      const meddle = equipped(stage.world.meddle?.bind(stage.world), "way to meddle");
      const rollout = new Rollout(stage);
      const handfast = rollout.instance();
      Rollout.expectDone(await handfast.apply(await handfast.plan(rollout.spec(handfast, "a"))), "apply");
      const plan = await handfast.plan(rollout.spec(handfast, "b"));
      await meddle(stage.target().target);
      const [faces, exists] = [await rollout.faces(), await stage.inventory()];
      const thrown: unknown = await handfast.apply(plan).catch((error: unknown) => error);
      expect(isHandfastError(thrown) && thrown.code).toBe("PLAN_STALE");
      expect(await rollout.faces(), "faces afterwards").toBe(faces);
      expect(await stage.inventory(), "what exists afterwards").toEqual(exists);
    },
  },
  {
    title: "createHandfast stops when it is told to, leaves a journal that can be read, and goes on",
    run: async (open) => {
      for (let which = 1; ; which += 1) {
        const rollout = new Rollout(await open());
        const handfast = rollout.instance();
        const stop = new AbortController();
        let starts = 0;
        const report = await handfast.apply(await handfast.plan(rollout.spec(handfast, "a")), {
          signal: stop.signal,
          onEvent: ({ kind }) => {
            if (kind !== "step-started") return;
            starts += 1;
            if (starts === which) stop.abort(new Error("enough"));
          },
        });
        if (starts < which) {
          Rollout.expectDone(report, "apply, which nobody stopped");
          expect(which, "steps that were started, and one").toBeGreaterThan(1);
          return;
        }
        if (report.status !== "done") expect(report.status, `stopped at step ${which}`).toBe("aborted");
        expect((await rollout.journal.read(report.runId)).at(-1)).toMatchObject({ kind: "run-ended" });
        const heir = rollout.instance(
          rollout.journal,
          rollout.stage.world.again?.() ?? rollout.stage.adapter,
        );
        expect((await heir.report(report.runId)).steps, "the report, read again").toEqual(report.steps);
        Rollout.expectDone(await heir.resume(report.runId), `resume after a stop at step ${which}`);
        expect((await heir.plan(rollout.spec(heir, "a"))).steps, "steps after resuming").toEqual([]);
      }
    },
  },
];
