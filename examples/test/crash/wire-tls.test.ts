import { expect, test } from "vitest";
import { expectComeThrough } from "./expect-come-through.ts";
import { runWireSample } from "./wire-sample.ts";

test("no visitor over real TLS is failed, whatever happens to any call on the wire", async () => {
  const sample = await runWireSample({ judged: 0, tls: 63, seed: 20261121 });
  expectComeThrough(sample);
  expect(sample.tls).toBeGreaterThanOrEqual(60);
  expect(sample.served).toBeGreaterThan(20 * sample.tls);
}, 300_000);
