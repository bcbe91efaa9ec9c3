import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { root, runExample } from "./run-program.ts";

const readText = (path: string): Promise<string> => readFile(new URL(path, root), "utf8");

test("README.md shows examples/first-rollout.ts word for word", async () => {
  const [readme, example] = await Promise.all([readText("README.md"), readText("examples/first-rollout.ts")]);
  const imports = example.slice(0, example.indexOf("\n\n"));
  const blocks = [...readme.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, block = ""]) => block);
  expect(blocks.find((block) => block.startsWith(imports))).toBe(example);
});

test("first-rollout runs as it stands: a plan, then apply and rollback done, and nothing on stderr", async () => {
  const { status, stdout, stderr } = await runExample("first-rollout.ts");
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  expect(stdout.match(/^Plan: .*$/gm)).toHaveLength(1);
  const runs = stdout.match(/^Run .* \((apply|rollback)( of .*)?\): done, .*$/gm) ?? [];
  expect(runs).toHaveLength(2);
  expect(stdout).not.toMatch(/PRIVATE KEY|correct horse/);
});
