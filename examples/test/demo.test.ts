import { beforeAll, expect, test } from "vitest";
import { makePki, startStack } from "../stack.ts";
import { type ProgramEnd, runExample } from "./run-program.ts";

interface Figures {
  readonly handfast: { readonly sent: number; readonly steps: number; readonly apiCalls: number };
  readonly seedOrder: { readonly sent: number; readonly failed: number };
  readonly proofs: readonly Readonly<Record<string, unknown>>[];
}

let end: ProgramEnd;
let figures: Figures;
/** The simulated providers issue the same in every process, so that these are the demo's own too. */
let credentials: readonly string[];

beforeAll(async () => {
  const stack = await startStack(await makePki("ec"));
  credentials = [stack.token, stack.credentials.secretAccessKey];
  await stack.close();
  end = await runExample("demo.ts", "--json");
  figures = JSON.parse(end.stdout.trimEnd().split("\n").at(-1) ?? "") as Figures;
}, 90_000);

test("demo --json ends well in less than a minute, and says nothing on stderr", () => {
  expect(end).toMatchObject({ status: 0, stderr: "" });
  expect(end.tookMs).toBeLessThan(60_000);
});

test("demo --json prints one object last, of the promised shape", () => {
  expect(figures).toEqual({
    handfast: {
      sent: expect.any(Number),
      failed: 0,
      steps: expect.any(Number),
      apiCalls: expect.any(Number),
    },
    seedOrder: { sent: expect.any(Number), failed: expect.any(Number) },
    secondPlanSteps: 0,
    restored: true,
    proofs: expect.any(Array),
  });
});

test("demo --json counts visitors of both orders: none lost by handfast, many by the guide", () => {
  const { handfast, seedOrder } = figures;
  expect(handfast.sent).toBeGreaterThan(200);
  expect(seedOrder.sent).toBeGreaterThan(200);
  expect(seedOrder.failed).toBeGreaterThan(20);
  expect(seedOrder.failed).toBeLessThan(seedOrder.sent);
  expect(handfast.steps).toBeGreaterThan(5);
  expect(handfast.apiCalls).toBeGreaterThan(handfast.steps);
});

test("demo --json proves by handshakes who is refused and who is served", () => {
  const direct = { ok: true, asked: true };
  expect(figures.proofs).toMatchObject([
    { name: "straight to the ALB, no certificate", due: "refused", status: null, ...direct },
    { name: "straight to the ALB, a stranger's", due: "refused", status: null, ...direct },
    { name: "straight to the ALB, ours", due: "served", status: 200, ...direct },
    { name: "through the edge, which presents ours", due: "served", status: 200, ok: true, asked: false },
  ]);
});

test("demo prints what the issue promises, in this order", () => {
  const titles = [...end.stdout.matchAll(/^── (.+?) ─+$/gm)].map(([, title]) => title);
  expect(titles).toEqual([
    "Certificates",
    "Plan",
    "Apply, while visitors keep coming",
    "Handshakes",
    "Plan again",
    "Roll back",
    "What waits to be retired",
    "The same in the order of the provider's guide",
    "Requests of visitors, sent and failed",
  ]);
});

test("demo is plain when piped, and prints neither key nor credential", () => {
  expect(end.stdout).not.toContain("\u001b");
  expect(end.stdout).not.toContain("PRIVATE KEY");
  for (const credential of credentials) {
    expect(credential).toHaveLength(40);
    expect(end.stdout).not.toContain(credential);
  }
});
