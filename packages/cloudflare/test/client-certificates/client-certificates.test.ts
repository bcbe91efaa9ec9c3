import { HandfastError, readCertificate, readPem } from "@handfast/core";
import { createCsr, generateKey, type Issuer } from "@handfast/pki";
import { cloudflare, type Faults, faults } from "@handfast/testing";
import { expect, test } from "vitest";
import {
  type ClientCertificates,
  type ClientCertificatesOptions,
  clientCertificates,
} from "../../src/index.ts";
import { jumpingClock } from "../jumping-clock.ts";

const key = await generateKey({ type: "ec", curve: "P-256" });
const csr = await createCsr({ subject: "CN=till 7,O=Example", key });

function open(options: Partial<ClientCertificatesOptions> = {}, quota = 100) {
  const clock = jumpingClock();
  const storm: Faults = faults();
  const provider = cloudflare({ clock, faults: storm, quotas: { clientCertificates: quota } });
  const { id: zone } = provider.addZone({ name: "example.com" });
  const token = provider.addToken({ permissions: ["SSL and Certificates Write"], zones: [zone] });
  const sent: string[] = [];
  const store: ClientCertificates = clientCertificates({
    token,
    zone,
    clock,
    fetch: async (input, init) => {
      const request = new Request(input, init);
      sent.push(`${request.method} ${await request.clone().text()}`);
      const response = await provider.service.handle(request);
      if (response.type === "error") throw new TypeError("fetch failed");
      return response;
    },
    ...(options as object),
  });
  return { clock, storm, provider, store, sent, zone };
}

test("it is an issuer of @handfast/pki by its shape", async () => {
  const { provider, store } = open();
  const issuer: Issuer = store;
  const leaf = await issuer.issue(csr, { days: 30 });
  expect(leaf.facts.subject).toContain("till 7");
  expect(leaf.facts.spki).toBe(key.spki);
  expect(leaf.identity("till-key")).toEqual({ chain: leaf.chain, key: { secret: "till-key" } });
  const [der] = readPem(leaf.chain, "CERTIFICATE", "chain");
  expect(readCertificate(der ?? new Uint8Array()).sha256).toBe(leaf.sha256);
  await expect(issuer.trust()).rejects.toMatchObject({ code: "PRECONDITION_FAILED" });
  const managedCa = provider.managedCa() ?? "";
  expect(await open({ managedCa }).store.trust()).toEqual({ anchors: managedCa });
});

test("issue sends the request and the days, and nothing else", async () => {
  const { store, sent } = open();
  const issued = await store.issue(csr.replaceAll("\n", "\r\n"), { days: 30 });
  expect(issued.status).toBe("active");
  expect(sent).toEqual([`POST ${JSON.stringify({ csr, validity_days: 30 })}`]);
});

test.each([
  ["a key", key.export()],
  ["a key beside the request", `${csr}${key.export()}`],
  ["nothing", ""],
  ["two requests", csr + csr],
  [
    "a request that is none",
    "-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n",
  ],
])("issue sends nothing of %s", async (_, text) => {
  const { store, sent } = open();
  const error = await store.issue(text).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(HandfastError);
  expect((error as HandfastError).code).toBe("CERTIFICATE_UNREADABLE");
  expect((error as HandfastError).message).not.toContain("MIG");
  expect(sent).toEqual([]);
});

test("issue refuses what came back for another key", async () => {
  const other = await createCsr({
    subject: "CN=other",
    key: await generateKey({ type: "ec", curve: "P-256" }),
  });
  const { provider, store: _, zone, clock } = open();
  const token = provider.addToken({ permissions: ["SSL and Certificates Write"], zones: [zone] });
  const store = clientCertificates({
    token,
    zone,
    clock,
    fetch: async (input, init) => {
      const request = new Request(input, init);
      const body = { ...((await request.json()) as object), csr: other };
      return provider.service.handle(
        new Request(request.url, { method: "POST", headers: request.headers, body: JSON.stringify(body) }),
      );
    },
  });
  await expect(store.issue(csr)).rejects.toMatchObject({ code: "CERTIFICATE_UNSUITABLE" });
});

test("revoke and restore wait until it is so, and do nothing twice", async () => {
  const { clock, store, sent } = open();
  const { id } = await store.issue(csr);
  const before = clock.now();
  expect((await store.revoke(id)).status).toBe("revoked");
  expect(clock.now() - before).toBeGreaterThanOrEqual(10_000);
  sent.length = 0;
  expect((await store.revoke(id)).status).toBe("revoked");
  expect(sent.filter((one) => one.startsWith("DELETE"))).toEqual([]);
  expect((await store.restore(id)).status).toBe("active");
  sent.length = 0;
  expect((await store.restore(id)).status).toBe("active");
  expect(sent.filter((one) => one.startsWith("PATCH"))).toEqual([]);
  expect((await store.list()).map((one) => [one.id, one.status])).toEqual([[id, "active"]]);
});

test("revoke gives up in time, and says how far it is", async () => {
  const { store } = open({ waitMs: 4_000 });
  const { id } = await store.issue(csr);
  await expect(store.revoke(id)).rejects.toMatchObject({
    code: "STEP_TIMED_OUT",
    message: expect.stringContaining("pending_revocation"),
  });
});

test("an issue whose answer is lost is found, and not made twice", async () => {
  const { storm, store } = open();
  storm.add({
    matching: ({ operation }) => operation.startsWith("POST"),
    moment: "after",
    nth: 1,
    times: 1,
    fault: { kind: "cut" },
  });
  const issued = await store.issue(csr);
  expect((await store.list()).map(({ id }) => id)).toEqual([issued.id]);
});

test("an issue that was cut off before its effect takes no older certificate of the same key for its own", async () => {
  const { storm, store } = open();
  await store.issue(csr, { days: 365 });
  storm.add({
    matching: ({ operation }) => operation.startsWith("POST"),
    moment: "before",
    nth: 1,
    times: 1,
    fault: { kind: "cut" },
  });
  await expect(store.issue(csr, { days: 30 })).rejects.toMatchObject({ code: "REMOTE_UNAVAILABLE" });
  expect(await store.list()).toHaveLength(1);
});

test("an issue that failed before its effect is told as it is", async () => {
  const { storm, store } = open();
  storm.add({
    matching: ({ operation }) => operation.startsWith("POST"),
    moment: "before",
    nth: 1,
    times: 1,
    fault: { kind: "refuse", status: 503, code: "10001", message: "unavailable" },
  });
  await expect(store.issue(csr)).rejects.toMatchObject({ code: "REMOTE_UNAVAILABLE" });
  expect(await store.list()).toEqual([]);
});

test("list reads every page, and an empty one", async () => {
  const { store } = open();
  expect(await store.list()).toEqual([]);
  for (let count = 0; count < 53; count += 1) await store.issue(csr);
  expect(new Set((await store.list()).map(({ id }) => id)).size).toBe(53);
});

test("a full quota is said as one", async () => {
  const { store } = open({}, 1);
  await store.issue(csr);
  await expect(store.issue(csr)).rejects.toMatchObject({
    code: "REMOTE_REJECTED",
    message: expect.stringContaining("quota"),
  });
});

test("options that make no store are refused at once", () => {
  expect(() => clientCertificates({ token: "t", zone: "example.com" })).toThrow(TypeError);
  expect(() => clientCertificates({ zone: "0".repeat(32) } as never)).toThrow(TypeError);
});
