import { sha256 } from "@handfast/core";
import { expect, test } from "vitest";
import { makeIdentities } from "../make-identities.ts";
import { type Simulated, simulated } from "./simulated.ts";

const identities = await makeIdentities();
const { edge, old } = identities;

/** A look by somebody who waits. */
async function progress(world: Simulated, more: { readonly ssl?: "strict" } = {}) {
  const target = { ...world.target(), ...more };
  const [seen] = await world.definition.read([{ key: "edge/shop.example.com", target }], {
    clock: world.clock,
    signal: new AbortController().signal,
    only: "progress",
    keep: async (bytes) => ({ sha256: sha256(bytes), size: bytes.length }),
  });
  if (seen === undefined) throw new Error("nothing seen");
  return seen;
}

const lists = ["GET /origin_tls_client_auth/hostnames", "GET /origin_tls_client_auth/hostnames/certificates"];
const calls = (world: Simulated): readonly string[] => world.calls.splice(0).sort();

test("read asks for two lists while somebody waits, and sees in them what writes have moved", async () => {
  const world = simulated(identities);
  const before = await world.read();
  expect(calls(world)).toHaveLength(9);
  await world.move(edge);
  calls(world);
  const seen = await progress(world);
  expect(calls(world)).toEqual(lists);
  expect(seen.now.association).toMatchObject({ enabled: true });
  expect({ ...seen.now, association: null, store: [] }).toEqual(before.now);
  await world.move(old);
  expect((await progress(world)).now).toEqual((await world.read()).now);
});

test("read asks for all of a zone that it has not seen, or not for long", async () => {
  const world = simulated(identities);
  await progress(world);
  expect(calls(world)).toHaveLength(9);
  await progress(world);
  expect(calls(world)).toEqual(lists);
  await world.clock.sleep(11 * 60_000);
  await progress(world);
  expect(calls(world)).toHaveLength(9);
});

test("read asks what hostnames fall through to where something is on, and for the mode where it is written", async () => {
  const world = simulated(identities);
  await world.read();
  calls(world);
  await progress(world, { ssl: "strict" });
  expect(calls(world)).toHaveLength(4);
  const token = world.provider.addToken({ permissions: ["SSL and Certificates Write"], zones: "all" });
  await world.provider.service.handle(
    new Request(`https://api.cloudflare.com/client/v4/zones/${world.zone}/origin_tls_client_auth/settings`, {
      method: "PUT",
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      body: JSON.stringify({ enabled: true }),
    }),
  );
  await world.read();
  calls(world);
  expect((await progress(world)).now.zone.enabled).toBe(true);
  expect(calls(world)).toHaveLength(5);
});
