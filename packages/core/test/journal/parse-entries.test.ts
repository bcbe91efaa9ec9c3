import fc from "fast-check";
import { expect, test } from "vitest";
import { encodeEntry } from "../../src/journal/entry-text.ts";
import { type NewEntry, noEntry } from "../../src/journal/journal-entry.ts";
import { parseEntries } from "../../src/journal/parse-entries.ts";

const at = "2026-01-01T00:00:00.000Z";
const text = fc.string({ minLength: 1, unit: "binary" }).filter((value) => !value.includes("PRIVATE KEY"));
const json = fc.jsonValue().filter((value) => !JSON.stringify(value).includes("PRIVATE KEY"));

const entry: fc.Arbitrary<NewEntry> = fc.oneof(
  fc.record({ kind: fc.constant("step-settled" as const), step: text }),
  fc.record({
    kind: fc.constant("step-skipped" as const),
    step: text,
    because: fc.string({ unit: "binary" }),
  }),
  fc.record({
    kind: fc.constant("proof" as const),
    step: text,
    verdict: fc.constantFrom("passed" as const, "failed" as const),
    reason: fc.string({ unit: "grapheme" }),
    evidence: fc.dictionary(fc.string(), json),
  }),
  fc.record({
    kind: fc.constant("run-started" as const),
    plan: json,
    planDigest: fc.constant("0".repeat(64)),
    origin: fc.constantFrom("apply" as const, "rollback" as const),
  }),
);

function write(entries: readonly NewEntry[]) {
  let prev = noEntry;
  const encoded = entries.map((added, seq) => {
    const one = encodeEntry(added, { run: "run", seq, at, prev });
    prev = one.digest;
    return one;
  });
  return {
    head: prev,
    bytes: Buffer.from(encoded.map((one) => `${one.text}\n`).join("")),
    entries: encoded.map((one) => one.entry),
  };
}

test("parseEntries gives back what was encoded, whatever it was", () => {
  fc.assert(
    fc.property(fc.array(entry, { maxLength: 8 }), (added) => {
      const { bytes, entries, head } = write(added);
      const parsed = parseEntries(bytes, "run", "file");
      expect(parsed).toEqual({ entries, head, wholeBytes: bytes.byteLength });
      expect(JSON.parse(JSON.stringify(parsed.entries))).toMatchObject(
        added.map((one, seq) => JSON.parse(JSON.stringify({ format: 1, run: "run", seq, at, ...one }))),
      );
    }),
  );
});

test("parseEntries reads a prefix of the entries from a file that was cut off anywhere", () => {
  fc.assert(
    fc.property(fc.array(entry, { minLength: 1, maxLength: 6 }), fc.nat(), (added, where) => {
      const { bytes, entries } = write(added);
      const cut = bytes.subarray(0, where % (bytes.byteLength + 1));
      const parsed = parseEntries(cut, "run", "file");
      expect(parsed.entries).toEqual(entries.slice(0, parsed.entries.length));
      // Every line that is whole counts, and only those.
      expect(parsed.wholeBytes).toBe(cut.lastIndexOf(0x0a) + 1);
      expect(parsed.entries.length).toBe(cut.filter((byte) => byte === 0x0a).length);
    }),
    { numRuns: 500 },
  );
});

test("parseEntries loses only the last write when parts of it never reached the disk, whichever they are", () => {
  const block = 64;
  fc.assert(
    fc.property(
      fc.array(entry, { maxLength: 3 }),
      fc.array(entry, { minLength: 1, maxLength: 5 }),
      fc.func(fc.boolean()),
      (added, together, isLost) => {
        const { bytes, entries } = write([...added, ...together]);
        const lines = bytes.toString().split("\n");
        const parts = lines.map((line, index) => (index > added.length && line !== "" ? ` ${line}` : line));
        const torn = Buffer.from(parts.join("\n"));
        const begin = Buffer.byteLength(
          lines
            .slice(0, added.length)
            .map((line) => `${line}\n`)
            .join(""),
        );
        for (let at = begin; at < torn.byteLength; at += 1) if (isLost(Math.floor(at / block))) torn[at] = 0;
        const parsed = parseEntries(torn, "run", "file");
        expect(parsed.entries).toEqual(entries.slice(0, parsed.entries.length));
        expect(parsed.entries.length).toBeGreaterThanOrEqual(added.length);
      },
    ),
    { numRuns: 300 },
  );
});
