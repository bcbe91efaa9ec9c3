import type { Digest, Step } from "@handfast/core";
import { type Certificate, type Crl, createAuthority, createCsr, generateKey } from "@handfast/pki";
import { distributionNodes, requestDirectly } from "@handfast/testing";
import { beforeAll, describe, expect, it } from "vitest";
import type { CloudFrontAction } from "../../src/cloudfront/actions.ts";
import { start, type Trust } from "../alb/trust.ts";
import { makeWorld, type World } from "./cloud.ts";
import { mode, required } from "./states.ts";

const newKey = () => generateKey({ type: "ec", curve: "P-256" });
/** Who connects: of root A or B, good or revoked, or revoked by the later one of A's two CRLs. */
const clients = ["good A", "late A", "revoked A", "good B", "revoked B", "nobody"] as const;
type Client = (typeof clients)[number];

let trust: Trust;
let identities: ReadonlyMap<Client, { certificate: string; key: string }>;
let server: { certificate: string; key: string };
beforeAll(async () => {
  const authorities = await Promise.all(
    ["A", "B"].map(async (name) =>
      createAuthority({ subject: `CN=Root ${name}`, key: await newKey(), notBefore: start }),
    ),
  );
  const issued = new Map<Client, { certificate: string; key: string; serial: string }>();
  for (const client of clients) {
    const authority = authorities[client.endsWith("A") ? 0 : 1];
    if (client === "nobody" || authority === undefined) continue;
    const key = await newKey();
    const csr = await createCsr({ subject: `CN=${client}`, key });
    const leaf = await authority.issue(csr, { notBefore: start, days: 365 });
    issued.set(client, { certificate: leaf.pem, key: key.export(), serial: leaf.facts.serial });
  }
  identities = issued;
  const revoked = (...names: readonly Client[]) =>
    names.map((name) => ({ serial: issued.get(name)?.serial ?? "", at: start }));
  const [a, b] = authorities as [(typeof authorities)[0], (typeof authorities)[0]];
  const crls = [
    await a.createCrl({ revoked: revoked("revoked A"), number: 1 }),
    await a.createCrl({ revoked: revoked("revoked A", "late A"), number: 2, previous: "none" }),
    await b.createCrl({ revoked: revoked("revoked B"), number: 1 }),
  ];
  const anchors = authorities.map(({ certificate }) => certificate);
  const all: readonly (Certificate | Crl)[] = [...anchors, ...crls];
  const find = <T extends { sha256: Digest }>(digest: Digest, list: readonly T[]): T => {
    const found = list.find(({ sha256 }) => sha256 === digest);
    if (found === undefined) throw new Error(`nobody gave ${digest}`);
    return found;
  };
  trust = {
    authorities,
    anchors,
    crls,
    facts: {
      certificate: (digest) => find(digest, anchors).facts,
      crl: (digest) => find(digest, crls).facts,
    },
    bytes: async (digest) => find(digest, all).der,
  };
  const key = await newKey();
  const site = await createAuthority({ subject: "CN=Site CA", key: await newKey(), notBefore: start });
  const csr = await createCsr({ subject: "CN=site", key, names: ["site.example.com"] });
  server = {
    certificate: (await site.issue(csr, { profile: "server", notBefore: start })).pem,
    key: key.export(),
  };
});

/** A distribution with edges that pick changes up in their own time, and viewers at each of them. */
async function makeSite() {
  const world = await makeWorld(trust, { distribution: { aliases: ["site.example.com"] } });
  const edge = await distributionNodes({
    source: world.cloud.distributionSource(world.distribution),
    nodes: 2,
    lag: (node) => node * 200_000,
    clock: world.clock,
    server,
    keyValues: (arn) => world.cloud.keyValueSource(arn),
    keyValueLag: (node) => node * 40_000,
  });
  /** Who is let in, at every edge. */
  const letIn = async (): Promise<readonly ReadonlySet<Client>[]> =>
    Promise.all(
      edge.nodes.map(async ({ host, port }) => {
        const answers = await Promise.all(
          clients.map(async (client) => {
            const identity = identities.get(client);
            const answer = await requestDirectly({ host, port, servername: "site.example.com", identity });
            return [client, answer.kind === "answered"] as const;
          }),
        );
        return new Set(answers.filter(([, isIn]) => isIn).map(([client]) => client));
      }),
    );
  return {
    ...world,
    edge,
    letIn,
    [Symbol.asyncDispose]: async () => {
      await edge.close();
      await world[Symbol.asyncDispose]();
    },
  };
}
type Site = Awaited<ReturnType<typeof makeSite>>;

/** Does a move, and looks at every edge after each call and while it waits. */
async function move(
  site: Site,
  wanted: Parameters<World["plan"]>[0],
): Promise<readonly ReadonlySet<Client>[]> {
  const seen: ReadonlySet<Client>[] = [];
  const steps: readonly Step<CloudFrontAction>[] = await site.plan(wanted);
  expect(steps.filter(({ effect }) => effect === "switch")).toHaveLength(1);
  for (const step of steps) {
    await site.perform(step);
    for (let isDone = false; !isDone; ) {
      if (step.effect === "switch") seen.push(...(await site.letIn()));
      isDone = (await site.check(step)) === "done";
      if (!isDone) await site.clock.sleep(75_000);
    }
    if (step.settles.by === "time") await site.clock.sleep(step.settles.atMostMs);
  }
  return seen;
}

const always = (seen: readonly ReadonlySet<Client>[], who: Client): boolean =>
  seen.every((one) => one.has(who));
const never = (seen: readonly ReadonlySet<Client>[], who: Client): boolean =>
  !seen.some((one) => one.has(who));

describe("cloudfront, as viewers see it", () => {
  it("rotates CAs together with their CRLs, and at no edge is anybody good refused or anybody revoked let in", async () => {
    await using site = await makeSite();
    const [a, b] = trust.anchors.map(({ sha256 }) => sha256) as [string, string];
    const [first, later, ofB] = trust.crls.map(({ sha256 }) => sha256) as [string, string, string];
    await move(site, required([a], [first]));
    const each = async () => (await site.letIn()).map((one) => [...one]);
    expect(await each()).toEqual([1, 2].map(() => ["good A", "late A"]));

    const widening = await move(site, required([a, b], [first, ofB]));
    expect(["good A", "late A"].filter((who) => !always(widening, who as Client))).toEqual([]);
    expect(["revoked A", "revoked B", "nobody"].filter((who) => !never(widening, who as Client))).toEqual([]);
    expect(await each()).toEqual([1, 2].map(() => ["good A", "late A", "good B"]));

    const revoking = await move(site, required([a, b], [later, ofB]));
    expect(["good A", "good B"].filter((who) => !always(revoking, who as Client))).toEqual([]);
    expect(["revoked A", "revoked B", "nobody"].filter((who) => !never(revoking, who as Client))).toEqual([]);
    expect(await each()).toEqual([1, 2].map(() => ["good A", "good B"]));

    const narrowing = await move(site, required([b], [ofB]));
    expect(always(narrowing, "good B")).toBe(true);
    expect(
      ["late A", "revoked A", "revoked B", "nobody"].filter((who) => !never(narrowing, who as Client)),
    ).toEqual([]);
    expect(await each()).toEqual([1, 2].map(() => ["good B"]));
  });

  it("lets everybody in by optional who shows nothing, and everybody once it is off", async () => {
    await using site = await makeSite();
    const [a] = trust.anchors.map(({ sha256 }) => sha256) as [string];
    const [first] = trust.crls.map(({ sha256 }) => sha256) as [string];
    const turningOn = await move(site, required([a], [first], { mode: "optional" }));
    expect(["good A", "nobody"].filter((who) => !always(turningOn, who as Client))).toEqual([]);
    const [now] = await site.letIn();
    expect([...(now ?? [])]).toEqual(["good A", "late A", "nobody"]);
    await move(site, mode("off"));
    for (const one of await site.letIn()) expect([...one]).toEqual([...clients]);
  });
});
