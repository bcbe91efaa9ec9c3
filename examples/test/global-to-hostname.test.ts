import { beforeAll, expect, test } from "vitest";
import { type ProgramEnd, runExample } from "./run-program.ts";

let end: ProgramEnd;
let figures: {
  readonly sent: number;
  readonly failed: number;
  readonly proofs: readonly Readonly<Record<string, unknown>>[];
};

beforeAll(async () => {
  end = await runExample("global-to-hostname.ts", "--json");
  figures = JSON.parse(end.stdout.trimEnd().split("\n").at(-1) ?? "");
}, 90_000);

test("global-to-hostname ends well, loses no request, and says nothing on stderr", () => {
  expect(end).toMatchObject({ status: 0, stderr: "" });
  expect(figures.failed).toBe(0);
  expect(figures.sent).toBeGreaterThan(100);
});

test("global-to-hostname shuts other customers of Cloudflare out, and lets them in again by the way back", () => {
  const served = { due: "served", ok: true, status: 200 };
  const refused = { due: "refused", ok: true, asked: true, status: null };
  expect(figures.proofs).toMatchObject([served, served, served, refused, served, served]);
});

test("global-to-hostname turns the shared certificate off only when its own is shown and proved", () => {
  const plan = end.stdout.slice(end.stdout.indexOf("── Plan "), end.stdout.indexOf("── Apply"));
  const places = ["s2  widen", "associate shop.example.com", "turn global origin pulls", "narrow"].map(
    (text) => plan.indexOf(text),
  );
  expect(places).toEqual(places.toSorted((a, b) => a - b));
  expect(places).not.toContain(-1);
});
