/** What `read` promises. */
import { isHandfastError, sha256 } from "@handfast/core";
import { expect } from "vitest";
import { type AdapterCase, equipped } from "./adapter-case.ts";
import { expectSame } from "./plain.ts";

const hourMs = 3_600_000;

export const readingCases: readonly AdapterCase[] = [
  {
    title: "read answers for each target, in the order asked",
    run: async (open) => {
      const stage = await open();
      const { definition, targets } = stage;
      await stage.move(stage.wishes.a, stage.target(1));
      const forth = await stage.read();
      const back = (await stage.read(targets.toReversed())).toReversed();
      for (const [index, target] of targets.entries()) {
        const { now, objects } = await stage.look(target);
        for (const answers of [forth, back]) {
          expectSame(answers[index]?.now, now, `state of target ${index} among others`);
          expectSame(answers[index]?.objects, objects, `objects of target ${index} among others`);
        }
      }
      expectSame(await stage.read([]), [], "what is read of no target");
      expect(new Set(forth.map(({ objects }) => objects[0])).size, "own objects of targets").toBe(
        targets.length,
      );
      for (const [index, { objects, now, may, findings }] of forth.entries()) {
        expect(new Set(objects).size, "objects, each once").toBe(objects.length);
        for (const state of [now, ...may]) definition.schema.state.parse(state);
        for (const { code, message } of findings) {
          expect(code, "code of a finding").toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
          expect(message, `message of ${code} at target ${index}`).not.toBe("");
        }
      }
    },
  },
  {
    title: "read is batched",
    run: async (open) => {
      const stage = await open();
      const calls = equipped(stage.world.calls, "count of calls");
      await stage.read();
      const count = async (targets: typeof stage.targets): Promise<number> => {
        const before = calls();
        await stage.read(targets);
        return calls() - before;
      };
      const one = await count([stage.target()]);
      const all = await count(stage.targets);
      const most = one + (stage.targets.length - 1) * Math.floor(one / 2);
      expect(one, "calls for one target").toBeGreaterThan(0);
      expect(all, `calls for ${stage.targets.length} targets, where one takes ${one}`).toBeLessThanOrEqual(
        most,
      );
    },
  },
  {
    title: "read changes nothing, and reads the same an hour later",
    run: async (open) => {
      const stage = await open();
      await stage.move(stage.wishes.a);
      await stage.world.clock.sleep(hourMs);
      const [before, first] = [await stage.inventory(), await stage.read()];
      await stage.world.clock.sleep(hourMs);
      const [after, second] = [await stage.inventory(), await stage.read()];
      expect(after, "what exists").toEqual(before);
      first.forEach(({ now, settled, may }, index) => {
        expectSame(second[index]?.now, now, `state of target ${index}, read twice`);
        expect(settled, `target ${index} is settled`).toBe(true);
        expectSame(may, [], `what target ${index} may still run`);
      });
    },
  },
  {
    title: "read keeps the bytes of the certificates and lists that it speaks of",
    run: async (open) => {
      const stage = await open();
      await stage.move(stage.wishes.a);
      stage.kept.clear();
      const face = await stage.face();
      const spoken =
        face.role === "verifier"
          ? [face.anchors, face.crls].flatMap((value) => ("known" in value ? value.known : []))
          : typeof face.shows === "object" && "certificate" in face.shows
            ? [face.shows.certificate, ...face.shows.chain]
            : [];
      for (const digest of spoken) {
        expect(stage.kept, `${digest.slice(0, 12)} was kept`).toContain(digest);
        expect(sha256(stage.facts.bytes.get(digest) ?? new Uint8Array())).toBe(digest);
      }
    },
  },
  {
    title: "read says so when a target does not exist",
    run: async (open) => {
      const stage = await open();
      const missing = { key: "missing", target: equipped(stage.world.missing, "target that is missing") };
      try {
        const { findings } = await stage.look(missing);
        expect(
          findings.map(({ severity }) => severity),
          "findings",
        ).toContain("blocker");
      } catch (error) {
        if (!isHandfastError(error)) throw error;
        expect(["REMOTE_NOT_FOUND", "REMOTE_UNAUTHORIZED"]).toContain(error.code);
        expect(error.who).toBe("operator");
      }
    },
  },
  {
    title: "read ends in an abort when it is called off",
    run: async (open) => {
      const stage = await open();
      const reason = new Error("called off");
      const late = new AbortController();
      const running = stage.read(stage.targets, late.signal).then(
        () => undefined,
        (error: unknown) => error,
      );
      late.abort(reason);
      const ended = await running;
      if (ended !== undefined) expect(isAbort(ended, reason), `a read ended in: ${String(ended)}`).toBe(true);
      const thrown = await stage.read(stage.targets, AbortSignal.abort(reason)).then(
        () => expect.fail("a read that was called off before it began answers all the same"),
        (error: unknown) => error,
      );
      expect(isAbort(thrown, reason), `a read that never began ended in: ${String(thrown)}`).toBe(true);
      await stage.read();
    },
  },
];

/** The signal's own reason, core's error for it, or what the platform throws. */
function isAbort(thrown: unknown, reason: unknown): boolean {
  if (thrown === reason) return true;
  if (isHandfastError(thrown)) return thrown.code === "ABORTED";
  return thrown instanceof Error && thrown.name === "AbortError";
}
