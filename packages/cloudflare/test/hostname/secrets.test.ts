import { inspect } from "node:util";
import { expect, test, vi } from "vitest";
import { makeIdentities } from "../make-identities.ts";
import { simulated } from "./simulated.ts";

const identities = await makeIdentities();
const { edge, old } = identities;
const body = (pem: string): string => pem.split("\n").slice(1, -2).join("").slice(0, 40);

/** Everything that a person or a file may get to see of a value: fields that can't be enumerated, causes, stacks. */
const lay = (value: unknown): string =>
  `${inspect(value, { depth: 20, showHidden: true, breakLength: Number.POSITIVE_INFINITY })}${JSON.stringify(value)}${value instanceof Error ? value.stack : ""}`;

test("no step, outcome, state, error or log holds a private key or the token", async () => {
  const spies = (["log", "error", "warn", "info", "debug"] as const).map((name) => vi.spyOn(console, name));
  const token = "token-that-nobody-may-see-token-that-nobody-may-see";
  const seen: unknown[] = [];
  const faults = [
    { kind: "cut" },
    { kind: "refuse", status: 500, code: "x" },
    { kind: "refuse", status: 400, code: "1408", message: `can't parse ${edge.key}` },
    { kind: "refuse", status: 400, code: "2106", message: JSON.stringify({ private_key: edge.key }) },
    { kind: "refuse", status: 409, code: "1000" },
    { kind: "refuse", status: 403, code: "10000" },
    { kind: "throttle", retryAfterSeconds: 900 },
  ] as const;
  for (const fault of faults) {
    const world = simulated(identities);
    const { now } = await world.read();
    const steps = world.steps(now, world.wanted(edge, now));
    world.faults.add({
      operation: "POST /zones/{zone_id}/origin_tls_client_auth/hostnames/certificates",
      times: 100,
      fault,
    });
    for (const step of steps.slice(0, 1))
      seen.push(await world.perform(step).catch((error: unknown) => error));
    seen.push(steps);
  }
  const errors = seen.filter((value) => value instanceof Error);
  expect(errors).toHaveLength(faults.length);
  const wrong = simulated(identities, { token });
  seen.push(await wrong.read().catch((error: unknown) => error));
  const good = simulated(identities);
  seen.push(await good.move(edge), await good.read(), await good.move(old), await good.read());
  const text = seen.map(lay).join("\n");
  for (const { key } of [edge, old]) {
    expect(text).not.toContain(body(key));
    expect(text).not.toContain("PRIVATE KEY");
  }
  expect(text).not.toContain(token);
  for (const spy of spies) expect(spy).not.toHaveBeenCalled();
});
