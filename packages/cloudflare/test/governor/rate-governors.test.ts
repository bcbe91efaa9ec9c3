import { systemClock } from "@handfast/core";
import { expect, test } from "vitest";
import { nameCredential } from "../../src/credentials.ts";
import { processGovernors } from "../../src/governor/rate-governors.ts";
import { type GovernedCredential, rateGovernor, rateGovernors } from "../../src/index.ts";
import { eventClock } from "./event-clock.ts";

const baseUrl = "https://api.cloudflare.com/client/v4";

test("rateGovernors has one governor for each credential, base URL and clock", () => {
  const made: GovernedCredential[] = [];
  const governors = rateGovernors((credential) => {
    made.push(credential);
    return rateGovernor();
  });
  const [clock, other] = [eventClock(), eventClock()];
  const first = governors.governorFor({ credential: "a", baseUrl }, clock);
  expect(governors.governorFor({ credential: "a", baseUrl }, clock)).toBe(first);
  expect(governors.governorFor({ credential: "b", baseUrl }, clock)).not.toBe(first);
  expect(governors.governorFor({ credential: "a", baseUrl: "http://127.0.0.1:1" }, clock)).not.toBe(first);
  expect(governors.governorFor({ credential: "a", baseUrl }, other)).not.toBe(first);
  expect(made).toHaveLength(4);
});

test("rateGovernors forgets the credential that was not used for longest, past 256 of them", () => {
  const governors = rateGovernors();
  const clock = eventClock();
  const find = (index: number) => governors.governorFor({ credential: `${index}`, baseUrl }, clock);
  const [first, second] = [find(0), find(1)];
  for (let index = 2; index < 256; index += 1) find(index);
  expect(find(0)).toBe(first);
  find(256);
  expect(find(0)).toBe(first);
  expect(find(1)).not.toBe(second);
});

test("processGovernors is one registry, and another than those that are made", () => {
  expect(processGovernors()).toBe(processGovernors());
  const of = { credential: "only here", baseUrl };
  expect(rateGovernors().governorFor(of, systemClock)).not.toBe(
    processGovernors().governorFor(of, systemClock),
  );
});

test("nameCredential tells credentials apart and repeats none", () => {
  const names = [
    { authorization: "Bearer token-1" },
    { authorization: "Bearer token-2" },
    { "x-auth-email": "ops@example.com", "x-auth-key": "key-1" },
    { "x-auth-email": "ops@example.com", "x-auth-key": "key-2" },
  ].map(nameCredential);
  expect(new Set(names).size).toBe(4);
  for (const name of names) expect(name).toMatch(/^[0-9a-f]{64}$/);
  const swapped = nameCredential({ "x-auth-key": "key-1", "x-auth-email": "ops@example.com" });
  expect(swapped).toBe(names[2]);
});
