import { ACMClient } from "@aws-sdk/client-acm";
import { createAuthority, createCsr, generateKey } from "@handfast/pki";
import { type AwsOptions, aws, faults, simulate, turnableClock } from "@handfast/testing";
import { describe, expect, it } from "vitest";
import {
  type CertificateRequestOptions,
  readCertificateStatus,
  requestCertificate,
} from "../../src/index.ts";

const start = Date.UTC(2026, 0, 1);

/** A simulated ACM on loopback, and the two functions connected to it by the real SDK. */
async function makeAcm(options: AwsOptions = {}, maxAttempts = 1) {
  const clock = turnableClock(start);
  const storm = faults();
  const cloud = aws({ clock, faults: storm, ...options });
  const simulation = simulate({ services: [cloud.acm], clock });
  const { origins, close } = await simulation.listen();
  const stop = clock.autoAdvance();
  const acm = { credentials: cloud.credentials, endpoint: origins.acm as string, maxAttempts };
  return {
    acm,
    clock,
    cloud,
    log: simulation.log,
    storm,
    request: (more: Partial<CertificateRequestOptions> = {}) =>
      requestCertificate({ domain: "shop.example.com", acm, clock, ...more }),
    status: (arn: string) => readCertificateStatus({ arn, acm }),
    [Symbol.asyncDispose]: async () => {
      stop();
      await close();
    },
  };
}

describe("requestCertificate", () => {
  it("waits until ACM tells the records, and hands out each once", async () => {
    await using world = await makeAcm();
    const { arn, validation } = await world.request({
      alternatives: ["*.shop.example.com", "api.example.com"],
    });
    expect(arn).toMatch(/^arn:aws:acm:us-east-1:111122223333:certificate\//);
    expect(validation).toEqual([
      {
        domain: "shop.example.com",
        name: expect.stringMatching(/^_[0-9a-f]{32}\.shop\.example\.com\.$/),
        type: "CNAME",
        value: expect.stringMatching(/\.acm-validations\.aws\.$/),
      },
      expect.objectContaining({ domain: "api.example.com" }),
    ]);
  });

  it("is the same certificate when the same is asked again, and another one for anything else", async () => {
    await using world = await makeAcm();
    const { arn } = await world.request({ alternatives: ["a.example.com", "b.example.com"] });
    const again = await world.request({
      alternatives: ["b.example.com", "a.example.com", "shop.example.com"],
    });
    expect(again.arn).toBe(arn);
    const others = await Promise.all([
      world.request(),
      world.request({ keyAlgorithm: "EC_prime256v1" }),
      world.request({ tags: { team: "shop" } }),
      world.request({ region: "eu-west-1" }),
    ]);
    expect(new Set([arn, ...others.map((one) => one.arn)]).size).toBe(5);
  });

  it("is not asked for twice when its answer is lost", async () => {
    await using world = await makeAcm({}, 3);
    world.storm.add({ operation: "RequestCertificate", moment: "after", fault: { kind: "cut" } });
    await world.request();
    expect(world.cloud.inventory().certificates).toHaveLength(1);
  });

  it("gives up waiting in time, and finds the records when it is called again", async () => {
    await using world = await makeAcm({ acm: { lags: { records: 60_000 } } });
    const before = world.clock.now();
    await expect(world.request({ waitMs: 20_000 })).rejects.toMatchObject({
      code: "REMOTE_UNAVAILABLE",
      message: expect.stringMatching(/ask again, it is the same certificate/),
    });
    expect(world.clock.now() - before).toBeLessThanOrEqual(20_000);
    expect((await world.request()).validation).toHaveLength(1);
    expect(world.cloud.inventory().certificates).toHaveLength(1);
  });

  it("ends in an abort when it is called off", async () => {
    await using world = await makeAcm({ acm: { lags: { records: 600_000 } } });
    const off = new AbortController();
    const requesting = world.request({ signal: off.signal, waitMs: 3_600_000 });
    const ended = expect(requesting).rejects.toThrow();
    await world.clock.sleep(10_000);
    off.abort();
    await ended;
    expect(world.clock.now()).toBeLessThan(start + 600_000);
  });

  it.each<[string, Partial<CertificateRequestOptions>, AwsOptions, RegExp]>([
    ["a name that is none", { domain: "-.example.com" }, {}, /InvalidParameter/],
    ["a quota, at once", {}, { acm: { quotas: { certificates: 0 } } }, /LimitExceeded/],
    [
      "more names than a certificate takes",
      { alternatives: Array.from("abcdefghij", (name) => `${name}.example.com`) },
      {},
      /LimitExceeded/,
    ],
  ])("says what ACM has against it: %s", async (_, more, options, message) => {
    await using world = await makeAcm(options, 4);
    await expect(world.request(more)).rejects.toMatchObject({
      code: "REMOTE_REJECTED",
      message: expect.stringMatching(message),
    });
    expect(world.log.count({ operation: "RequestCertificate" })).toBe(1);
  });

  it("refuses a client of another region before it sends anything", async () => {
    await using world = await makeAcm();
    const client = new ACMClient({ ...world.acm, region: "eu-west-1" });
    await expect(world.request({ acm: client })).rejects.toMatchObject({
      code: "PRECONDITION_FAILED",
      message: expect.stringMatching(/connected to eu-west-1; give one of us-east-1/),
    });
    expect(world.log.calls).toEqual([]);
    expect((await world.request({ acm: client, region: "eu-west-1" })).arn).toContain(":eu-west-1:");
    client.destroy();
  });

  it("does not mind the region of a configuration: the certificate's own counts", async () => {
    await using world = await makeAcm();
    const { arn } = await world.request({ acm: { ...world.acm, region: "eu-west-1" } });
    expect(arn).toContain(":us-east-1:");
  });

  it("says that a certificate is over that was asked for within the hour", async () => {
    await using world = await makeAcm({ acm: { lags: { visible: 0 } } });
    const { arn } = await world.request();
    await world.clock.advance(72 * 3_600_000);
    expect(await world.status(arn)).toEqual({ status: "failed", reason: "VALIDATION_TIMED_OUT" });
  });
});

describe("readCertificateStatus", () => {
  it("follows a certificate until it is issued, and until it is over", async () => {
    await using world = await makeAcm();
    const { arn } = await world.request({ keyAlgorithm: "EC_prime256v1" });
    expect(await world.status(arn)).toEqual({ status: "pending" });
    const newKey = () => generateKey({ type: "ec", curve: "P-256" });
    const root = await createAuthority({ subject: "CN=Root", key: await newKey(), notBefore: start });
    const key = await newKey();
    const csr = await createCsr({ subject: "CN=shop.example.com", key });
    const issued = await root.issue(csr, {
      profile: "server",
      names: ["shop.example.com"],
      notBefore: start,
      days: 30,
    });
    world.cloud.issueCertificate(arn, {
      certificate: issued.pem,
      key: key.export(),
      chain: root.certificate.pem,
    });
    expect(await world.status(arn)).toEqual({ status: "issued" });
    await world.clock.advance(31 * 86_400_000);
    expect(await world.status(arn)).toEqual({ status: "failed", reason: "EXPIRED" });
  });

  it("says that there is none", async () => {
    await using world = await makeAcm();
    const arn = "arn:aws:acm:us-east-1:111122223333:certificate/7b1e9c4a-1111-4222-8333-444455556666";
    await expect(world.status(arn)).rejects.toMatchObject({ code: "REMOTE_NOT_FOUND" });
  });
});
