import { HandfastError, type Step, systemClock } from "@handfast/core";
import { describe, expect, it } from "vitest";
import type { AlbAction } from "../../src/alb/actions.ts";
import { readBlock, toBlock, toListener, toStore } from "../../src/alb/answers.ts";
import { performAlb } from "../../src/alb/perform.ts";
import type { LoadBalancing, MutualAuthentication } from "../../src/alb/port.ts";
import type { BundleBucket } from "../../src/s3/port.ts";
import { listener, off, passthrough, target } from "./states.ts";

const storeArn = "arn:aws:elasticloadbalancing:eu-west-1:111122223333:truststore/own/0123456789abcdef";

describe("toBlock", () => {
  it.each([
    [{ mode: "off" }, { Mode: "off" }],
    [{ mode: "passthrough" }, { Mode: "passthrough" }],
    [
      { mode: "verify", storeArn, ignoreExpiry: false, advertiseNames: true, removed: false },
      {
        Mode: "verify",
        TrustStoreArn: storeArn,
        IgnoreClientCertificateExpiry: false,
        AdvertiseTrustStoreCaNames: "on",
      },
    ],
  ] as const)("sends all that mode %o has, and nothing that it refuses", (wanted, block) => {
    expect(toBlock(wanted)).toEqual(block);
    expect(readBlock(block)).toEqual(wanted);
  });
});

describe("readBlock", () => {
  it.each([
    ["no block", undefined, { mode: "off" }],
    ["a block without a mode", {}, { mode: "off" }],
    [
      "a store beside passthrough, which means nothing",
      { Mode: "passthrough", TrustStoreArn: storeArn },
      passthrough,
    ],
    [
      "verify without its flags",
      { Mode: "verify", TrustStoreArn: storeArn },
      { mode: "verify", storeArn, ignoreExpiry: false, advertiseNames: false, removed: false },
    ],
    [
      "an association that was removed",
      { Mode: "verify", TrustStoreArn: storeArn, TrustStoreAssociationStatus: "removed" },
      { mode: "verify", storeArn, ignoreExpiry: false, advertiseNames: false, removed: true },
    ],
  ])("reads %s", (_what, block, expected) => {
    expect(readBlock(block)).toEqual(expected);
  });

  it.each([
    ["a mode that is not known", { Mode: "optional" }],
    ["verify without a store", { Mode: "verify" }],
  ])("does not guess at %s", (_what, block) => {
    expect(() => readBlock(block)).toThrow(expect.objectContaining({ code: "REMOTE_UNEXPECTED" }));
  });
});

describe("toListener and toStore", () => {
  it("take a listener without TLS and a store in creation", () => {
    expect(toListener({ ListenerArn: listener, LoadBalancerArn: "lb", Protocol: "HTTP" })).toEqual({
      arn: listener,
      loadBalancerArn: "lb",
      protocol: "HTTP",
      port: 443,
      authentication: off,
    });
    expect(
      toStore({ TrustStoreArn: storeArn, Name: "own", Status: "CREATING", NumberOfCaCertificates: 2 }),
    ).toEqual({
      arn: storeArn,
      name: "own",
      active: false,
      certificates: 2,
    });
  });
});

describe("performAlb", () => {
  const unused = (): Promise<never> => Promise.reject(new Error("not called"));
  const bucket: BundleBucket = {
    name: "bundles",
    describe: unused,
    putNew: unused,
    get: unused,
    delete: unused,
  };
  const answering = (
    answer: () => Promise<MutualAuthentication>,
    now: MutualAuthentication = { mode: "off" },
  ): LoadBalancing => ({
    listeners: async () => [
      { arn: listener, loadBalancerArn: "lb", protocol: "HTTPS", port: 443, authentication: now },
    ],
    listenersOf: unused,
    setAuthentication: answer,
    stores: unused,
    findStore: unused,
    createStore: unused,
    deleteStore: unused,
    bundle: unused,
    revocations: unused,
    revocation: unused,
    addRevocation: unused,
    associations: unused,
    openBeside: unused,
    deleteListener: unused,
    tags: unused,
  });
  const flip = { action: { kind: "set-listener", from: off, to: passthrough } } as Step<AlbAction>;
  const perform = (balancing: LoadBalancing) =>
    performAlb(
      [{ target: { key: "shop", target }, step: flip }],
      { balancing, bucket },
      {
        clock: systemClock,
        signal: new AbortController().signal,
        idempotencyKey: "run-1",
        bytes: unused,
        secret: unused,
      },
    );

  it("believes the service only when it answers with what was asked for", async () => {
    await expect(perform(answering(async () => ({ mode: "passthrough" })))).resolves.toEqual([{}]);
    await expect(perform(answering(async () => ({ mode: "off" })))).rejects.toMatchObject({
      code: "REMOTE_UNEXPECTED",
      details: { outcomeUnknown: true, object: listener },
    });
  });

  it("switches nothing that somebody else has changed since, and nothing that is so already", async () => {
    const moved = {
      mode: "verify",
      storeArn,
      ignoreExpiry: false,
      advertiseNames: false,
      removed: false,
    } as const;
    await expect(perform(answering(unused, moved))).rejects.toMatchObject({
      code: "STEP_MOVED",
      who: "operator",
    });
    expect(await perform(answering(unused, { mode: "passthrough" }))).toEqual([{ adopted: true }]);
  });

  it("hands on what it can't mend at once", async () => {
    const refusal = new HandfastError("REMOTE_REJECTED", "no", {
      provider: { code: "InvalidConfigurationRequest" },
    });
    await expect(perform(answering(() => Promise.reject(refusal)))).rejects.toBe(refusal);
  });
});
