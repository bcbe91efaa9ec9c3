import { X509Certificate } from "node:crypto";
import {
  type Authority,
  createAuthority,
  generateKey,
  type KeyHandle,
  type Leaf,
  type LeafRequest,
  type LocalKey,
  toPem,
} from "@handfast/pki";
import { beforeAll, describe, expect, it } from "vitest";
import { clockAt, ecKey, moment } from "../world.ts";

let rootKey: LocalKey;
let publicKey: Uint8Array;

beforeAll(async () => {
  rootKey = await ecKey();
  ({ publicKey } = await ecKey());
});

const open = (key: KeyHandle): Promise<Authority> =>
  createAuthority({ subject: "CN=fleet", key, clock: clockAt(moment) });
const requests = (count: number): LeafRequest[] =>
  Array.from({ length: count }, (_, index) => ({
    publicKey,
    subject: `CN=d-${index}`,
    names: [`d-${index}.example.com`],
  }));

function* failingIterable(): Generator<LeafRequest> {
  yield* requests(11);
  throw new Error("the database is away");
}

async function collect(leaves: AsyncIterable<Leaf>): Promise<Leaf[]> {
  const all: Leaf[] = [];
  for await (const leaf of leaves) all.push(leaf);
  return all;
}

/** The key behind a promise, as in a store behind a network; tells how many signatures were under way at once. */
function farKey(): { readonly key: KeyHandle; most(): number } {
  let now = 0;
  let most = 0;
  const { signSync: _, ...rest } = rootKey;
  const sign: KeyHandle["sign"] = async (data, hash) => {
    now += 1;
    most = Math.max(most, now);
    const signature = await rootKey.sign(data, hash);
    now -= 1;
    return signature;
  };
  return { key: { ...rest, sign }, most: () => most };
}

describe("issueMany", () => {
  it("gives what issueFor gives, in the order given, whether the key signs at once or not", async () => {
    const far = farKey();
    for (const key of [rootKey, far.key]) {
      const root = await open(key);
      const leaves = await collect(root.issueMany(requests(40), { profile: "device", days: 30 }));
      expect(leaves.map(({ facts }) => facts.subject)).toEqual(requests(40).map(({ subject }) => subject));
      expect(new Set(leaves.map(({ facts }) => facts.serial)).size).toBe(40);
      const one = await root.issueFor(requests(1)[0] as LeafRequest, { profile: "device", days: 30 });
      const { serial: _, der: _der, sha256: _sha256, ...facts } = leaves[0]?.facts ?? one.facts;
      expect(one.facts).toMatchObject(facts);
      const ca = new X509Certificate(root.certificate.pem);
      expect(leaves.every(({ pem }) => new X509Certificate(pem).verify(ca.publicKey))).toBe(true);
      expect(leaves[0]?.chain).toBe(leaves[0]?.pem);
    }
    expect(far.most()).toBe(8);
  });

  it("takes requests as they come, and asks for no more than it works on", async () => {
    for (const key of [rootKey, farKey().key]) {
      let asked = 0;
      const endless = async function* (): AsyncGenerator<LeafRequest> {
        for (;;) {
          asked += 1;
          yield { publicKey, subject: `CN=d-${asked}` };
        }
      };
      const seen: string[] = [];
      for await (const { facts } of (await open(key)).issueMany(endless())) {
        seen.push(facts.subject);
        if (seen.length === 5) break;
      }
      expect(seen).toEqual(["CN=d-1", "CN=d-2", "CN=d-3", "CN=d-4", "CN=d-5"]);
      expect(asked).toBeLessThanOrEqual(5 + 8);
    }
  });

  it("stops at the first request that can't be signed; those before it are out", async () => {
    for (const key of [rootKey, farKey().key]) {
      const list = requests(20);
      list[12] = { publicKey, subject: "CN=a\nb" };
      const seen: Leaf[] = [];
      const issuing = (async () => {
        for await (const leaf of (await open(key)).issueMany(list)) seen.push(leaf);
      })();
      await expect(issuing).rejects.toMatchObject({ code: "CERTIFICATE_UNSUITABLE" });
      expect(seen.length).toBe(12);
    }
  });

  it("gives out what was signed before it passes on the error of its source", async () => {
    for (const key of [rootKey, farKey().key]) {
      const breaking = async function* (): AsyncGenerator<LeafRequest> {
        yield* requests(11);
        throw new Error("the database is away");
      };
      for (const source of [breaking(), failingIterable()]) {
        const seen: string[] = [];
        const issuing = (async () => {
          for await (const { facts } of (await open(key)).issueMany(source)) seen.push(facts.subject);
        })();
        await expect(issuing).rejects.toThrow("the database is away");
        expect(seen).toEqual(requests(11).map(({ subject }) => subject));
      }
    }
  });

  it("lets the event loop have its turn", async () => {
    const root = await open(rootKey);
    let turns = 0;
    let busy = true;
    const count = (): void => {
      turns += 1;
      if (busy) setImmediate(count);
    };
    setImmediate(count);
    await collect(root.issueMany(requests(2_000)));
    busy = false;
    expect(turns).toBeGreaterThan(2);
  });

  it("takes a key as DER, PEM or Node's own, public or private", async () => {
    const key = await generateKey({ type: "rsa", bits: 2048 });
    const pem = toPem(key.publicKey).replaceAll("CERTIFICATE", "PUBLIC KEY");
    const { publicKey: node } = new X509Certificate(
      (await createAuthority({ subject: "CN=a", key })).certificate.pem,
    );
    const root = await open(rootKey);
    for (const form of [key.publicKey, pem, Buffer.from(pem), node, key.export()])
      expect((await root.issueFor({ publicKey: form, subject: "CN=a" })).facts.spki).toBe(key.spki);
  });
});
