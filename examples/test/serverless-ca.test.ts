import { beforeAll, expect, test } from "vitest";
import { type ProgramEnd, runExample } from "./run-program.ts";

let end: ProgramEnd;

beforeAll(async () => {
  end = await runExample("serverless-ca.ts");
}, 90_000);

test("serverless-ca ends well, says nothing on stderr, and prints no key", () => {
  expect(end).toMatchObject({ status: 0, stderr: "" });
  expect(end.text).not.toContain("PRIVATE KEY");
});

test("serverless-ca rolls out what the CA issued, proved by handshakes, to a listener that trusts its bundle", () => {
  expect(end.stdout).toContain("with 2 CAs");
  expect(end.stdout).toContain("(apply): done, 7 of 7 steps in effect");
  expect(end.stdout.match(/passed +shop-edge.*the application saw certificate/g)).toHaveLength(2);
});
