import {
  AddTrustStoreRevocationsCommand,
  CreateTrustStoreCommand,
  ModifyListenerCommand,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { ListObjectsV2Command } from "@aws-sdk/client-s3";
import type { LoggedConnections } from "@handfast/core";
import { type Authority, createAuthority, createCsr, generateKey } from "@handfast/pki";
import { type ConnectionRecord, loadBalancerNodes, requestDirectly, turnableClock } from "@handfast/testing";
import fc from "fast-check";
import { beforeAll, expect, it } from "vitest";
import { bucket, makeWorld, minutes, start } from "./world.ts";

const day = 86_400_000;
const newKey = () => generateKey({ type: "ec", curve: "P-256" });

let root: Authority;
let server: { certificate: string; key: string };
let clients: Record<"good" | "expired" | "revoked" | "stranger", Awaited<ReturnType<typeof issue>>>;

async function issue(authority: Authority, name: string, notBefore: number) {
  const key = await newKey();
  const leaf = await authority.issue(await createCsr({ subject: `O=Shop,CN=${name}`, key }), {
    notBefore,
    days: 10,
  });
  return { certificate: leaf.pem, key: key.export(), serial: leaf.facts.serial, notBefore };
}

beforeAll(async () => {
  const authority = async (subject: string) =>
    createAuthority({
      subject,
      key: await newKey(),
      notBefore: start - 100 * day,
      clock: turnableClock(start - day),
    });
  root = await authority("CN=Clients");
  const key = await newKey();
  const csr = await createCsr({ subject: "CN=shop", key, names: ["shop.example.com"] });
  const site = await authority("CN=Servers");
  server = {
    certificate: (await site.issue(csr, { profile: "server", notBefore: start - day })).pem,
    key: key.export(),
  };
  clients = {
    good: await issue(root, "good", start - day),
    expired: await issue(root, "expired", start - 50 * day),
    revoked: await issue(root, "revoked", start - day),
    stranger: await issue(await authority("CN=Others"), "stranger", start - day),
  };
});

it("reads back what real clients showed to the nodes, before and after the check", async () => {
  await using world = await makeWorld();
  await world.allow("logs/AWSLogs");
  await world.turnOn({ "connection_logs.s3.prefix": "logs" });
  const balancer = await loadBalancerNodes({
    source: world.cloud.listenerSource(world.listener),
    nodes: 2,
    clock: world.clock,
    server,
    target: (_request, response) => response.end("hello"),
    log: world.cloud.connectionLog(world.listener),
  });
  try {
    const connect = async (times: number, client?: keyof typeof clients) => {
      for (let time = 0; time < times; time += 1) {
        const identity = client === undefined ? undefined : clients[client];
        await requestDirectly({ ...balancer.resolve(), servername: "shop.example.com", identity });
      }
    };
    const all = async () => {
      await connect(3);
      await connect(4, "good");
      await connect(1, "expired");
      await connect(2, "revoked");
      await connect(1, "stranger");
    };
    const told = (name: keyof typeof clients) => ({
      serial: clients[name].serial,
      subject: expect.stringContaining(`CN=${name}`),
      notBefore: clients[name].notBefore,
      notAfter: expect.any(Number),
    });
    const sorted = (connections: readonly LoggedConnections[]) =>
      connections.toSorted(
        (one, other) => other.count - one.count || one.outcome.localeCompare(other.outcome),
      );
    const read = (from: number) => world.read({ from, to: from + 60 * minutes }, { prefix: "logs" });

    await all();
    await world.clock.advance(5 * minutes);
    expect((await read(start)).connections).toEqual([]);
    await world.clock.advance(2 * minutes);
    const passed = await read(start);
    expect(passed).toMatchObject({ complete: true, unreadable: 0, from: start, to: start + 4 * minutes });
    expect(passed.connections).toHaveLength(5);
    expect(passed.connections).toEqual(
      expect.arrayContaining([
        { shown: told("good"), outcome: "served", count: 4, lastAt: start },
        { shown: "nothing", outcome: "served", count: 3, lastAt: start },
        { shown: told("revoked"), outcome: "served", count: 2, lastAt: start },
        { shown: told("expired"), outcome: "served", count: 1, lastAt: start },
        { shown: told("stranger"), outcome: "served", count: 1, lastAt: start },
      ]),
    );

    await verify(world);
    const since = world.clock.now();
    await all();
    await world.clock.advance(10 * minutes);
    const checked = await read(since);
    const refused = { outcome: "refused", lastAt: since };
    expect(sorted(checked.connections)).toEqual([
      { shown: told("good"), outcome: "served", count: 4, lastAt: since },
      { shown: "nothing", ...refused, count: 3, reason: "UnmappedConnectionError" },
      { shown: told("revoked"), ...refused, count: 2, reason: "ClientCertCrlHit" },
      expect.objectContaining({ ...refused, count: 1 }),
      expect.objectContaining({ ...refused, count: 1 }),
    ]);
    expect(checked.connections).toEqual(
      expect.arrayContaining([
        { shown: told("expired"), ...refused, count: 1, reason: "ClientCertExpired" },
        { shown: told("stranger"), ...refused, count: 1, reason: "ClientCertUntrusted" },
      ]),
    );
    const { Contents = [] } = await world.s3.send(
      new ListObjectsV2Command({ Bucket: bucket, Prefix: "logs/" }),
    );
    const nodes = Contents.map(({ Key }) => /_(192\.0\.2\.\d+)_/.exec(Key ?? "")?.[1]).filter(Boolean);
    expect(new Set(nodes)).toEqual(new Set(["192.0.2.1", "192.0.2.2"]));
  } finally {
    await balancer.close();
  }
});

async function verify({ elb, put, clock, listener }: Awaited<ReturnType<typeof makeWorld>>) {
  await put("root.pem", root.certificate.pem);
  const crl = await root.createCrl({
    revoked: [{ serial: clients.revoked.serial, at: start - day }],
    number: 1,
  });
  await put("root.crl", crl.pem);
  const at = { CaCertificatesBundleS3Bucket: bucket, CaCertificatesBundleS3Key: "root.pem" };
  const { TrustStores } = await elb.send(new CreateTrustStoreCommand({ Name: "clients", ...at }));
  const TrustStoreArn = TrustStores?.[0]?.TrustStoreArn ?? "";
  await clock.advance(30_000);
  await elb.send(
    new AddTrustStoreRevocationsCommand({
      TrustStoreArn,
      RevocationContents: [{ S3Bucket: bucket, S3Key: "root.crl", RevocationType: "CRL" }],
    }),
  );
  const MutualAuthentication = { Mode: "verify", TrustStoreArn };
  await elb.send(new ModifyListenerCommand({ ListenerArn: listener, MutualAuthentication }));
}

/** Few of each, so that connections are alike often. */
const record: fc.Arbitrary<Omit<ConnectionRecord, "at">> = fc.record({
  node: fc.nat(2),
  clientAddress: fc.constantFrom("198.51.100.7:40000", "::ffff:198.51.100.8:1"),
  mode: fc.constant("verify" as const),
  verdict: fc.constantFrom("accepted", "refused"),
  reason: fc.constantFrom("ClientCertExpired", "ClientCertUntrusted"),
  protocol: fc.constant("TLSv1.3"),
  cipher: fc.constant("TLS_AES_128_GCM_SHA256"),
  leaf: fc.option(
    fc.record({
      serial: fc.constantFrom("0A", "FE257372D5C14D"),
      // any text that a client may write, but for what can't stand in a line
      subject: fc
        .string({ unit: "grapheme", minLength: 2, maxLength: 40 })
        .filter((text) => !/[\r\n]/.test(text)),
      notBefore: fc.constant(start),
      notAfter: fc.constantFrom(start + day, start + 2 * day),
    }),
    { nil: undefined },
  ),
});

it("counts as many of each as the nodes have written, whatever stands in subjects", async () => {
  await using world = await makeWorld();
  await world.allow();
  await world.turnOn();
  const log = world.cloud.connectionLog(world.listener);
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(record, fc.nat(200_000)), { maxLength: 40 }), async (written) => {
      const from = world.clock.now();
      const due = new Map<string, number>();
      for (const [entry, wait] of written) {
        await world.clock.advance(wait);
        log({ ...entry, at: world.clock.now() });
        const { leaf, verdict, reason } = entry;
        const key = JSON.stringify([leaf ?? null, verdict === "accepted" || reason]);
        due.set(key, (due.get(key) ?? 0) + 1);
      }
      const to = world.clock.now() + 1;
      await world.clock.advance(10 * minutes);
      const { connections, complete, unreadable } = await world.read({ from, to });
      const counts = (values: Iterable<number>) => [...values].toSorted((one, other) => one - other);
      expect({ complete, unreadable }).toEqual({ complete: true, unreadable: 0 });
      expect(counts(connections.map(({ count }) => count))).toEqual(counts(due.values()));
    }),
    { numRuns: 10 },
  );
});

it("never throws for rubbish", async () => {
  await using world = await makeWorld();
  const key = world.keyOf(Date.UTC(2026, 5, 1, 12, 5));
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 2_000 }), fc.boolean(), async (bytes, zipped) => {
      await world.put(key, zipped ? Buffer.concat([Buffer.from([0x1f, 0x8b]), bytes]) : bytes);
      const reading = await world.read();
      expect(reading.connections).toEqual([]);
    }),
    { numRuns: 50 },
  );
});
