import { type CrlFacts, type Digest, isHandfastError } from "@handfast/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkList } from "../../src/revocation/check-list.ts";
import { listEntries } from "../../src/revocation/entries.ts";
import { readRevocation } from "../../src/revocation/read-revocation.ts";
import { writeList } from "../../src/revocation/write-list.ts";
import { crlSets, serials, writtenCrl } from "./lists.ts";
import { contextWith, distribution, MemoryValues, portsOn } from "./memory-values.ts";

const digestsOf = (crls: readonly CrlFacts[]): readonly Digest[] =>
  crls.map(({ sha256 }) => sha256).toSorted();

/** What a store should hold. */
function contentOf(crls: readonly CrlFacts[]): ReadonlyMap<string, string> {
  const names = digestsOf(crls).join(",");
  const entries = [...listEntries(crls)].map(({ key, value }) => [key, value] as const);
  return new Map([...entries, ["lists", names === "" ? "none" : names]]);
}

/** Writes from one set to another, as a step does. */
function write(
  values: MemoryValues,
  from: readonly CrlFacts[] | undefined,
  to: readonly CrlFacts[],
  others: readonly CrlFacts[] = [],
) {
  const known = from === undefined ? { unknown: "nobody knows" } : { known: digestsOf(from) };
  const context = contextWith([...(from ?? []), ...to, ...others]);
  const stop = context.clock.autoAdvance();
  return writeList(portsOn(values), distribution, { from: known, to: digestsOf(to) }, context).finally(stop);
}

async function read(values: MemoryValues, crls: readonly CrlFacts[]) {
  const seen = (await readRevocation(portsOn(values), [distribution], new AbortController().signal)).get(
    distribution,
  );
  const [list] = seen?.lists ?? [];
  if (list === undefined) throw new Error("there is no list");
  const byDigest = new Map(crls.map((one) => [one.sha256, one]));
  return { ...list, checked: checkList(list, (digest) => byDigest.get(digest) as CrlFacts) };
}

/** A store that holds some CRLs. */
async function storeWith(crls: readonly CrlFacts[]): Promise<MemoryValues> {
  const values = new MemoryValues();
  await write(values, [], crls);
  return values;
}

const [first, second, third] = [
  [writtenCrl("Root A", serials(60)), writtenCrl("Root B", ["07", "08"])],
  [writtenCrl("Root A", serials(60, 11)), writtenCrl("Root B", ["08", "09"])],
  [writtenCrl("Root C", serials(120, 101))],
] as const;

describe("writeList", () => {
  it("fills a new store, writes differences, and finds done what is done", async () => {
    const values = new MemoryValues();
    expect(await write(values, [], first)).toEqual({});
    expect(values.items).toEqual(contentOf(first));
    const calls = values.history.length;
    expect(await write(values, first, second)).toEqual({});
    expect(values.items).toEqual(contentOf(second));
    expect(values.history.length - calls).toBe(1);
    expect(await write(values, first, second)).toEqual({ adopted: true });
    expect(values.history.length - calls).toBe(1);
    expect(await read(values, second)).toMatchObject({
      serials: 62,
      lists: { known: digestsOf(second) },
      checked: { known: digestsOf(second) },
    });
    await write(values, second, []);
    expect(values.items).toEqual(contentOf([]));
    expect(await read(values, [])).toMatchObject({ serials: 0, lists: { known: [] } });
  });

  it("says of an empty store that it names no CRL, and names none in it when none is wanted", async () => {
    const values = new MemoryValues();
    expect(await read(values, [])).toMatchObject({
      serials: 0,
      lists: { known: [] },
      checked: { known: [] },
    });
    expect(await write(values, [], [])).toEqual({});
    expect(values.items).toEqual(contentOf([]));
    expect(await write(values, [], [])).toEqual({ adopted: true });
  });

  it("comes to the same however often it dies, and goes back from wherever it died", async () => {
    await fc.assert(
      fc.asyncProperty(
        crlSets,
        crlSets,
        crlSets,
        fc.array(fc.nat(6), { maxLength: 3 }),
        fc.constantFrom("dies-before", "dies-after"),
        fc.constantFrom("on", "back", "away"),
        async (a, b, c, deaths, how, way) => {
          const values = await storeWith(a);
          const from = values.history.length;
          const all = [...a, ...b, ...c];
          for (const death of deaths) {
            let batch = 0;
            values.fault = () => (batch++ === death ? how : undefined);
            await write(values, a, b, all).catch((error: unknown) => {
              if (isHandfastError(error)) throw error;
            });
          }
          values.fault = () => undefined;
          const seen = await read(values, all);
          expect(seen.checked).toEqual({
            known:
              seen.writing === undefined && values.items.get("lists") === contentOf(b).get("lists")
                ? digestsOf(b)
                : digestsOf(a),
          });
          const at =
            "known" in seen.lists &&
            seen.lists.known.join() === digestsOf(b).join() &&
            seen.writing === undefined
              ? b
              : a;
          const goal = { on: b, back: a, away: c }[way];
          await write(values, at, goal, all);
          expect(values.items).toEqual(contentOf(goal));
          if (way !== "on") return;
          // What both revoke is refused after every batch, deaths or not.
          const [before, after] = [listEntries(a), listEntries(b)];
          for (const state of values.history.slice(from)) {
            for (const { key, value } of before) {
              const both = value.split(" ").filter((token) => after.valueOf(key)?.split(" ").includes(token));
              expect((state.get(key) ?? "").split(" ")).toEqual(expect.arrayContaining(both));
            }
          }
        },
      ),
      { numRuns: 25, endOnFailure: true },
    );
  });

  it.each([
    ["Conflict", { code: "REMOTE_CONFLICT", provider: "Conflict" }],
    ["Validation", { code: "REMOTE_REJECTED", provider: "Validation" }],
  ] as const)(
    "reads the ETag anew when it is old, and knows its own batch whose answer was lost (%s)",
    async (_, stale) => {
      const values = await storeWith(first);
      values.stale = stale as typeof values.stale;
      values.fault = (batch) => (batch % 2 === 0 ? "answer-lost" : batch % 3 === 0 ? "conflict" : undefined);
      await write(values, first, third);
      expect(values.items).toEqual(contentOf(third));
    },
  );

  it("gives up when somebody else writes all the time", async () => {
    const values = await storeWith(first);
    values.fault = () => "conflict";
    await expect(write(values, first, second)).rejects.toMatchObject({
      code: "REMOTE_CONFLICT",
      details: { provider: { code: "Conflict" } },
    });
  });

  it("stops when somebody else has written CRLs before it or in between", async () => {
    const values = await storeWith(second);
    await expect(write(values, first, third, second)).rejects.toMatchObject({
      code: "STEP_MOVED",
      message: expect.stringContaining("hf-E1EXAMPLE"),
    });
    expect(values.items).toEqual(contentOf(second));
    let batch = 0;
    values.fault = () => {
      if (batch++ === 1) values.meddle((items) => items.set("lists", "f".repeat(64)));
      return undefined;
    };
    await expect(write(values, second, third)).rejects.toMatchObject({ code: "STEP_MOVED" });
  });

  it("deletes what is left to delete where somebody took serials out by hand", async () => {
    const values = await storeWith(first);
    const gone = serials(2)[1] as string;
    values.meddle((items) => items.delete(gone));
    expect(await read(values, first)).toMatchObject({
      lists: { known: digestsOf(first) },
      checked: { unknown: "it holds 61 serials, and its CRLs revoke 62" },
    });
    await write(values, first, second);
    expect(values.items).toEqual(contentOf(second));
  });

  it("makes exactly what is wanted of a content that nobody knows, also after it died", async () => {
    for (const change of [
      (items: Map<string, string>) => items.delete(serials(2)[1] as string),
      (items: Map<string, string>) => items.set("put-by-hand", "1").set("ab", "*"),
      (items: Map<string, string>) => items.set("lists", "somebody else's"),
      (items: Map<string, string>) => items.delete("lists"),
    ]) {
      const values = await storeWith(first);
      values.meddle(change);
      expect((await read(values, first)).checked).toHaveProperty("unknown");
      let batch = 0;
      values.fault = () => (batch++ === 1 ? "dies-before" : undefined);
      await expect(write(values, undefined, third)).rejects.toThrow("the process dies");
      values.fault = () => undefined;
      expect((await read(values, third)).lists).toEqual({
        unknown: "a write of all of it has stopped halfway",
      });
      await expect(write(values, first, third)).rejects.toMatchObject({ code: "STEP_MOVED" });
      expect(await write(values, undefined, third)).toEqual({});
      expect(values.items).toEqual(contentOf(third));
      expect(await write(values, undefined, third)).toEqual({ adopted: true });
    }
  });

  it("reads everything anew when somebody writes while it makes what is wanted of an unknown content", async () => {
    const values = await storeWith(first);
    const before = values.lists;
    let batch = 0;
    values.fault = () => (batch++ === 1 ? "conflict" : undefined);
    await write(values, undefined, third);
    expect(values.items).toEqual(contentOf(third));
    expect(values.lists - before).toBe(2);
  });

  it("does not go on with a write that was cut otherwise", async () => {
    const values = await storeWith(first);
    values.meddle((items) => items.set("next", `1/9 ${digestsOf(second).join(",")}`));
    const seen = await read(values, [...first, ...second]);
    expect(seen).toMatchObject({
      writing: { done: 1, total: 9 },
      checked: { unknown: "somebody else's write has stopped halfway" },
    });
    await expect(write(values, first, second)).rejects.toMatchObject({ code: "STEP_MOVED" });
    await write(values, undefined, second);
    expect(values.items).toEqual(contentOf(second));
  });

  it("refuses before it writes what does not fit", async () => {
    const values = await storeWith(first);
    const many = Array.from({ length: 16 }, (_, index) => writtenCrl(`Root ${index}`, ["07"]));
    await expect(write(values, first, many)).rejects.toMatchObject({
      code: "PRECONDITION_FAILED",
      message: expect.stringContaining("there are 16 CRLs, and there is room for the names of 15"),
    });
    expect(values.items).toEqual(contentOf(first));
  });

  it("says when there is no store", async () => {
    const context = contextWith([]);
    const none = writeList(
      portsOn(new MemoryValues()),
      `${distribution}2`,
      { from: { known: [] }, to: [] },
      context,
    );
    await expect(none).rejects.toMatchObject({ code: "REMOTE_NOT_FOUND" });
  });
});
