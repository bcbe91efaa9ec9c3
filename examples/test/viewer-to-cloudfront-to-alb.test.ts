import { beforeAll, expect, test } from "vitest";
import { type ProgramEnd, runExample } from "./run-program.ts";

interface Figures {
  readonly sent: number;
  readonly failed: number;
  readonly secondPlanSteps: number;
  readonly restored: boolean;
  readonly proofs: readonly Readonly<Record<string, unknown>>[];
}

let end: ProgramEnd;
let figures: Figures;

beforeAll(async () => {
  end = await runExample("viewer-to-cloudfront-to-alb.ts", "--json");
  figures = JSON.parse(end.stdout.trimEnd().split("\n").at(-1) ?? "") as Figures;
}, 90_000);

test("viewer-to-cloudfront-to-alb ends well in less than a minute, and says nothing on stderr", () => {
  expect(end).toMatchObject({ status: 0, stderr: "" });
  expect(end.tookMs).toBeLessThan(60_000);
});

test("viewer-to-cloudfront-to-alb loses none of its viewers' requests", () => {
  expect(figures.failed).toBe(0);
  expect(figures.sent).toBeGreaterThan(100);
});

test("viewer-to-cloudfront-to-alb has both links in one plan, and nothing to do once it is applied", () => {
  const plan = end.stdout.slice(end.stdout.indexOf("── Plan "), end.stdout.indexOf("── Apply"));
  expect(plan).toContain("3 endpoints, 2 links");
  for (const what of ["to required with", "to origin", "set listener"]) expect(plan).toContain(what);
  expect(figures.secondPlanSteps).toBe(0);
});

test("viewer-to-cloudfront-to-alb shows by handshakes who is refused at either end, and that nobody is afterwards", () => {
  const refused = { due: "refused", ok: true, asked: true, status: null };
  const open = { due: "served", ok: true, asked: false, status: 200 };
  expect(figures.proofs).toMatchObject([
    { name: "a viewer with a certificate", due: "served", ok: true, asked: true, status: 200 },
    { name: "a viewer without", ...refused },
    { name: "a viewer with a stranger's", ...refused },
    { name: "past CloudFront, no certificate", ...refused },
    { name: "past CloudFront, a viewer's", ...refused },
    { name: "a viewer without a certificate", ...open },
    { name: "past CloudFront, no certificate", ...open },
  ]);
});

test("viewer-to-cloudfront-to-alb leaves nothing behind in the account once it is rolled back and retired", () => {
  expect(figures.restored).toBe(true);
});

test("viewer-to-cloudfront-to-alb prints what it does, in this order, and no key", () => {
  const titles = [...end.stdout.matchAll(/^── (.+?) ─+$/gm)].map(([, title]) => title);
  expect(titles).toEqual([
    "Plan",
    "Apply, while viewers keep coming",
    "Handshakes",
    "Plan again",
    "Roll back",
    "What waits to be retired",
    "Requests of viewers",
  ]);
  expect(end.stdout).not.toContain("PRIVATE KEY");
});
