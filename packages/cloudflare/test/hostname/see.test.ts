import { expect, test } from "vitest";
import type { AssociationRow, CertificateRow, HostnamePort, Progress } from "../../src/hostname/port.ts";
import { seeHostname } from "../../src/hostname/see.ts";
import { readZoneWorld } from "../../src/hostname/world.ts";
import { jumpingClock } from "../jumping-clock.ts";
import { madeAt, makeIdentities, type TestIdentity } from "../make-identities.ts";
import { zone } from "./states.ts";

const { edge, old } = await makeIdentities();
const target = { zone, hostnames: ["shop.example.com"] };
const bundleOf = ({ certificate }: TestIdentity) => ({ certificate: certificate.sha256, chain: [] });

const held = (
  id: string,
  of: TestIdentity,
  progress: Progress = "active",
  uploadedAt = 0,
): CertificateRow<string> => ({
  id,
  pem: of.certificate.pem,
  progress,
  uploadedAt,
});
const row = (more: Partial<AssociationRow> = {}): AssociationRow => ({
  hostname: "shop.example.com",
  certificateId: "id-edge",
  enabled: true,
  progress: "active",
  first: false,
  ...more,
});

interface Zone {
  readonly rows?: readonly AssociationRow[];
  readonly certificates?: readonly CertificateRow<string>[];
  readonly zoneCertificates?: readonly CertificateRow<string>[];
  readonly single?: AssociationRow;
  readonly zonePull?: boolean;
}

async function see({ rows = [], certificates = [], zoneCertificates = [], single, zonePull = false }: Zone) {
  const asked: string[] = [];
  const never = async (): Promise<never> => Promise.reject(new Error("a read may not write"));
  const port: HostnamePort = {
    verifyToken: async () => "active",
    readZone: async () => ({ name: "example.com", status: "active", paused: false }),
    readGlobalPull: async () => false,
    readSslMode: async () => "strict",
    listSslRules: async () => [],
    listDnsRecords: async () => undefined,
    readZonePull: async () => zonePull,
    listZoneCertificates: async () => zoneCertificates,
    listCertificates: async () => certificates,
    listAssociations: async () => rows,
    readAssociation: async (_, hostname) => {
      asked.push(hostname);
      return single;
    },
    uploadCertificate: never,
    putAssociations: never,
    deleteCertificate: never,
    readSslRules: never,
    addSslRule: never,
    changeSslRule: never,
    deleteSslRule: never,
    writeSslMode: never,
  };
  const call = { clock: jumpingClock(), signal: new AbortController().signal };
  const world = await readZoneWorld(port, zone, new Set(target.hostnames), call);
  return { seen: seeHostname(target, world, madeAt), asked };
}

const associations: [string, Zone, unknown, boolean, unknown[]][] = [
  ["true and active", { rows: [row()] }, { enabled: true, certificate: bundleOf(edge) }, true, []],
  [
    "false and active",
    { rows: [row({ enabled: false })] },
    { enabled: false, certificate: bundleOf(edge) },
    true,
    [],
  ],
  ["null and active, which is voided", { rows: [row({ enabled: null })] }, null, true, []],
  ["a tombstone that reads false", { rows: [row({ enabled: false, progress: "gone" })] }, null, true, []],
  [
    "false on its way out",
    { rows: [row({ enabled: false, progress: "leaving" })] },
    null,
    false,
    [{ enabled: false, certificate: bundleOf(edge) }],
  ],
  [
    "null on its way out",
    { rows: [row({ enabled: null, progress: "leaving" })] },
    null,
    false,
    [{ enabled: true, certificate: bundleOf(edge) }],
  ],
  [
    "on its way in, for the first time",
    { rows: [row({ progress: "pending", first: true })] },
    { enabled: true, certificate: bundleOf(edge) },
    false,
    [null],
  ],
  [
    "on its way in, instead of one that is told nowhere",
    { rows: [row({ progress: "pending" })] },
    { enabled: true, certificate: bundleOf(edge) },
    false,
    [],
  ],
  [
    "a void that timed out",
    { rows: [row({ enabled: null, progress: "failed" })] },
    { enabled: true, certificate: bundleOf(edge), failed: true },
    true,
    [],
  ],
  [
    "true with a certificate on its way in",
    { rows: [row()], certificates: [held("id-edge", edge, "pending")] },
    { enabled: true, certificate: bundleOf(edge) },
    false,
    [{ enabled: true, certificate: bundleOf(edge) }],
  ],
  [
    "false with a certificate on its way in",
    { rows: [row({ enabled: false })], certificates: [held("id-edge", edge, "pending")] },
    { enabled: false, certificate: bundleOf(edge) },
    true,
    [{ enabled: false, certificate: bundleOf(edge) }],
  ],
];

test.each(associations)(
  "seeHostname reads an association that is %s",
  async (_, more, association, settled, may) => {
    const { seen } = await see({ certificates: [held("id-edge", edge)], ...more });
    expect(seen.now.association).toEqual(association);
    expect(seen.settled).toBe(settled);
    expect(seen.may.map((state) => state.association)).toEqual(may);
  },
);

test("seeHostname leaves tombstones out of the store, and marks what failed", async () => {
  const certificates = [held("1", edge, "leaving"), held("2", edge, "gone"), held("3", old, "failed")];
  const { seen } = await see({ certificates });
  expect(seen.now.store).toEqual([{ ...bundleOf(old), others: "none", failed: true }]);
});

test("seeHostname counts the other hostnames of a certificate, voided ones and its own left out", async () => {
  const others = async (rows: readonly AssociationRow[]) =>
    (await see({ certificates: [held("id-edge", edge)], rows })).seen.now.store[0]?.others;
  const many = (count: number) =>
    Array.from({ length: count }, (_, n) => row({ hostname: `h${n}.example.com`, enabled: n % 2 === 0 }));
  expect(await others([row()])).toBe("none");
  expect(
    await others([
      row({ hostname: "a.example.com", enabled: null }),
      row({ hostname: "b.example.com", progress: "gone" }),
    ]),
  ).toBe("none");
  expect(await others([row({ hostname: "a.example.com", enabled: false })])).toBe("some");
  expect(await others([...many(99), row()])).toBe("some");
  expect(await others(many(100))).toBe("full");
});

test("seeHostname takes the newest active zone-level certificate, and waits for a newer one that falls through", async () => {
  const zoneCertificates = [held("1", old, "active", 1), held("2", edge, "active", 2)];
  expect((await see({ zoneCertificates, zonePull: true })).seen.now.zone).toEqual({
    enabled: true,
    shows: bundleOf(edge),
  });
  const arriving = [held("1", edge, "active", 1), held("2", old, "pending", 2)];
  const { seen } = await see({ zoneCertificates: arriving, zonePull: true });
  expect(seen.settled).toBe(false);
  expect(seen.may.map((state) => state.zone.shows)).toEqual([bundleOf(old)]);
  const own = await see({
    zoneCertificates: arriving,
    zonePull: true,
    rows: [row()],
    certificates: [held("id-edge", edge)],
  });
  expect(own.seen).toMatchObject({ settled: true, may: [] });
});

test("readZoneWorld asks for the one association whose certificate the list left out, and for no other", async () => {
  const blank = { ...held("id-edge", edge), pem: undefined };
  const rows = [row(), row({ hostname: "other.example.com" })];
  const { seen, asked } = await see({
    rows,
    certificates: [blank],
    single: row({ pem: edge.certificate.pem }),
  });
  expect(asked).toEqual(["shop.example.com"]);
  expect(seen.now.association?.certificate).toEqual(bundleOf(edge));
  const unread = await see({ rows, certificates: [blank] });
  expect(unread.seen.now.association?.certificate).toEqual({ unknown: "id-edge" });
});
