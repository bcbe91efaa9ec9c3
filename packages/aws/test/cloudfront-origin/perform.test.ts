import {
  DeleteCertificateCommand,
  ImportCertificateCommand,
  ListCertificatesCommand,
} from "@aws-sdk/client-acm";
import { GetDistributionConfigCommand, UpdateDistributionCommand } from "@aws-sdk/client-cloudfront";
import { type Step, sha256 } from "@handfast/core";
import { turnableClock } from "@handfast/testing";
import { beforeAll, describe, expect, it, vi } from "vitest";
import type { OriginAction } from "../../src/cloudfront-origin/actions.ts";
import { Imports } from "../../src/cloudfront-origin/imports.ts";
import { performOrigin } from "../../src/cloudfront-origin/perform.ts";
import { bundleName, certificateKey, type OriginState } from "../../src/cloudfront-origin/state.ts";
import { OneAtATime } from "../../src/one-at-a-time.ts";
import { makeWorld } from "./cloud.ts";
import { type Identity, makeIdentity } from "./identities.ts";
import { arnOf, distribution, nothing, target } from "./states.ts";

let identities: readonly Identity[];
beforeAll(async () => {
  identities = await Promise.all(["A", "B"].map((name) => makeIdentity(name)));
});

type World = Awaited<ReturnType<typeof makeWorld>>;
const year = 365 * 86_400_000;

/** Steps that show an identity: the import, and the switch. */
async function stepsTo(world: World, index: number, target = world.on()) {
  return (await world.plan(world.showing(index), target)) as [Step<OriginAction>, Step<OriginAction>];
}

/** Imports an identity as somebody else would, over an ARN where one is given. */
async function importAsOther(world: World, index: number, over?: string): Promise<string> {
  const { chainPem, root, key } = identities[index] as Identity;
  const { CertificateArn = "" } = await world.acm.send(
    new ImportCertificateCommand({
      ...(over === undefined ? {} : { CertificateArn: over }),
      Certificate: Buffer.from(chainPem.split(/(?<=-----END CERTIFICATE-----\n)/)[0] ?? ""),
      CertificateChain: Buffer.from(root.certificate.pem),
      PrivateKey: Buffer.from(key.export()),
    }),
  );
  await world.clock.sleep(10_000);
  return CertificateArn;
}

/** Sets an origin's certificate as somebody else would, with the SDK's own reading of the configuration. */
async function setAsOther(world: World, arn: string | undefined, origin = "app"): Promise<void> {
  const Id = world.distribution.split("/")[1] ?? "";
  const { DistributionConfig, ETag } = await world.cloudfront.send(new GetDistributionConfigCommand({ Id }));
  for (const one of DistributionConfig?.Origins?.Items ?? []) {
    if (one.Id !== origin || one.CustomOriginConfig === undefined) continue;
    one.CustomOriginConfig.OriginMtlsConfig = arn === undefined ? undefined : { ClientCertificateArn: arn };
  }
  await world.cloudfront.send(new UpdateDistributionCommand({ Id, IfMatch: ETag, DistributionConfig }));
}

const configOf = ({ cloud }: World): string => cloud.inventory().distributions[0]?.config ?? "";
const certificatesIn = ({ cloud }: World): number => cloud.inventory().certificates.length;
const nameOf = (index: number): string => identities[index]?.bundle.certificate ?? "";

describe("import-certificate", () => {
  it("imports with the mark of the step and what it holds, and is found by the next look", async () => {
    await using world = await makeWorld(identities);
    const [imports] = await stepsTo(world, 0);
    const key = certificateKey(world.distribution, (identities[0] as Identity).bundle);
    expect(await world.perform(imports)).toEqual({ made: [key] });
    expect(Object.keys((await world.look()).now.certificates)).toEqual([key.split("/")[1]]);
    expect(await world.check(imports)).toBe("done");
  });

  it("imports once, whatever is lost of the answers and however often the SDK would try", async () => {
    await using world = await makeWorld(identities, { maxAttempts: 4 });
    const [imports] = await stepsTo(world, 0);
    world.storm.add({
      operation: "ImportCertificate",
      moment: "after",
      fault: { kind: "refuse", status: 500, code: "InternalFailure" },
    });
    const outcome = await world.perform(imports);
    expect(outcome).toMatchObject({ adopted: true, made: [expect.stringContaining(nameOf(0))] });
    expect(world.log.count({ operation: "ImportCertificate" })).toBe(1);
    expect(certificatesIn(world)).toBe(1);
  });

  it("says that it is not known what came of it, when nothing came of it", async () => {
    await using world = await makeWorld(identities, { maxAttempts: 4 });
    const [imports] = await stepsTo(world, 0);
    world.storm.add({ operation: "ImportCertificate", fault: { kind: "cut" } });
    await expect(world.perform(imports)).rejects.toMatchObject({
      code: "REMOTE_UNAVAILABLE",
      details: { operation: "ImportCertificate", outcomeUnknown: true },
    });
    expect(await world.perform(imports)).toHaveProperty("made");
    expect(certificatesIn(world)).toBe(1);
  });

  it("takes the same certificate of somebody else's, and does not call it ours", async () => {
    await using world = await makeWorld(identities);
    const [imports, sets] = await stepsTo(world, 0);
    const arn = await importAsOther(world, 0);
    expect(await world.perform(imports)).toEqual({ adopted: true });
    expect(await world.carryOut([sets])).toEqual([{}]);
    expect((await world.look()).now.origin?.shows).toMatchObject({ certificate: nameOf(0), arn });
    expect(certificatesIn(world)).toBe(1);
  });

  it("takes its own of another run, and does not claim to have made it", async () => {
    await using world = await makeWorld(identities);
    const [imports] = await stepsTo(world, 0);
    await world.perform(imports);
    expect(await world.perform(imports, world.on(), "run-2")).toEqual({ adopted: true });
    expect(await world.perform(imports)).toMatchObject({ adopted: true, made: [expect.anything()] });
  });

  it("is told a quota at once, and not after tries that can't help", async () => {
    await using world = await makeWorld(identities, {
      maxAttempts: 4,
      aws: { acm: { quotas: { certificates: 0 } } },
    });
    const [imports] = await stepsTo(world, 0);
    await expect(world.perform(imports)).rejects.toMatchObject({
      code: "REMOTE_REJECTED",
      message: expect.stringMatching(/LimitExceeded.*quota/),
    });
    expect(world.log.count({ operation: "ImportCertificate" })).toBe(1);
  });

  it("refuses an identity that expired since it was planned, and asks for no key", async () => {
    await using world = await makeWorld(identities);
    const [imports] = await stepsTo(world, 0);
    await world.clock.advance(year);
    await expect(world.perform(imports)).rejects.toMatchObject({
      code: "CERTIFICATE_UNSUITABLE",
      message: expect.stringMatching(/has expired; issue a new identity/),
    });
    expect(world.log.count({ operation: "ImportCertificate" })).toBe(0);
  });

  it("refuses a key that is too large for ACM, and sends nothing of it", async () => {
    await using world = await makeWorld(identities);
    const [step] = await stepsTo(world, 0);
    const secret = "x".repeat(6_000);
    const performing = world.definition.perform([{ target: world.on(), step }], {
      clock: world.clock,
      signal: new AbortController().signal,
      idempotencyKey: "run-1",
      bytes: async (digest) => identities[0]?.ders.find((der) => sha256(der) === digest) ?? new Uint8Array(),
      secret: async () => secret,
    });
    const error = await performing.then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(error).toMatchObject({ code: "CERTIFICATE_UNSUITABLE" });
    expect(JSON.stringify(error)).not.toContain("xxx");
    expect(world.log.count({ operation: "ImportCertificate" })).toBe(0);
  });
});

describe("set-origin", () => {
  it("changes one field of the distribution and no other, there and back", async () => {
    await using world = await makeWorld(identities, {
      distribution: {
        origins: [
          {
            id: "app",
            domainName: "app.example.com",
            extra: "<FutureOriginSetting><A/></FutureOriginSetting>",
          },
          { id: "api", domainName: "api.example.com" },
        ],
        extra: '<FutureSetting xmlns:n="urn:n" n:a="1">x &amp; y<!-- why --></FutureSetting>',
      },
    });
    const [before, image] = [configOf(world), (await world.look()).now];
    await world.carryOut(await stepsTo(world, 0));
    const mtls = /<OriginMtlsConfig><ClientCertificateArn>[^<]*<\/ClientCertificateArn><\/OriginMtlsConfig>/;
    expect(configOf(world)).toMatch(mtls);
    expect(configOf(world).replace(mtls, "")).toBe(before);
    expect([world.shown("app"), world.shown("api")]).toEqual([nameOf(0), undefined]);
    const { chainPem, key } = identities[0] as Identity;
    const [app, api] = world.cloud.distributionSource(world.distribution).current().origins;
    expect(app?.shows).toEqual({ certificate: chainPem.trim(), key: key.export() });
    expect(api?.shows).toBe("nothing");
    await world.carryOut(world.planTo(image, (await world.look()).now));
    expect(configOf(world)).toBe(before);
  });

  it("finds itself done, also after an answer that nobody heard", async () => {
    await using world = await makeWorld(identities);
    const [imports, sets] = await stepsTo(world, 0);
    await world.perform(imports);
    world.storm.add({ operation: "UpdateDistribution", moment: "after", fault: { kind: "cut" } });
    await expect(world.perform(sets)).rejects.toMatchObject({ details: { outcomeUnknown: true } });
    expect(await world.perform(sets)).toEqual({ adopted: true });
    expect(await world.check(sets)).toBe("pending");
    expect(world.log.count({ operation: "UpdateDistribution" })).toBe(1);
  });

  it("leaves alone what somebody else set since", async () => {
    await using world = await makeWorld(identities);
    const [imports, sets] = await stepsTo(world, 0);
    await world.perform(imports);
    await setAsOther(world, await importAsOther(world, 1));
    await expect(world.perform(sets)).rejects.toMatchObject({ code: "STEP_MOVED" });
    expect(world.shown()).toBe(nameOf(1));
    expect(await world.check(sets)).toHaveProperty("moved");
  });

  it("does not mind what somebody else writes beside it, also between its own read and write", async () => {
    await using world = await makeWorld(identities);
    const arn = await importAsOther(world, 1);
    const [imports, sets] = await stepsTo(world, 0);
    await world.perform(imports);
    world.log.clear();
    world.storm.add({ operation: "UpdateDistribution", fault: { kind: "delay", ms: 30_000 } });
    const performing = world.perform(sets);
    await vi.waitUntil(() => world.log.count({ operation: "GetDistributionConfig" }) > 0, { interval: 1 });
    await setAsOther(world, arn, "api");
    expect(await performing).toEqual({});
    expect(world.log.count({ operation: "UpdateDistribution", status: 412 })).toBe(1);
    expect([world.shown("app"), world.shown("api")]).toEqual([nameOf(0), nameOf(1)]);
  });

  it("goes back to that very certificate of somebody else's", async () => {
    await using world = await makeWorld(identities);
    const arn = await importAsOther(world, 1);
    await setAsOther(world, arn);
    const image = (await world.look()).now;
    await world.carryOut(await stepsTo(world, 0));
    await world.carryOut(world.planTo(image, (await world.look()).now));
    expect((await world.look()).now.origin).toEqual(image.origin);
    expect(certificatesIn(world)).toBe(2);
  });

  it("does not go back to it when something else was imported over it", async () => {
    await using world = await makeWorld(identities);
    const arn = await importAsOther(world, 1);
    await setAsOther(world, arn);
    const image = (await world.look()).now;
    await world.carryOut(await stepsTo(world, 0));
    const steps = world.planTo(image, (await world.look()).now);
    await importAsOther(world, 0, arn);
    await expect(world.carryOut(steps)).rejects.toMatchObject({
      code: "PRECONDITION_FAILED",
      message: expect.stringMatching(/another certificate was imported into it/),
    });
    expect(world.shown()).toBe(nameOf(0));
  });

  it("goes back to one that can't be read by its ARN alone", async () => {
    await using world = await makeWorld(identities);
    const arn = await importAsOther(world, 1);
    const unread: OriginState = { ...(await world.look()).now };
    const shows = { unknown: "these credentials may not read it", arn };
    const image = { ...unread, origin: unread.origin && { ...unread.origin, shows } };
    await world.carryOut(await stepsTo(world, 0));
    await world.carryOut(world.planTo(image, (await world.look()).now));
    expect(world.shown()).toBe(nameOf(1));
  });

  it("waits until CloudFront knows of a new certificate, and not for an old one", async () => {
    await using world = await makeWorld(identities);
    const unknown = { kind: "refuse", status: 400, code: "InvalidArgument" } as const;
    const [imports, sets] = await stepsTo(world, 0);
    await world.perform(imports);
    world.storm.add({ operation: "UpdateDistribution", times: 3, fault: unknown });
    expect(await world.perform(sets)).toEqual({});
    await world.carryOut(await world.plan(nothing));
    await world.clock.advance(3_600_000);
    const [again] = await world.plan(world.showing(0));
    world.storm.add({ operation: "UpdateDistribution", fault: unknown });
    await expect(world.perform(again as Step<OriginAction>)).rejects.toMatchObject({
      code: "REMOTE_REJECTED",
    });
  });

  it("says that the certificate is gone when somebody deleted it", async () => {
    await using world = await makeWorld(identities);
    const [imports, sets] = await stepsTo(world, 0);
    await world.perform(imports);
    await world.acm.send(new DeleteCertificateCommand({ CertificateArn: await ownArn(world) }));
    await world.clock.advance(10_000);
    await expect(world.perform(sets)).rejects.toMatchObject({ code: "REMOTE_NOT_FOUND" });
  });

  it("says that the origin is gone when somebody took it away", async () => {
    await using world = await makeWorld(identities);
    const [imports, sets] = await stepsTo(world, 0);
    await world.perform(imports);
    const elsewhere = { ...sets, action: { ...sets.action, origin: "gone" } } as Step<OriginAction>;
    await expect(world.perform(elsewhere, world.on("gone"))).rejects.toMatchObject({
      code: "PRECONDITION_FAILED",
    });
  });
});

/** The ARN of the only certificate in ACM. */
async function ownArn({ acm }: World): Promise<string> {
  const { CertificateSummaryList } = await acm.send(
    new ListCertificatesCommand({ Includes: { keyTypes: ["EC_prime256v1"] } }),
  );
  return CertificateSummaryList?.[0]?.CertificateArn ?? "";
}

describe("delete-certificate", () => {
  const removal = async (world: World, index = 0): Promise<Step<OriginAction>> => {
    const { bundle } = identities[index] as Identity;
    const made = [certificateKey(world.distribution, bundle)];
    const { steps } = world.definition.removals(world.on().target, await world.look(), { keep: [], made });
    return steps[0] as Step<OriginAction>;
  };

  it("deletes as soon as ACM lets it, and finds itself done", async () => {
    await using world = await makeWorld(identities, { aws: { acm: { lags: { held: 30_000 } } } });
    await world.carryOut(await stepsTo(world, 0));
    await world.carryOut(await world.plan(nothing));
    const step = await removal(world);
    const key = step.object;
    expect(await world.perform(step)).toEqual({ removed: [key] });
    expect(certificatesIn(world)).toBe(0);
    await world.clock.advance(10_000);
    expect(await world.perform(step)).toEqual({ removed: [key], adopted: true });
    expect(await world.check(step)).toBe("done");
  });

  it("does not delete what another origin is shown, and says so", async () => {
    await using world = await makeWorld(identities);
    await world.perform((await stepsTo(world, 0))[0]);
    const step = await removal(world);
    await world.carryOut(await world.plan(world.showing(0), world.on("api")), world.on("api"));
    expect(await removal(world)).toBeUndefined();
    await expect(world.perform(step)).rejects.toMatchObject({
      code: "PRECONDITION_FAILED",
      message: expect.stringContaining(world.distribution),
    });
    expect(certificatesIn(world)).toBe(1);
  });

  it("asks CloudFront, too, whom it is shown, since ACM may not know", async () => {
    const { bundle } = identities[0] as Identity;
    const unused = () => Promise.reject(new Error("not asked for"));
    const own = { arn: arnOf("11111111"), notBefore: 0, notAfter: 0, importedAt: 0, inUse: false };
    const distributions = {
      read: unused,
      config: unused,
      putConfig: unused,
      tags: unused,
      originRequestHeaders: unused,
      showing: async () => [distribution],
    };
    const certificates = {
      imported: unused,
      read: unused,
      tags: unused,
      import: unused,
      delete: unused,
      request: unused,
      describe: async () => ({ status: "ISSUED", users: [], domains: [] }),
    };
    const clock = turnableClock();
    const stop = clock.autoAdvance();
    const step = { action: { kind: "delete-certificate", bundle } } as Step<OriginAction>;
    const deleting = performOrigin(
      [{ target: { key: "edge/app", target }, step }],
      {
        distributions,
        certificates,
        imports: new Imports(),
        findOwn: async () => [{ ...own, name: bundleName(bundle) }],
        turns: new OneAtATime(),
      },
      {
        clock,
        signal: new AbortController().signal,
        idempotencyKey: "run-1",
        bytes: unused,
        secret: unused,
      },
    ).finally(stop);
    await expect(deleting).rejects.toMatchObject({ code: "PRECONDITION_FAILED" });
  });

  it("leaves what somebody else has imported over it", async () => {
    await using world = await makeWorld(identities);
    await world.perform((await stepsTo(world, 0))[0]);
    const step = await removal(world);
    await importAsOther(world, 1, await ownArn(world));
    expect(await world.perform(step)).toMatchObject({ adopted: true });
    expect(certificatesIn(world)).toBe(1);
  });
});
