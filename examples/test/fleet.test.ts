import { beforeAll, expect, test } from "vitest";
import { type ProgramEnd, runExample } from "./run-program.ts";

interface Figures {
  readonly hostnames: number;
  readonly associations: number;
  readonly calls: number;
}

let end: ProgramEnd;
let figures: { readonly first: Figures; readonly second: Figures };

beforeAll(async () => {
  end = await runExample("fleet.ts", "--json");
  figures = JSON.parse(end.stdout.trimEnd().split("\n").at(-1) ?? "");
}, 90_000);

test("fleet ends well, and says nothing on stderr", () => {
  expect(end).toMatchObject({ status: 0, stderr: "" });
});

test("fleet takes fewer calls than it has hostnames", () => {
  expect(figures.first).toMatchObject({ hostnames: 160, associations: 160 });
  expect(figures.first.calls).toBeLessThan(160);
});

test("fleet moves those alone that come", () => {
  expect(figures.second).toMatchObject({ hostnames: 162, associations: 2 });
  expect(figures.second.calls).toBeLessThan(figures.first.calls);
});
