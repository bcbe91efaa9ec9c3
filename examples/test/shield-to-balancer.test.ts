import { beforeAll, expect, test } from "vitest";
import { type ProgramEnd, runExample } from "./run-program.ts";

let end: ProgramEnd;
let figures: {
  readonly sent: number;
  readonly failed: number;
  readonly restored: boolean;
  readonly proofs: readonly Readonly<Record<string, unknown>>[];
};

beforeAll(async () => {
  end = await runExample("shield-to-balancer.ts", "--json");
  figures = JSON.parse(end.stdout.trimEnd().split("\n").at(-1) ?? "");
}, 90_000);

test("shield-to-balancer ends well, loses no request of a device, and leaves nothing behind", () => {
  expect(end).toMatchObject({ status: 0, stderr: "" });
  expect(figures).toMatchObject({ failed: 0, restored: true });
  expect(figures.sent).toBeGreaterThan(100);
});

test("shield-to-balancer has both sides of Cloudflare in one plan, and says what it can't reach", () => {
  const plan = end.stdout.slice(end.stdout.indexOf("── Plan "), end.stdout.indexOf("── Apply"));
  for (const what of ["3 endpoints, 2 links", "upload CA", "associate shop.example.com", "to required by"])
    expect(plan).toContain(what);
  expect(plan).toContain("[connections-never-asked]");
});

test("shield-to-balancer shows by handshakes who is refused at either side, and that nobody is afterwards", () => {
  const served = { due: "served", ok: true, status: 200 };
  const blocked = { due: "refused", ok: true, asked: true, status: 403 };
  const refused = { due: "refused", ok: true, asked: true, status: null };
  expect(figures.proofs).toMatchObject([served, blocked, blocked, refused, { ...served, asked: false }]);
});
