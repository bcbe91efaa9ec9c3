import { describe, expect, it } from "vitest";
import { OneAtATime } from "../src/one-at-a-time.ts";

describe("OneAtATime", () => {
  it("runs what has the same key in order, past failures, and what has another beside it", async () => {
    const turns = new OneAtATime();
    const told: string[] = [];
    const held = Promise.withResolvers<void>();
    const work = (name: string, until?: Promise<void>) => async (): Promise<string> => {
      told.push(`begin ${name}`);
      await until;
      told.push(`end ${name}`);
      return name;
    };
    const failing = async (): Promise<string> => {
      throw new Error("no");
    };
    const all = [
      turns.run("a", work("a1", held.promise)),
      turns.run("a", failing),
      turns.run("a", work("a2")),
      turns.run("b", work("b1")),
    ];
    const [, failed] = all;
    const refused = expect(failed).rejects.toThrow("no");
    await all[3];
    expect(told).toEqual(["begin a1", "begin b1", "end b1"]);
    held.resolve();
    await refused;
    expect(await all[2]).toBe("a2");
    expect(told.slice(3)).toEqual(["end a1", "begin a2", "end a2"]);
    expect(await turns.run("a", work("a3"))).toBe("a3");
  });
});
