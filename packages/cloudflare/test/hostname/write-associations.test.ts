import { isHandfastError, type Performed, type Step } from "@handfast/core";
import { expect, test } from "vitest";
import type { HostnameAction } from "../../src/hostname/actions.ts";
import { makeIdentities } from "../make-identities.ts";
import { type Simulated, simulated } from "./simulated.ts";

const identities = await makeIdentities();
const { edge, old } = identities;
const root = "/zones/{zone_id}/origin_tls_client_auth/hostnames";
const put = `PUT ${root}`;

type Shows = Parameters<Simulated["wanted"]>[0];
interface Planned {
  readonly hostname: string;
  readonly step: Step<HostnameAction>;
}

function namesOf(count: number): readonly string[] {
  return Array.from({ length: count }, (_, at) => `h${at}.example.com`);
}

/** The association steps of some hostnames; what must be uploaded is. */
async function stepsOf(world: Simulated, hostnames: readonly string[], shows: Shows): Promise<Planned[]> {
  const planned: Planned[] = [];
  for (const [at, { now }] of (await world.readAll(hostnames)).entries()) {
    const hostname = hostnames[at] ?? "";
    const target = world.target(hostname);
    for (const step of world.steps(now, world.wanted(shows, now, target), target)) {
      if (step.action.kind !== "upload") planned.push({ hostname, step });
      else if (at === 0) await world.perform(step, target);
    }
  }
  await world.clock.sleep(60_000);
  world.calls.length = 0;
  return planned;
}

/** The hostnames that are associated now, by the API. */
async function associated(world: Simulated, hostnames: readonly string[]): Promise<readonly string[]> {
  const seen = await world.readAll(hostnames);
  return hostnames.filter((_, at) => seen[at]?.now.association?.enabled === true);
}

const puts = (world: Simulated): number => world.calls.filter((call) => call.startsWith("PUT")).length;
const codeOf = (answer: Performed | undefined): string | undefined =>
  isHandfastError(answer) ? answer.code : undefined;

/** The same steps, some of them for a hostname that the zone does not have. */
function spoilt(steps: readonly Planned[], bad: readonly number[]): readonly Planned[] {
  return steps.map((planned, at) => {
    const { action } = planned.step;
    if (!bad.includes(at) || !("hostname" in action)) return planned;
    const hostname = `h${at}.example.org`;
    return { hostname, step: { ...planned.step, action: { ...action, hostname } } };
  });
}

test("perform writes a hundred hostnames in one call, and looks at them in another", async () => {
  const world = simulated(identities);
  const hostnames = namesOf(100);
  const answers = await world.performAll(await stepsOf(world, hostnames, edge));
  expect(answers).toEqual(hostnames.map(() => ({})));
  expect(world.calls).toEqual([
    "GET /origin_tls_client_auth/hostnames/certificates",
    "PUT /origin_tls_client_auth/hostnames",
    "GET /origin_tls_client_auth/hostnames",
  ]);
  expect(await associated(world, hostnames)).toEqual(hostnames);
});

test("perform takes a hundred hostnames' associations away in one call", async () => {
  const world = simulated(identities);
  const hostnames = namesOf(100);
  await world.performAll(await stepsOf(world, hostnames, edge));
  await world.clock.sleep(60_000);
  const answers = await world.performAll(await stepsOf(world, hostnames, "inherited"));
  expect(answers).toEqual(hostnames.map(() => ({})));
  expect(puts(world)).toBe(1);
  expect(await associated(world, hostnames)).toEqual([]);
});

test.each([
  ["in-order", [0]],
  ["in-order", [7]],
  ["in-order", [19]],
  ["in-order", [3, 4, 18]],
  ["whole", [0]],
  ["whole", [3, 11]],
  ["whole", [19]],
] as const)(
  "perform fails only bad hostnames, of a provider that takes lists %s: %j",
  async (batches, bad) => {
    const world = simulated(identities);
    const hostnames = namesOf(20);
    world.provider.setBatches(world.zone, batches);
    const answers = await world.performAll(spoilt(await stepsOf(world, hostnames, edge), bad));
    expect(answers.flatMap((answer, at) => (codeOf(answer) === undefined ? [] : [at]))).toEqual(bad);
    for (const at of bad) {
      const answer = answers[at];
      expect(isHandfastError(answer) && answer.message).toContain(`h${at}.example.org`);
      expect(isHandfastError(answer) && answer.details.outcomeUnknown === true).toBe(false);
    }
    const good = hostnames.filter((_, at) => !(bad as readonly number[]).includes(at));
    expect(await associated(world, hostnames)).toEqual(good);
    expect(puts(world)).toBeLessThanOrEqual(2 * bad.length * Math.ceil(Math.log2(20)) + 1);
  },
);

test("perform goes on after a list of which half was taken", async () => {
  const world = simulated(identities);
  const hostnames = namesOf(9);
  const steps = await stepsOf(world, hostnames, edge);
  world.provider.setBatches(world.zone, "halfway");
  const answers = await world.performAll(steps);
  expect(answers).toEqual(hostnames.map(() => ({})));
  expect(await associated(world, hostnames)).toEqual(hostnames);
});

test.each([
  ["before", 2],
  ["after", 1],
] as const)("perform looks who is done when the answer is lost %s the effect", async (moment, calls) => {
  const world = simulated(identities);
  const hostnames = namesOf(5);
  const steps = await stepsOf(world, hostnames, edge);
  world.faults.add({ operation: put, moment, fault: { kind: "cut" } });
  expect(await world.performAll(steps)).toEqual(hostnames.map(() => ({})));
  expect(puts(world)).toBe(calls);
});

test.each([
  ["a token that may not", { kind: "refuse", status: 403, code: "10000" }, "REMOTE_UNAUTHORIZED"],
  ["a rate that is used up", { kind: "throttle", retryAfterSeconds: 400 }, "REMOTE_RATE_LIMITED"],
] as const)("perform does not halve a list because of %s", async (_, fault, code) => {
  const world = simulated(identities);
  const steps = await stepsOf(world, namesOf(6), edge);
  world.faults.add({ operation: put, fault, times: Number.POSITIVE_INFINITY });
  const answers = await world.performAll(steps);
  expect(answers.map(codeOf)).toEqual(steps.map(() => code));
  expect(puts(world)).toBe(1);
});

test("perform says of each hostname when its certificate is gone from the store, and writes the others", async () => {
  const world = simulated(identities);
  const hostnames = namesOf(3);
  const steps = (await stepsOf(world, hostnames, edge)).map((planned, at) => {
    const { action } = planned.step;
    if (at !== 1 || action.kind !== "associate") return planned;
    const to = { ...action.to, certificate: { certificate: "0".repeat(64), chain: [] } };
    return { ...planned, step: { ...planned.step, action: { ...action, to } } };
  });
  expect((await world.performAll(steps)).map(codeOf)).toEqual([undefined, "REMOTE_NOT_FOUND", undefined]);
  expect(await associated(world, hostnames)).toEqual(["h0.example.com", "h2.example.com"]);
});

test("perform voids what can be voided beside a hostname that is stuck", async () => {
  const world = simulated(identities);
  const hostnames = namesOf(4);
  await world.performAll(await stepsOf(world, hostnames.slice(0, 1), edge));
  const token = world.provider.addToken({ permissions: ["SSL and Certificates Read"], zones: "all" });
  const path = `zones/${world.zone}/origin_tls_client_auth/hostnames/certificates`;
  const answer = await world.provider.service.handle(
    new Request(`https://api.cloudflare.com/client/v4/${path}`, {
      headers: { authorization: `Bearer ${token}` },
    }),
  );
  const { result } = (await answer.json()) as { readonly result: readonly { readonly id: string }[] };
  await world.performAll(await stepsOf(world, hostnames.slice(1), old));
  await world.clock.sleep(60_000);
  const steps = await stepsOf(world, hostnames, "inherited");
  world.provider.loseHostnameCertificate(world.zone, result[0]?.id ?? "");
  const answers = await world.performAll(steps);
  expect(answers.map(codeOf)).toEqual(["REMOTE_REJECTED", undefined, undefined, undefined]);
  expect(isHandfastError(answers[0]) && answers[0].message).toContain(
    "voids an association by its certificate",
  );
  expect(await associated(world, hostnames)).toEqual(["h0.example.com"]);
});

test("associations of one zone go together, and of two zones apart", async () => {
  const world = simulated(identities);
  const [one, two] = await stepsOf(world, namesOf(2), edge);
  expect(one?.step.batch).toEqual({ key: `${world.zone}/associations`, most: 100 });
  expect(two?.step.batch).toEqual(one?.step.batch);
  const other = { ...world.target(), zone: "f".repeat(32) };
  const { now } = await world.read();
  const [step] = world.steps(now, world.wanted(edge, now, other), other);
  expect(step?.batch?.key).toBe(`${"f".repeat(32)}/associations`);
});
