import type { CrlFacts } from "@handfast/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type ListContent, planWalk } from "../../src/revocation/differences.ts";
import { listEntries, listLimits, measureList } from "../../src/revocation/entries.ts";
import { isMark, readLists, readNext } from "../../src/revocation/marks.ts";
import type { KeyBatch } from "../../src/revocation/port.ts";
import { crlOf, crlSets, serials } from "./lists.ts";

type Listed = ListContent & { readonly lists: readonly string[] };

function contentOf(crls: readonly CrlFacts[]): Listed {
  const sorted = [...crls].toSorted((a, b) => (a.sha256 < b.sha256 ? -1 : 1));
  return { lists: sorted.map(({ sha256 }) => sha256), entries: listEntries(sorted) };
}

/** A store after some batches. A key that is put twice, or deleted and not there, is a mistake. */
function apply(store: ReadonlyMap<string, string>, { puts, deletes }: KeyBatch): ReadonlyMap<string, string> {
  const after = new Map(store);
  expect(new Set([...puts.map(({ key }) => key), ...deletes]).size).toBe(puts.length + deletes.length);
  for (const key of deletes) expect([key, after.delete(key)]).toEqual([key, true]);
  for (const { key, value } of puts) {
    if (!isMark(key)) expect([key, after.get(key)]).not.toEqual([key, value]);
    after.set(key, value);
  }
  return after;
}

function storeOf(content: Listed, names = content.lists): ReadonlyMap<string, string> {
  const entries = [...content.entries].map(({ key, value }) => [key, value] as const);
  return new Map([...entries, ["lists", names.length === 0 ? "none" : names.join(",")]]);
}

const bytesOf = ({ puts, deletes }: KeyBatch): number =>
  JSON.stringify({ Puts: puts, Deletes: deletes.map((Key) => ({ Key })) }).length;

describe("planWalk", () => {
  it("makes the new content of the old one, in batches within their limits, refusing all the way what both refuse", () => {
    fc.assert(
      fc.property(crlSets, crlSets, (before, after) => {
        const [from, to] = [contentOf(before), contentOf(after)];
        const walk = planWalk(from, to);
        const batches = [...walk.forward(0)];
        expect(batches).toHaveLength(walk.total);
        let store = storeOf(from);
        for (const [index, batch] of batches.entries()) {
          expect(batch.puts.length + batch.deletes.length).toBeLessThanOrEqual(listLimits.batchKeys);
          expect(bytesOf(batch)).toBeLessThan(listLimits.batchBytes);
          const unmarked = batch.puts.filter(({ key }) => !isMark(key));
          for (const { key, value } of unmarked) expect(store.get(key)).not.toBe(value);
          store = apply(store, batch);
          for (const { key } of from.entries) {
            const [old, now, wanted] = [from.entries.valueOf(key), store.get(key), to.entries.valueOf(key)];
            const both = (old ?? "").split(" ").filter((token) => wanted?.split(" ").includes(token));
            expect((now ?? "").split(" ")).toEqual(expect.arrayContaining(both));
          }
          const isLast = index === batches.length - 1;
          expect(readLists(store.get("lists") ?? "")).toEqual(isLast ? to.lists : from.lists);
          expect(readNext(store.get("next") ?? "")).toEqual(
            isLast ? undefined : { to: to.lists, done: index + 1, total: walk.total },
          );
        }
        expect(store).toEqual(storeOf(to));
      }),
      { numRuns: 30, endOnFailure: true },
    );
  });

  it("goes on from any batch, and retraces its steps from any batch", () => {
    fc.assert(
      fc.property(crlSets, crlSets, fc.nat(), (before, after, chance) => {
        const [from, to] = [contentOf(before), contentOf(after)];
        const walk = planWalk(from, to);
        const batches = [...walk.forward(0)];
        const done = chance % walk.total;
        expect([...walk.forward(done)]).toEqual(batches.slice(done));
        const states = [storeOf(from)];
        for (const batch of batches) states.push(apply(states.at(-1) ?? new Map(), batch));
        let store = states[done] ?? new Map<string, string>();
        const back = [...walk.backward(done)];
        expect(back).toHaveLength(done);
        for (const [index, batch] of back.entries()) {
          expect(batch.puts.length + batch.deletes.length).toBeLessThanOrEqual(listLimits.batchKeys);
          store = apply(store, batch);
          expect(store).toEqual(states[done - index - 1]);
        }
      }),
      { numRuns: 30, endOnFailure: true },
    );
  });

  it.each([0, 1, 48, 49, 50, 97, 98, 99, 147])("leaves no batch over its limit at %s changes", (count) => {
    const walk = planWalk(contentOf([]), contentOf([crlOf("Root A", serials(count))]));
    const sizes = [...walk.forward(0)].map(({ puts, deletes }) => puts.length + deletes.length);
    expect(sizes).toHaveLength(walk.total);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(50);
    // Nine in ten calls of a long write carry as much as they may.
    expect(walk.total).toBe(count < 50 ? 1 : Math.ceil((count - 48) / 49) + 1);
  });

  it("puts first, and deletes first where old and new together have no room", () => {
    const batchesOf = (count: number) => {
      const [from, to] = [1, count].map((first) =>
        crlOf(
          "Root A",
          serials(count, first).map((serial) => `ffffffff${serial}`),
        ),
      ) as [CrlFacts, CrlFacts];
      expect(measureList([to]).tooMuch).toBeUndefined();
      return [...planWalk(contentOf([from]), contentOf([to])).forward(0)];
    };
    const few = batchesOf(200);
    expect(few[0]?.deletes).toEqual([]);
    const many = batchesOf(60_000);
    expect(many[0]?.puts.map(({ key }) => key)).toEqual(["next"]);
  });

  it("is quick: 100,000 serials, of which 100 are new and 50 gone", () => {
    const [from, to] = [crlOf("Root A", serials(100_000)), crlOf("Root A", serials(100_050, 51))];
    const walk = planWalk(contentOf([from]), contentOf([to]));
    expect([...walk.forward(0)]).toHaveLength(walk.total);
    expect(walk.total).toBe(Math.ceil((150 - 48) / 49) + 1);
  });
});
