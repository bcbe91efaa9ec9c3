import type { Clock } from "@handfast/core";
import { createAuthority, createCsr, generateKey } from "@handfast/pki";
import {
  cloudflare,
  type Edge,
  edge,
  faults,
  originServer,
  requestDirectly,
  turnableClock,
} from "@handfast/testing";
import { afterEach, expect, test } from "vitest";
import { clientCertificates } from "../../src/index.ts";
import { makeAuthorities } from "./authorities.ts";
import { permissions, type Simulated, simulated } from "./simulated.ts";

const authorities = await makeAuthorities();
const { a, b } = authorities;
const hostname = "shop.example.com";
const newKey = () => generateKey({ type: "ec", curve: "P-256" });
const visitorTls = await makeServer();

async function makeServer() {
  const root = await createAuthority({ subject: "CN=Servers", key: await newKey() });
  const key = await newKey();
  const csr = await createCsr({ subject: `CN=${hostname}`, key, names: [hostname] });
  const leaf = await root.issue(csr, { profile: "server", days: 30 });
  return { certificate: leaf.pem, key: key.export(), ca: root.certificate.pem };
}

const running: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of running.splice(0).reverse()) await one.close();
});

type Client = { readonly certificate: string; readonly key: string } | undefined;
const clientOf = ({ certificate, key }: (typeof a)["client"]): Client => ({
  certificate: certificate.pem,
  key,
});

/** An edge on loopback whose control plane the adapter writes; whenever time passes, somebody looks. */
async function start(look: (visit: (client: Client) => Promise<number>) => Promise<void>) {
  const time = turnableClock(Date.now());
  const storm = faults();
  const provider = cloudflare({ clock: time, faults: storm });
  const { id: zone } = provider.addZone({ name: "example.com", plan: "enterprise", sslMode: "flexible" });
  const origin = await originServer();
  running.push(origin);
  const front: Edge = await edge({
    hostnames: {
      [hostname]: {
        source: provider.edgeSource(hostname),
        origin: { ...origin, servername: "origin.example.com", plain: origin },
      },
    },
    visitorTls,
    clock: time,
    servers: 1,
  });
  running.push(front);
  const visit = async (client: Client): Promise<number> => {
    const answer = await requestDirectly({
      ...front.front,
      servername: hostname,
      ca: visitorTls.ca,
      identity: client,
    });
    return answer.kind === "answered" ? answer.status : 0;
  };
  const clock: Clock = {
    now: time.now,
    sleep: async (ms) => {
      for (let slept = 0; slept < ms; slept += 2_000) {
        await time.advance(Math.min(2_000, ms - slept));
        await look(visit);
      }
    },
  };
  const cloud: Simulated = simulated(authorities, {
    provider: { provider, clock, zone, faults: storm },
    // every visit has a connection of its own
    idleMs: 0,
    before: () => look(visit),
  });
  return { cloud, visit, provider, zone, clock };
}

test("clients with a certificate are served at every moment of a rollout, a rotation and the way back", async () => {
  const served = { a: new Set<number>(), b: new Set<number>() };
  let shown: "a" | "b" = "a";
  const { cloud, visit } = await start(async (ask) => {
    served[shown].add(await ask(clientOf(shown === "a" ? a.client : b.client)));
  });
  await cloud.move({ mode: "request", anchors: [a.anchor] });
  expect(await visit(undefined)).toBe(200);
  await cloud.move({ mode: "required", anchors: [a.anchor] });
  expect([await visit(undefined), await visit(clientOf(b.client))]).toEqual([403, 403]);

  await cloud.move({ mode: "required", anchors: [a.anchor, b.anchor] });
  expect([await visit(clientOf(a.client)), await visit(clientOf(b.client))]).toEqual([200, 200]);
  shown = "b";
  await cloud.move({ mode: "required", anchors: [b.anchor] });
  expect([await visit(clientOf(a.client)), await visit(clientOf(b.client))]).toEqual([403, 200]);

  await cloud.move({ mode: "off" });
  expect(await visit(undefined)).toBe(200);
  // and all at once, as a rollback may go
  await cloud.move({ mode: "required", anchors: [b.anchor] });
  expect(await visit(undefined)).toBe(403);
  expect([...served.a, ...served.b]).toEqual([200, 200]);
});

test("a CA of the account that is not trusted here lets nobody in, and a listed serial is refused", async () => {
  const { cloud, visit } = await start(async () => {});
  await cloud.move({ mode: "required", anchors: [b.anchor] }, cloud.target({ hostname: "api.example.com" }));
  await cloud.move({ mode: "required", anchors: [a.anchor] });
  expect(await visit(clientOf(b.client))).toBe(403);
  expect(await visit(clientOf(a.revoked))).toBe(200);
  await cloud.move({ mode: "required", anchors: [a.anchor], crls: [a.crl.digest] });
  expect(await visit(clientOf(a.revoked))).toBe(403);
  expect(await visit(clientOf(a.client))).toBe(200);
});

test("a client of the managed CA is let in, refused while it is revoked, and let in again", async () => {
  const { cloud, visit, provider, zone, clock } = await start(async () => {});
  const token = provider.addToken({ permissions, zones: [zone] });
  const store = clientCertificates({
    token,
    zone,
    clock,
    fetch: (input, init) => provider.service.handle(new Request(input, init)),
  });
  const key = await newKey();
  const issued = await store.issue(await createCsr({ subject: "CN=till 7", key }));
  const client = { certificate: issued.chain, key: key.export() };
  const managedCa = provider.managedCa() ?? "";
  const target = cloud.target({ managedCa });
  await cloud.move({ mode: "required", anchors: [authorities.learn(managedCa)] }, target);
  expect([await visit(client), await visit(undefined)]).toEqual([200, 403]);
  await store.revoke(issued.id);
  expect(await visit(client)).toBe(403);
  await store.restore(issued.id);
  expect(await visit(client)).toBe(200);
});
